# SPDX-License-Identifier: Apache-2.0
"""The deal: from `plan.deal` of nation.yaml or a scenario to what each party pays, gets, owns and controls.

Comes in: the sections of a plan, and a `Plan`. Goes out: an `Agreement`, or every fault of it at once with file, path
and value; and the `DealPart` of plan.json. The money is worked out in `daulat.plan.finance`; here the chain's cash
becomes a `Project`. Derivation: docs/concepts/plan-finance.md
"""

from __future__ import annotations

import dataclasses
import difflib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, get_args, get_type_hints

import numpy as np
from pydantic import TypeAdapter, ValidationError

from daulat.plan.chain import Plan, cash_needs
from daulat.plan.errors import InputError, InputFaultsError
from daulat.plan.figures import Floats
from daulat.plan.finance import Deal, DealError, Flows, Project, check_deal, run_deal
from daulat.plan.inputs.load import plain
from daulat.plan.inputs.located import place

Section = tuple[Mapping[str, Any], str]
Basis = Literal["capacity", "open_book", "price", "saved"]


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
class Agreement:
    """A deal with how it earns, and the file that it stands in."""

    deal: Deal
    revenue: Revenue
    origin: str
    source: str = ""
    changed: frozenset[str] = frozenset()
    """Paths below the deal that the command line changed."""

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
    data, changed = _changed(data, changes)

    def where(path: str) -> str:
        return _place(origin, changed, path)

    revenue, source = data.pop("revenue", {}), str(data.pop("source", ""))
    faults = [*_unknown(Deal, data, "deal", where), *_unknown(Revenue, revenue, "deal.revenue", where)]
    found: dict[type, Any] = {}
    for kind, value, path in ((Deal, data, "deal"), (Revenue, revenue, "deal.revenue")):
        try:
            found[kind] = TypeAdapter(kind).validate_python(value)
        except ValidationError as error:
            faults += _faults(error, path, where)
    if faults:
        raise InputFaultsError(faults)
    return Agreement(found[Deal], found[Revenue], origin, source, changed)


def _place(origin: str, changed: frozenset[str], path: str) -> str:
    return (
        "--set"
        if any(path == one or path.startswith((f"{one}.", f"{one}[")) for one in changed)
        else place(origin, path)
    )


def project_of(plan: Plan, revenue: Revenue) -> tuple[Project, float | None]:
    """Return the chain's cash as a project, and the fee that was set.

    Every year's hardware is written off over its life, buildings over theirs, straight-line; what is left of both is
    what the assets are worth at the end.
    """
    v, money = plan.values, cash_needs(plan)
    residual = plan.cost.residual_usd
    years = np.arange(money["capex_usd"].shape[1])[None, :]
    prices = (1 + v("money.inflation_per_year")) ** years
    fee: float | None = None
    if revenue.basis == "saved":
        earned = money["revenue_usd"]
    elif revenue.basis == "price":
        fee, earned = revenue.usd_per_mtok, money["tokens"] / 1e6 * revenue.usd_per_mtok * prices
    else:
        worth = (1 + revenue.rate) ** -years.astype(float)
        cost = (money["capex_usd"] * worth).sum(axis=1) - residual * worth[0, -1]
        base = plan.fleet.accelerators_installed * prices
        each = cost / np.maximum((base * worth).sum(axis=1), 1e-300) * (1 + revenue.margin)
        running = money["opex_usd"]
        if revenue.basis == "capacity":
            fee = float(np.median(each))
            each = np.full_like(each, fee)
            running = np.median(running, axis=0, keepdims=True)
        earned = base * np.maximum(each, 0)[:, None] + running
    written_off = _straight_line(money["hardware_usd"], v("money.hardware_life_years"))
    written_off = written_off + _straight_line(money["facility_usd"], v("money.facility_life_years"))
    shape = money["capex_usd"].shape
    capex, opex, earned, written_off = (
        np.broadcast_to(one, shape) for one in (money["capex_usd"], money["opex_usd"], earned, written_off)
    )
    return Project(plan.case.settings.start_year, capex, opex, earned, written_off, residual), fee


