# SPDX-License-Identifier: Apache-2.0
"""Outcomes: what a plan's deal and its choice of sites came to, in the form in which `explain` prints a figure.

Comes in: a `Document`. Goes out: an `Outcome` for each result of the deal and of the siting, and the inputs of both as
lines with their sources. Formulas of the deal are those that the document carries; nothing is computed.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from daulat.plan.result.document import Document
from daulat.plan.result.joint import Band, ControlRow, CovenantRow, DealPart, PartyRow, Series, SitingPart

# Result of the deal: what it is, and which of the deal's own inputs it comes from.
_DEAL = {
    "deal.revenue_usd": ("What those who use the service pay in a year.", ("deal.revenue.*",)),
    "deal.cash_usd": ("What a party gets in a year, less what it pays.", ("deal.loans.*", "deal.terms")),
    "deal.npv_usd": (
        "Net present value: the worth of a party's cash, counted at the end of the first year.",
        ("deal.parties.*.discount_rate",),
    ),
    "deal.xirr": ("Internal rate of return: what a party earns a year on what it put in.", ()),
    "deal.payback_year": ("The year in which a party has got back what it put in.", ()),
    "deal.dscr": ("Cover of the debt: the cash of a year over the debt that is due in it.", ("deal.loans.*",)),
    "deal.ownership": ("Share of the company that a party owns at the end of a year.", ("deal.terms",)),
}
_CONTROL = "deal.control"
_CONTROL_SAID = {"kept": "Yes", "lost": "No", "unknown": "Not known: a rule could not be tested in these years"}
_SITING_PAGE = "plan-sites.md"
# Result of the siting: what it is, its formula, and what it comes from.
_SITING: dict[str, tuple[str, str, tuple[str, ...]]] = {
    "siting.sites": (
        "The sites that open, the year, and the IT power that stands there in the last year.",
        "the cheapest set of sites that keeps every rule (siting.cost_usd), solved by HiGHS",
        ("siting.cost_usd", "siting.gap"),
    ),
    "siting.cost_usd": (
        "Present cost of the sites.",
        "sum over years of (1 + r) ^ -years x (opening x newly open + building x new MW + running x MW + link x MW "
        "served x km)",
        (
            *("siting.load_mw", "siting.*", "money.discount_rate", "opex_usd_per_year"),
            *("money.hardware_usd_per_accelerator", "money.facility_usd_per_mw", "money.land_usd_per_mw"),
            *("money.grid_connection_usd_per_mw", "money.links_usd_per_year"),
            *("jobs.minimum_operation_jobs", "money.salary_usd_per_year"),
        ),
    ),
    "siting.load_mw": (
        "The IT load that the sites were chosen for: the median of some draws, without spare capacity.",
        "it_power_mw / (1 + spare share), before the sites were chosen",
        ("it_power_mw",),
    ),
    "siting.gap": (
        "How much cheaper any other choice could be, at the most.",
        "(cost - bound) / cost",
        ("siting.cost_usd",),
    ),
    "siting.standing_spare": (
        "What stands in the last year beyond the load; it becomes sizing.spare_share.",
        "IT power of the sites / load - 1",
        ("siting.load_mw", "siting.spare_share"),
    ),
    "siting.robustness": (
        "Which sites would be chosen for a small and a large demand.",
        "the same question for the 10th and the 90th percentile of the load",
        ("siting.load_mw",),
    ),
    "siting.failures": (
        "Promises that would not hold if one grid failed, each in the year in which most users lose it.",
        "the load laid anew on the sites of the other grids, with as few as can be unserved, abroad or late",
        ("siting.sites", "siting.round_trip_ms", "active_users"),
    ),
}
_ALIASES = {
    **{"deal.npv": "deal.npv_usd", "deal.payback": "deal.payback_year", "deal.revenue": "deal.revenue_usd"},
    **{"deal.cash": "deal.cash_usd", "deal.fee_usd": "deal.revenue_usd", "deal.paid_usd": "deal.cash_usd"},
    **{"deal.received_usd": "deal.cash_usd", "deal.least_dscr": "deal.dscr", "deal.short_share": "deal.dscr"},
    **{f"deal.{rule}": _CONTROL for rule in ("majority", "keys", "switch", "operation", "buy-out", "pledge")},
    **{"deal.scenarios": _CONTROL, "deal.control_in": _CONTROL, "deal.least_cover": "deal.dscr"},
    **{"deal.covenants": _CONTROL, "deal.keeps_control": _CONTROL, "siting.siting": "siting.sites"},
    **{"siting.opens": "siting.sites", "siting.it_mw": "siting.sites", "siting.cost": "siting.cost_usd"},
}


@dataclass(frozen=True, slots=True)
class Outcome:
    """One result of the deal or of the siting.

    Attributes
    ----------
    shown : tuple of str
        Its values, a line for each party, loan or site.
    inputs : tuple of str
        Names of outcomes and figures, and paths of inputs.
    """

    name: str
    about: str
    formula: str
    page: str
    shown: tuple[str, ...]
    inputs: tuple[str, ...]


def outcome_named(name: str) -> str | None:
    """Return the whole name of a result of a deal or a siting; None if it is none.

    Examples
    --------
    >>> outcome_named("npv"), outcome_named("npv_usd"), outcome_named("deal.dscr"), outcome_named("people")
    ('deal.npv_usd', 'deal.npv_usd', 'deal.dscr', None)
    """
    known = {*_DEAL, *_SITING, _CONTROL}
    for full in (name, f"deal.{name}", f"siting.{name}"):
        found = _ALIASES.get(full, full)
        if found in known:
            return found
    return None


def outcomes_of(document: Document) -> dict[str, Outcome]:
    """Return every result of the deal and of the siting that the plan has."""
    found = [
        *(_of_deal(document.deal, document.years) if document.deal else ()),
        *(_of_siting(document.siting, document.years) if document.siting else ()),
    ]
    return {one.name: one for one in found}


def terms_of(document: Document) -> dict[str, tuple[str, str]]:
    """Return the inputs of the deal and of the siting: by path what was given, and the source."""
    found: dict[str, tuple[str, str]] = {}
    deal, siting = document.deal, document.siting
    if deal:
        source = f"{deal.origin}{f': {deal.source}' if deal.source else ''}"
        # By the paths under which `--set` changes them.
        for party in deal.parties:
            found[f"deal.parties.{party.name}.discount_rate"] = (f"= {party.discount_rate:g} share/year", source)
        for loan in deal.loans:
            for key, unit in (
                ("rate", "share/year"),
                ("tenor_years", "years"),
                ("grace_years", "years"),
                ("least_dscr", "ratio"),
            ):
                found[f"deal.loans.{loan.name}.{key}"] = (f"= {getattr(loan, key):g} {unit}", source)
        found["deal.revenue.basis"] = (f"= {deal.revenue_basis}", source)
        found["deal.terms"] = (f"= {'; '.join(deal.terms)}", source)
    if siting:
        for row in siting.inputs:
            dated = f", {row['date']}" if row["date"] else ""
            found[str(row["path"])] = (
                f"= {row['value']:,.6g} {row['unit']}",
                f"{row['basis']}: {row['source']}{dated}",
            )
        found["siting.rules"] = (f"= {'; '.join(row.text for row in siting.rules)}", f"docs/concepts/{_SITING_PAGE}")
    return found


def _of_deal(deal: DealPart, years: Sequence[int]) -> Iterator[Outcome]:
    shown = {
        "deal.revenue_usd": _revenue(deal, years),
        "deal.cash_usd": tuple(f"{one.name}: {_by_year(one.cash_usd, years)} USD" for one in deal.parties),
        "deal.npv_usd": tuple(f"{one.name}: {_band(one.npv_usd, 'USD')}" for one in deal.parties),
        "deal.xirr": tuple(
            f"{one.name}: {_band(one.xirr, 'share/year')}; a rate in {one.xirr_share:.0%} of the draws"
            for one in deal.parties
        ),
        "deal.payback_year": tuple(
            f"{one.name}: {_year_or_never(one.payback_year)}; within the plan in {one.payback_share:.0%} of the draws"
            for one in deal.parties
        ),
        "deal.dscr": (
            _by_year(deal.dscr, years),
            f"least of all years: {_band(deal.least_dscr, 'ratio')}",
            f"cash does not cover the debt in some year in {deal.short_share:.0%} of the draws",
            *(line for one in deal.parties for line in _lender(one, years)),
            *(
                f"{one.name}: below its covenant of {one.least_dscr:g} in some year in "
                f"{one.below_covenant_share:.0%} of the draws"
                for one in deal.loans
                if one.below_covenant_share is not None
            ),
        )
        if deal.loans
        else ("no debt",),
        "deal.ownership": tuple(f"{one.name}: {_by_year(one.ownership, years)}" for one in deal.parties),
    }
    for row in deal.sources:
        if row.name == _CONTROL:
            continue
        about, terms = _DEAL.get(row.name, ("", ()))
        yield Outcome(row.name, about, row.formula, row.page, shown.get(row.name, ()), (*terms, *row.inputs))
    yield Outcome(
        _CONTROL,
        f"Does the country keep control? {_CONTROL_SAID[deal.control]}.",
        next(row.formula for row in deal.sources if row.name == _CONTROL),
        deal.sources[0].page,
        (*(_rule(one, years) for one in deal.covenants), *(_kept(one, years) for one in deal.control_in)),
        ("deal.terms", "deal.ownership", "deal.dscr"),
    )


def _lender(party: PartyRow, years: Sequence[int]) -> Iterator[str]:
    if party.dscr is None or party.least_dscr is None or party.short_share is None:
        return
    yield (
        f"{party.name}: {_by_year(party.dscr, years)}; least {_band(party.least_dscr, 'ratio')}; what is due to it is "
        f"not covered in some year in {party.short_share:.0%} of the draws"
    )


def _revenue(deal: DealPart, years: Sequence[int]) -> tuple[str, ...]:
    line = f"{_by_year(deal.revenue_usd, years)} USD"
    if deal.fee_usd is None:
        return (line,)
    per = "a million tokens" if deal.revenue_basis == "price" else "an accelerator and year"
    return line, f"fee: {deal.fee_usd:,.4g} USD for {per}, at the first year's prices"


def _rule(row: CovenantRow, years: Sequence[int]) -> str:
    if row.holds:
        return f"{row.name}: holds"
    if not row.is_tested:
        return f"{row.name}: not tested{f' ({row.why})' if row.why else ''}"
    where = ", ".join(str(one) for one in row.years)
    share = f"{row.share_broken:.0%} of the draws"
    if row.broken_by_year and len(set(row.broken_by_year)) > 1:
        share += f" (by year: {_told(row.broken_by_year, years, '.0%')})"
    return f"{row.name}: broken in {where}, in {share} ({row.why})"


def _kept(row: ControlRow, years: Sequence[int]) -> str:
    """Share of the draws in which control is kept, by year, as agreed or in a scenario."""
    told = f"kept in {row.kept_share:.0%} of the draws; by year: {_told(row.kept_by_year, years, '.0%')}"
    if row.broken:
        told += f"; broken: {', '.join(row.broken)}"
    if row.not_tested:
        told += f"; not tested: {', '.join(row.not_tested)}"
    terms = f" ({'; '.join(row.terms)})" if row.terms else ""
    return f"{f'scenario {row.name}{terms}' if row.name else 'as agreed'}: {told}"


def _of_siting(siting: SitingPart, years: Sequence[int]) -> Iterator[Outcome]:
    shown = {
        "siting.sites": tuple(
            f"{one.name}: {one.opens}, {one.it_mw[-1]:.4g} MW on {one.grid}" for one in siting.sites if one.opens
        ),
        "siting.cost_usd": (f"{siting.cost_usd:,.4g} USD",),
        "siting.load_mw": (f"{_told(siting.load_mw, years)} MW",),
        "siting.gap": (f"{siting.gap:.2%}",),
        "siting.standing_spare": (f"{siting.spare_share:.4g} share",),
        "siting.robustness": tuple(
            f"{row.demand}: {', '.join(row.sites)} ({row.it_mw:.4g} MW; {row.shared} of the chosen ones)"
            if row.it_mw is not None
            else f"{row.demand}: no sites keep the rules"
            for row in siting.robustness
        ),
        "siting.failures": _failures(siting),
    }
    for name, (about, formula, inputs) in _SITING.items():
        yield Outcome(name, about, formula, _SITING_PAGE, shown[name], inputs)


def _failures(siting: SitingPart) -> tuple[str, ...]:
    if siting.failures is None:
        return ("not looked into by the version that made this plan",)
    rows = (
        f"{row.grid}: {row.promise}, {row.users:,.4g} users ({row.share:.1%}) in {row.year}: {', '.join(row.regions)}"
        for row in siting.failures
    )
    return tuple(rows) or ("every promise holds whichever grid fails",)


def _band(band: Band, unit: str, form: str = ",.4g") -> str:
    """Median and 80 % interval, as figures are shown."""
    if band.p10 is None or band.p50 is None or band.p90 is None:
        return "none in most draws"
    interval = f" ({band.p10:{form}} to {band.p90:{form}})" if band.p10 < band.p90 else ""
    return f"{band.p50:{form}}{f' {unit}' if unit else ''}{interval}"


def _year_or_never(band: Band) -> str:
    low, middle, high = ("never" if one is None else f"{one:.0f}" for one in (band.p10, band.p50, band.p90))
    return f"{middle} ({low} to {high})" if low != high else middle


def _by_year(series: Series, years: Sequence[int]) -> str:
    return _told(series.p50, years)


def _told(values: Sequence[float | None], years: Sequence[int], form: str = ",.4g") -> str:
    """Medians by year; years that look the same are told together.

    Examples
    --------
    >>> _told([0.6, 0.6, None, 0.75], [2027, 2028, 2029, 2030])
    '2027 to 2028 0.6, 2029 none, 2030 0.75'
    """
    runs: list[tuple[int, int, str]] = []
    for year, value in zip(years, values, strict=True):
        text = "none" if value is None else f"{value:{form}}"
        if runs and runs[-1][2] == text:
            runs[-1] = (runs[-1][0], year, text)
        else:
            runs.append((year, year, text))
    return ", ".join(f"{first if first == last else f'{first} to {last}'} {text}" for first, last, text in runs)
