# SPDX-License-Identifier: Apache-2.0
"""The deal as it is written: from `plan.deal` of nation.yaml or a scenario to an agreement.

Comes in: the sections of a plan, and changes of the command line. Goes out: an `Agreement` with its scenarios, or every
fault of it at once with file, path and value. It moves no money: see `deal_cash`. Keys: docs/concepts/plan-finance.md
"""

from __future__ import annotations

import dataclasses
import difflib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Annotated, Any, Literal, get_args, get_type_hints

from pydantic import Field, TypeAdapter, ValidationError

from daulat.plan.deal_ranges import out_of_range
from daulat.plan.errors import InputError, InputFaultsError
from daulat.plan.finance import Deal
from daulat.plan.inputs.load import plain
from daulat.plan.inputs.located import place

Section = tuple[Mapping[str, Any], str]
Basis = Literal["capacity", "open_book", "price", "saved"]
# What pydantic calls a type, in the words of who writes YAML.
_KINDS = {"bool": "true or false", "tuple": "a list", "dict": "keys with values", "dataclass": "keys with values"}
# Keys of the section that are no terms of the `Deal` itself.
BESIDE = ("revenue", "scenarios", "source")
Factor = Annotated[float, Field(ge=0, le=10, allow_inf_nan=False)]


@dataclass(frozen=True, slots=True)
class Revenue:
    """What those who use the service pay to the company that owns it.

    Attributes
    ----------
    basis : str
        ``capacity``: the running cost that each year's budget foresees (the median of the draws), and a fee for each
        accelerator that stands, set once so that at the median it pays the capital at `rate`. ``open_book``: the
        same, with each draw's own running cost and fee. ``price``: `usd_per_mtok`. ``saved``: what a public API would
        cost.
    rate : float
        Return a year that the fee contains.
    margin : float
        Beyond it, a share.
    usd_per_mtok : float
        Price of a million tokens in the first year; it grows with inflation.
    """

    basis: Basis = "capacity"
    rate: float = 0.09
    margin: float = 0.0
    usd_per_mtok: float = 0.0


@dataclass(frozen=True, slots=True)
class Scenario:
    """What may come otherwise than agreed, for the rules of control to be judged in.

    Attributes
    ----------
    revenue_factor, capex_factor, opex_factor : float
        Times what the plan has, in every year and draw; 0 to 10.
    changes : mapping
        By path below the deal what is laid over it: ``{buy_outs: []}``, ``{revenue.rate: 0.07}``.
    """

    name: str
    revenue_factor: Factor = 1.0
    capex_factor: Factor = 1.0
    opex_factor: Factor = 1.0
    changes: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Agreement:
    """A deal with how it earns, and the file that it stands in."""

    deal: Deal
    revenue: Revenue
    origin: str
    source: str = ""
    changed: frozenset[str] = frozenset()
    """Paths below the deal that the command line changed."""
    scenarios: tuple[tuple[Scenario, Deal, Revenue], ...] = ()
    """Each with the deal and the revenue as they are then."""

    def place_of(self, path: str) -> str:
        """Return where a value stands: the file with its line, or the command line."""
        return _place(self.origin, self.changed, f"deal.{path}")


def read_agreement(sections: Sequence[Section], changes: Sequence[str] = ()) -> Agreement | None:
    """Return the agreement of the last section that has one, with `deal.…` changes laid over it; None without any.

    Raises
    ------
    InputFaultsError
        Every fault of the section: file, path, value, what is allowed.
    """
    given = [
        (section["deal"], file) for section, file in sections if isinstance(section, Mapping) and "deal" in section
    ]
    if not given:
        return None
    data, origin = given[-1]
    if not isinstance(data, Mapping):
        raise InputFaultsError(
            [_fault(place(origin, "deal"), "deal", data, "is not a mapping", "keys such as `parties:`")]
        )
    data, changed = _laid(data, _changes_of_deal(changes), lambda _: "--set")

    def where(path: str) -> str:
        return _place(origin, changed, path)

    source, listed = str(data.pop("source", "")), data.pop("scenarios", [])
    faults: list[InputError] = []
    deal, revenue = _terms(data, where, faults)
    scenarios = _read(tuple[Scenario, ...], listed, "deal.scenarios", where, faults)
    faults += _unnamed(scenarios or (), where)
    if faults:
        raise InputFaultsError(faults)
    stated = tuple(
        _terms_then(data, one, f"deal.scenarios[{at}].changes", where, faults) for at, one in enumerate(scenarios)
    )
    if faults:
        raise InputFaultsError(faults)
    return Agreement(deal, revenue, origin, source, changed, stated)


