# SPDX-License-Identifier: Apache-2.0
"""Import limits: how many accelerators of a kind the nation lets in, or is allotted, in which years.

Comes in: the pack's `plan/import_rules.yaml`, dated rows with a citation; a fleet's purchases. Goes out: notes where a
plan buys more than a limit. A row counts for the accelerators it names, or for all with `*`. It changes no purchase.

    limits:
      - {accelerators: ["*"], from: 2027, to: 2029, most_per_year: 20000, citation: "Decree 12/2026, article 4"}
"""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from daulat.nation import Pack, read_yaml
from daulat.plan._tables import accelerators
from daulat.plan.errors import Faults, InputError
from daulat.plan.figures import Floats
from daulat.plan.inputs.located import Located, place

FILE = "import_rules.yaml"
KEYS = {"accelerators", "from", "to", "most_per_year", "citation"}


@dataclass(frozen=True)
class ImportLimit:
    """At most `most_per_year` of the named accelerators in each year from `first_year` to `last_year`."""

    accelerators: tuple[str, ...]
    first_year: int
    last_year: int
    most_per_year: float
    citation: str


def read_import_limits(pack: Pack | None) -> tuple[ImportLimit, ...]:
    """Return the limits of a pack; none where it has no such file.

    Raises
    ------
    InputFaultsError
        Every row that lacks a key or a citation, or contradicts itself; with its line.
    """
    if pack is None or not pack.has("plan", FILE):
        return ()
    name = f"{pack.name}/plan/{FILE}"
    file = read_yaml(pack.path("plan", FILE), name=name)
    data, origin, faults = file.data, Located(name, file), Faults()
    rows = data.get("limits") if isinstance(data, Mapping) else None
    if not isinstance(rows, list):
        faults.add(_fault(origin, "limits", rows, "a list below `limits:`"))
    found = [_limit(origin, f"limits[{at}]", row, faults) for at, row in enumerate(rows or ())]
    faults.tell()
    return tuple(one for one in found if one is not None)


def import_notes(
    limits: Sequence[ImportLimit], accelerator: str, years: Sequence[int], bought: Floats
) -> Iterator[str]:
    """Yield where the median purchase of a year is beyond a limit.

    Parameters
    ----------
    bought : float64[draws, years]
        Accelerators bought in each year.
    """
    usual = np.median(bought, axis=0)
    for limit in limits:
        if not {"*", accelerator} & set(limit.accelerators):
            continue
        for year, count in zip(years, usual, strict=True):
            if limit.first_year <= year <= limit.last_year and count > limit.most_per_year:
                yield (
                    f"{year}: {count:,.0f} {accelerator} to import, and at most {limit.most_per_year:,.0f} may come in "
                    f"({limit.citation})"
                )


def _limit(origin: str, path: str, row: Any, faults: Faults) -> ImportLimit | None:
    """Read one row; each fault of it is added by the path of the value."""
    if not isinstance(row, Mapping) or set(row) != KEYS:
        faults.add(_fault(origin, path, row, f"the keys {', '.join(sorted(KEYS))}"))
        return None
    wrong = dict(_wrong(row))
    for key, allowed in wrong.items():
        faults.add(_fault(origin, f"{path}.{key}", row[key], allowed))
    if wrong:
        return None
    names = tuple(map(str, row["accelerators"]))
    return ImportLimit(names, row["from"], row["to"], float(row["most_per_year"]), str(row["citation"]))


def _wrong(row: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield the keys of a row that cannot be used, each with what is allowed."""
    most, first, last = row["most_per_year"], row["from"], row["to"]
    named = row["accelerators"]
    if not isinstance(named, list) or not named:
        yield "accelerators", "a list of accelerators, or ['*'] for all"
    elif unknown := [str(one) for one in named if str(one) not in ("*", *accelerators())]:
        yield "accelerators", f"accelerators of `daulat plan choices`, or '*' for all; not known: {_with_near(unknown)}"
    if isinstance(most, bool) or not isinstance(most, int | float) or not most >= 0:  # also for NaN
        yield "most_per_year", "a number of 0 or more"
    if not str(row["citation"] or "").strip():
        yield "citation", "the rule and its article"
    for key in ("from", "to"):
        if isinstance(row[key], bool) or not isinstance(row[key], int):
            yield key, "a whole year"
    if isinstance(first, int) and isinstance(last, int) and first > last:
        yield "from", f"a year not after the last, {last}"


def _with_near(names: Sequence[str]) -> str:
    """Name what is not known, each with the known names that are like it."""
    found = []
    for name in names:
        near = difflib.get_close_matches(name, list(accelerators()), n=3)
        found.append(f"{name} (did you mean {' or '.join(near)}?)" if near else name)
    return ", ".join(found)


def _fault(origin: str, path: str, value: Any, allowed: str) -> InputError:
    return InputError(
        f"{place(origin, path)}: {path}: `{value}` cannot be read",
        why=f"Allowed is {allowed}; a limit that is not read would not be kept.",
        fix="Write rows as docs/concepts/plan-rules.md shows them.",
        code="plan.imports",
    )
