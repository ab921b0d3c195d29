# SPDX-License-Identifier: Apache-2.0
"""Import rules: how many accelerators of a kind the nation lets in, in which years, and on what conditions.

Comes in: the pack's `plan/import_rules.yaml`, dated rows with a citation, and when and where somebody searched for
them; a fleet's purchases. Goes out: notes where a plan buys more than a limit, and that no limit is known where none
is. A limit counts for the accelerators it names, or for all with `*`. It changes no purchase.

    searched: {on: 2026-11-26, where: "register of decrees, import"}
    limits:
      - {accelerators: ["*"], from: 2027, to: 2029, most_per_year: 20000, citation: "Decree 12/2026, article 4"}
    conditions:
      - {what: "goods come in new", citation: "Trade Act, article 47"}
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
from daulat.plan.inputs.assumption import is_date
from daulat.plan.inputs.located import Located, place
from daulat.plan.note import Note, note

FILE = "import_rules.yaml"
KEYS = {"accelerators", "from", "to", "most_per_year", "citation"}
CONDITION_KEYS, SEARCHED_KEYS = {"what", "citation"}, {"on", "where"}


@dataclass(frozen=True)
class ImportLimit:
    """At most `most_per_year` of the named accelerators in each year from `first_year` to `last_year`."""

    accelerators: tuple[str, ...]
    first_year: int
    last_year: int
    most_per_year: float
    citation: str

    def holds(self, accelerator: str, year: int) -> bool:
        """Whether it says anything of an accelerator in a year."""
        return bool({"*", accelerator} & set(self.accelerators)) and self.first_year <= year <= self.last_year


@dataclass(frozen=True)
class ImportCondition:
    """On what condition goods may come in, and the rule that says so."""

    what: str
    citation: str


@dataclass(frozen=True)
class ImportRules:
    """What a pack says of imports; nothing at all where `searched_on` is empty and there is no limit."""

    limits: tuple[ImportLimit, ...] = ()
    conditions: tuple[ImportCondition, ...] = ()
    searched_on: str = ""
    searched_where: str = ""

    def broken(
        self, accelerator: str, years: Sequence[int], bought: Floats
    ) -> Iterator[tuple[int, float, ImportLimit]]:
        """Yield year, purchase and limit where a purchase is beyond it.

        Parameters
        ----------
        bought : float64[years]
            Accelerators bought in each year.
        """
        for limit in self.limits:
            for year, count in zip(years, bought, strict=True):
                if limit.holds(accelerator, year) and count > limit.most_per_year:
                    yield year, float(count), limit

    def limits_any(self, accelerator: str, years: Sequence[int]) -> bool:
        """Whether any limit says something of an accelerator in these years."""
        return any(limit.holds(accelerator, year) for limit in self.limits for year in years)

    def status(self, accelerator: str, years: Sequence[int], bought: Floats) -> str:
        """Return ``exceeded``, ``kept``, ``none`` (known) or ``unsearched``; `bought` as in `broken`."""
        if self.limits_any(accelerator, years):
            return "exceeded" if any(True for _ in self.broken(accelerator, years, bought)) else "kept"
        return "none" if self.searched_on else "unsearched"


def read_import_rules(pack: Pack | None) -> ImportRules:
    """Return the import rules of a pack; none where it has no such file.

    Raises
    ------
    InputFaultsError
        Every row that lacks a key or a citation, or contradicts itself; with its line.
    """
    if pack is None or not pack.has("plan", FILE):
        return ImportRules()
    name = f"{pack.name}/plan/{FILE}"
    file = read_yaml(pack.path("plan", FILE), name=name)
    data, origin, faults = file.data, Located(name, file), Faults()
    if not isinstance(data, Mapping) or not {"limits"} <= set(data) <= {"limits", "conditions", "searched"}:
        faults.add(_fault(origin, "", data, "`limits:`, a list, and beside it `conditions:` and `searched:`"))
        faults.tell()
    found = [_limit(origin, path, row, faults) for path, row in _rows(data, "limits", origin, faults)]
    conditions = []
    for path, row in _rows(data, "conditions", origin, faults):
        if _has_texts(row, CONDITION_KEYS):
            conditions.append(ImportCondition(str(row["what"]), str(row["citation"])))
        else:
            faults.add(_fault(origin, path, row, "the keys citation, what, each with a text"))
    searched = data.get("searched", {"on": "", "where": ""})
    if "searched" in data and not (_has_texts(searched, SEARCHED_KEYS) and is_date(str(searched["on"]))):
        faults.add(_fault(origin, "searched", searched, "`on`, a date, and `where`, a text"))
    faults.tell()
    limits = tuple(one for one in found if one is not None)
    return ImportRules(limits, tuple(conditions), str(searched["on"]), str(searched["where"]))


def import_notes(
    rules: ImportRules, country: str, accelerator: str, years: Sequence[int], bought: Floats
) -> Iterator[Note]:
    """Yield where the median purchase of a year is beyond a limit, or that no limit is known, and every condition.

    Parameters
    ----------
    bought : float64[draws, years]
        Accelerators bought in each year.
    """
    for year, count, limit in rules.broken(accelerator, years, np.median(bought, axis=0)):
        most, citation = limit.most_per_year, limit.citation
        yield note("import_exceeded", year=year, count=count, accelerator=accelerator, most=most, citation=citation)
    if not rules.limits_any(accelerator, years):
        yield _none_known(rules, country, accelerator)
    yield from (note("import_condition", what=one.what, citation=one.citation) for one in rules.conditions)


def _none_known(rules: ImportRules, country: str, accelerator: str) -> Note:
    if not rules.searched_on:
        return note("imports_unsearched", country=country)
    on, where = rules.searched_on, rules.searched_where
    return note("imports_none", country=country, accelerator=accelerator, as_of=on, where=where)


def _rows(data: Mapping[str, Any], key: str, origin: str, faults: Faults) -> list[tuple[str, Any]]:
    """Return the rows below a key, each with its path; a fault where they are no list."""
    rows = data.get(key, [])
    if isinstance(rows, list):
        return [(f"{key}[{at}]", row) for at, row in enumerate(rows)]
    faults.add(_fault(origin, key, rows, f"a list below `{key}:`"))
    return []


def _has_texts(row: Any, keys: set[str]) -> bool:
    return isinstance(row, Mapping) and set(row) == keys and all(str(row[key] or "").strip() for key in keys)


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