def _terms(data: Mapping[str, Any], where: Callable[[str], str], faults: list[InputError]) -> tuple[Any, Any]:
    """Return the deal and how it earns; nothing, with every fault added, for what cannot be used."""
    deal = _read(Deal, {key: one for key, one in data.items() if key != "revenue"}, "deal", where, faults)
    revenue = _read(Revenue, data.get("revenue", {}), "deal.revenue", where, faults)
    for one in out_of_range(deal, revenue):
        path, meant = f"deal.{one.path}", f"Did you mean {one.meant}" if one.meant else ""
        faults.append(_fault(where(path), path, f"{one.value:g}", "cannot be used", one.allowed, meant))
    return deal, revenue


def _unnamed(scenarios: Sequence[Scenario], where: Callable[[str], str]) -> Iterator[InputError]:
    """Yield a fault for each scenario without a name, or with that of one before it."""
    names = [one.name.strip() for one in scenarios]
    for at, name in enumerate(names):
        if not name or name in names[:at]:
            path = f"deal.scenarios[{at}].name"
            what = "is the name of a scenario before it" if name else "is no name"
            yield _fault(where(path), path, scenarios[at].name, what, "a name that no other scenario has")


def _read(kind: Any, value: Any, path: str, where: Callable[[str], str], faults: list[InputError]) -> Any:
    """Return what a section says, as its type; where it is wrong, add every fault and return nothing."""
    row: type = next((one for one in get_args(kind) if isinstance(one, type)), kind)
    faults += _unknown(row, value, path, where)
    try:
        return TypeAdapter(kind).validate_python(value)
    except ValidationError as error:
        faults += _faults(error, path, where)
        return None


def _terms_then(
    data: Mapping[str, Any], scenario: Scenario, path: str, where: Callable[[str], str], faults: list[InputError]
) -> tuple[Scenario, Any, Any]:
    """Return a scenario with the deal and the revenue as it changes them; faults are added where it cannot."""
    there = f"{where(path)}, scenario `{scenario.name}`"
    for key, value in scenario.changes.items():
        if key.partition(".")[0] in ("scenarios", "source"):
            allowed = f"terms of the deal: {', '.join((*get_type_hints(Deal), 'revenue'))}"
            faults.append(_fault(there, f"deal.{key}", value, "is no term that a scenario can change", allowed))
            return scenario, None, None
    try:
        changed, _ = _laid(data, scenario.changes.items(), lambda _: there)
    except InputError as error:
        faults.append(error)
        return scenario, None, None
    return scenario, *_terms(changed, lambda _: there, faults)


def _place(origin: str, changed: frozenset[str], path: str) -> str:
    return (
        "--set"
        if any(path == one or path.startswith((f"{one}.", f"{one}[")) for one in changed)
        else place(origin, path)
    )


def _changes_of_deal(changes: Sequence[str]) -> Iterator[tuple[str, Any]]:
    """Yield path below the deal, and value, of each ``deal.path=value``."""
    for change in changes:
        path, _, text = change.partition("=")
        first, _, rest = path.strip().removeprefix("plan.").partition(".")
        if first == "deal" and rest:
            yield rest, plain(text.strip())


def _laid(
    data: Mapping[str, Any], changes: Iterable[tuple[str, Any]], where: Callable[[str], str]
) -> tuple[dict[str, Any], frozenset[str]]:
    """Lay values by path over the section, and say which paths were laid.

    A list is entered by the name of its row, or by its place from 0.
    """
    copy: dict[str, Any] = _copied(data)
    laid = set()
    for path, value in changes:
        *steps, last = path.split(".")
        at: Any = copy
        name = "deal"
        for step in steps:
            at, named = _step(at, step, path, where)
            name += named
        if not isinstance(at, dict):
            raise _fault(where(path), f"deal.{path}", value, "leads nowhere", "a path that ends at a key of the deal")
        at[last] = value
        laid.add(f"{name}.{last}")
    return copy, frozenset(laid)