def run_agreement(plan: Plan, agreement: Agreement) -> tuple[Flows, Project, float | None]:
    """Let the money of a plan flow through an agreement.

    Raises
    ------
    DealError
        If the deal contradicts itself or the years of the plan; every fault at once, with its file.
    """
    project, fee = project_of(plan, agreement.revenue)
    try:
        check_deal(agreement.deal, project)
    except DealError as error:
        told = "; ".join(f"{agreement.place_of(one.path)}: plan.deal.{one.path}: {one}" for one in error.faults)
        raise DealError(told, why=error.why, fix=error.fix, code=error.code) from error
    return run_deal(agreement.deal, project), project, fee


def _straight_line(spent: Floats, life_years: Floats) -> Floats:
    """Write off each year's spending in equal parts over its life, beginning in that year."""
    life = np.maximum(np.round(life_years), 1)
    found = np.zeros_like(spent)
    for t in range(spent.shape[1]):
        age = np.arange(spent.shape[1] - t)[None, :]
        found[:, t:] += np.where(age < life, spent[:, t : t + 1] / life, 0.0)
    return found


def _changed(data: Mapping[str, Any], changes: Sequence[str]) -> tuple[dict[str, Any], frozenset[str]]:
    """Lay `deal.path=value` over the section, and say which paths were laid.

    A list is entered by the name of its row, or by its place from 0.
    """
    copy: dict[str, Any] = _copied(data)
    laid = set()
    for change in changes:
        path, _, text = change.partition("=")
        steps = path.strip().removeprefix("plan.").split(".")
        if steps[0] != "deal" or len(steps) < 2:
            continue
        at: Any = copy
        name = "deal"
        for step in steps[1:-1]:
            at, named = _step(at, step, path)
            name += named
        if not isinstance(at, dict):
            raise _fault("--set", path, text, "leads nowhere", "a path that ends at a key of the deal")
        at[steps[-1]] = plain(text.strip())
        laid.add(f"{name}.{steps[-1]}")
    return copy, frozenset(laid)


def _step(at: Any, step: str, path: str) -> tuple[Any, str]:
    if isinstance(at, dict):
        return at.setdefault(step, {}), f".{step}"
    if isinstance(at, list):
        for number, row in enumerate(at):
            names = {str(row.get(key)) for key in ("name", "party")} if isinstance(row, dict) else set()
            if step in names or step == str(number):
                return row, f"[{number}]"
    raise _fault("--set", path, step, "is not in the deal", "the name of a row, or its place from 0")


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
    for key, inner in value.items():
        if key not in hints:
            near = difflib.get_close_matches(str(key), hints, n=1, cutoff=0.5)
            allowed = f"did you mean `{near[0]}`?" if near else f"one of {', '.join(hints)}"
            yield _fault(where(f"{path}.{key}"), f"{path}.{key}", inner, "is not a key of a deal", allowed)
            continue
        nested = [one for one in (hints[key], *get_args(hints[key])) if dataclasses.is_dataclass(one)]
        if nested and isinstance(nested[0], type):
            yield from _unknown(nested[0], inner, f"{path}.{key}", where)


def _faults(error: ValidationError, path: str, where: Callable[[str], str]) -> list[InputError]:
    found = []
    for one in error.errors():
        steps = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in one["loc"])
        value = "" if one["type"] == "missing" else one["input"]
        name = f"{path}{steps}"
        found.append(_fault(where(name), name, value, "cannot be used", one["msg"].lower()))
    return found


def _fault(origin: str, path: str, value: Any, what: str, allowed: str) -> InputError:
    return InputError(
        f"{origin}: plan.{path}: `{value}` {what}",
        why=f"Allowed: {allowed}. Money would be counted twice or not at all.",
        fix="Correct the deal; docs/concepts/plan-finance.md lists its keys.",
        code="plan.deal",
    )
