# SPDX-License-Identifier: Apache-2.0
"""Import limits: how many accelerators of a kind the nation lets in, or is allotted, in which years.

Comes in: the pack's `plan/import_rules.yaml`, dated rows with a citation; a fleet's purchases. Goes out: notes where a
plan buys more than a limit. A row counts for the accelerators it names, or for all with `*`. It changes no purchase.

    limits:
      - {accelerators: ["*"], from: 2027, to: 2029, most_per_year: 20000, citation: "Decree 12/2026, article 4"}
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from daulat.nation import Pack
from daulat.plan.errors import PlanError
from daulat.plan.figures import Floats

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
    PlanError
        If a row lacks a key or a citation, or contradicts itself.
    """
    if pack is None or not pack.has("plan", FILE):
        return ()
    data = pack.yaml("plan", FILE)
    rows = data.get("limits") if isinstance(data, Mapping) else None
    if not isinstance(rows, list):
        raise _fault(pack, "limits", data, "a list below `limits:`")
    return tuple(_limit(pack, place, row) for place, row in enumerate(rows))


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


def _limit(pack: Pack, place: int, row: Any) -> ImportLimit:
    if not isinstance(row, Mapping) or set(row) != KEYS:
        raise _fault(pack, f"limits.{place}", row, f"the keys {', '.join(sorted(KEYS))}")
    names, most = row["accelerators"], row["most_per_year"]
    if not isinstance(most, int | float) or most < 0 or not isinstance(names, list) or not str(row["citation"]).strip():
        raise _fault(pack, f"limits.{place}", row, "a list of accelerators, a number of 0 or more, and a citation")
    if not (isinstance(row["from"], int) and isinstance(row["to"], int) and row["from"] <= row["to"]):
        raise _fault(pack, f"limits.{place}.from", row["from"], "years, the first not after the last")
    return ImportLimit(tuple(map(str, names)), row["from"], row["to"], float(most), str(row["citation"]))


def _fault(pack: Pack, path: str, value: Any, allowed: str) -> PlanError:
    return PlanError(
        f"{pack.name}/plan/{FILE}: {path}: `{value}` cannot be read",
        why=f"Allowed is {allowed}; a limit that is not read would not be kept.",
        fix="Write rows as docs/concepts/plan-rules.md shows them.",
        code="plan.imports",
    )