def _step(at: Any, step: str, path: str, where: Callable[[str], str]) -> tuple[Any, str]:
    if isinstance(at, dict):
        key, _, place_of_row = step.partition("[")
        if place_of_row and isinstance(at.get(key), list):
            raise _bracketed(at[key], key, step, path, where)
        return at.setdefault(step, {}), f".{step}"
    rows = at if isinstance(at, list) else []
    names = [{str(row.get(key)) for key in ("name", "party")} if isinstance(row, dict) else set() for row in rows]
    for number, row in enumerate(rows):
        if step in names[number] or step == str(number):
            return row, f"[{number}]"
    known = ", ".join(sorted({one for row in names for one in row} - {"None"}))
    allowed = f"the name of a row ({known}), or its place from 0" if known else "the place of a row, from 0"
    raise _fault(where(path), f"deal.{path}", step, "is not in the deal", allowed)


def _bracketed(rows: Sequence[Any], key: str, step: str, path: str, where: Callable[[str], str]) -> InputError:
    """Return the fault of a row that is sought as `loans[0]`, with the path that would reach it."""
    row = step.partition("[")[2].rstrip("]").strip("'\"")
    meant = rows[int(row)] if row.isdecimal() and int(row) < len(rows) else {}
    name = (meant.get("name") or meant.get("party") if isinstance(meant, Mapping) else None) or row
    allowed = f"the name of a row after a dot, `deal.{key}.NAME`, or its place from 0"
    fix = f"Write deal.{path.replace(step, f'{key}.{name}', 1)}."
    return _fault(where(path), f"deal.{path}", step, "is not how a row is named", allowed, fix)


def _copied(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(key): _copied(one) for key, one in value.items()}
    return [_copied(one) for one in value] if isinstance(value, list | tuple) else value


def _unknown(kind: type, value: Any, path: str, where: Callable[[str], str]) -> Iterator[InputError]:
    """Yield a fault for each key that the dataclass does not have, at any depth."""
    if isinstance(value, list):
        for row, one in enumerate(value):
            yield from _unknown(kind, one, f"{path}[{row}]", where)
    if not isinstance(value, Mapping):
        return
    hints = get_type_hints(kind)
    names = (*hints, *BESIDE) if kind is Deal else tuple(hints)
    for key, inner in value.items():
        if key not in hints:
            near = difflib.get_close_matches(str(key), names, n=1, cutoff=0.5)
            allowed = f"did you mean `{near[0]}`?" if near else f"one of {', '.join(names)}"
            yield _fault(where(f"{path}.{key}"), f"{path}.{key}", inner, "is not a key of a deal", allowed)
            continue
        nested = [one for one in (hints[key], *get_args(hints[key])) if dataclasses.is_dataclass(one)]
        if nested and isinstance(nested[0], type):
            yield from _unknown(nested[0], inner, f"{path}.{key}", where)


def _faults(error: ValidationError, path: str, where: Callable[[str], str]) -> list[InputError]:
    found = []
    for one in error.errors():
        steps = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in one["loc"])
        name = f"{path}{steps}"
        if one["type"] == "missing":
            found.append(_fault(where(name), name, "", "is missing", "a value; without it the deal says nothing there"))
            continue
        kind = one["type"].partition("_")[0]
        allowed = _KINDS.get(kind) or one["msg"].removeprefix("Input should be ")
        found.append(_fault(where(name), name, one["input"], "cannot be used", allowed[:1].lower() + allowed[1:]))
    return found


def _fault(origin: str, path: str, value: Any, what: str, allowed: str, fix: str = "") -> InputError:
    return InputError(
        f"{origin}: plan.{path}{'' if what == 'is missing' else f': `{value}`'} {what}",
        why=f"Allowed: {allowed}. Money would be counted twice or not at all.",
        fix=fix or "Correct the deal; docs/concepts/plan-finance.md lists its keys.",
        code="plan.deal",
    )
