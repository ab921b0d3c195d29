# SPDX-License-Identifier: Apache-2.0
"""The deal in plan.json: what a joint investment comes to for each party, in bands over the draws.

Comes in: a `Plan` and an `Agreement`. Goes out: a `DealPart`, lines for the summary, and notes. The
money flows in `daulat.plan.finance`; nothing is decided here.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from daulat.plan.chain import Plan
from daulat.plan.deal import Agreement
from daulat.plan.deal_cash import run_agreement
from daulat.plan.deal_control import control_in
from daulat.plan.deal_terms import terms_of
from daulat.plan.figures import Floats
from daulat.plan.finance import (
    Covenant,
    Deal,
    Flows,
    Loan,
    Party,
    Returns,
    check_covenants,
    returns_of,
)
from daulat.plan.note import Note, note, note_of, word
from daulat.plan.result.document import SummaryRow
from daulat.plan.result.joint import Band, CovenantRow, DealPart, LoanRow, NoteRow, PartyRow, Series, SourceRow
from daulat.plan.uncertainty import percentiles

PAGE = "plan-finance.md"
CASH = ["capex_usd_per_year", "opex_usd_per_year"]
SOURCES = (
    SourceRow(
        name="deal.revenue_usd",
        unit="USD",
        formula="capacity, open book: running cost + fee x accelerators standing x inflation; price: price x tokens x "
        "inflation; saved: what a public API costs",
        inputs=[
            "opex_usd_per_year",
            "accelerators_installed",
            "tokens_served_per_year",
            "buy_usd_per_year",
            "money.inflation_per_year",
        ],
        page=PAGE,
    ),
    SourceRow(
        name="deal.cash_usd",
        unit="USD",
        formula="interest + principal + distributions + shares sold + tax received - equity - grants - land - loans - "
        "reciprocal - shares bought",
        inputs=[*CASH, "deal.revenue_usd", "residual_usd"],
        page=PAGE,
    ),
    SourceRow(
        name="deal.npv_usd",
        unit="USD",
        formula="sum over years of cash x (1 + the party's own rate) ^ -years",
        inputs=["deal.cash_usd"],
        page=PAGE,
    ),
    SourceRow(
        name="deal.xirr",
        unit="share/year",
        formula="the rate at which cash at each year's last day comes out even; over the draws that have one",
        inputs=["deal.cash_usd"],
        page=PAGE,
    ),
    SourceRow(
        name="deal.payback_year",
        unit="year",
        formula="the first year from whose end on the sum of cash stays at or above zero; never ranks after every year",
        inputs=["deal.cash_usd"],
        page=PAGE,
    ),
    SourceRow(
        name="deal.dscr",
        unit="ratio",
        formula="(revenue - running cost - tax) / (interest + principal due on all loans, which rank equally), in the "
        "years in which something is due; of a lender, in the years in which something is due to it",
        inputs=["deal.revenue_usd", "opex_usd_per_year"],
        page=PAGE,
    ),
    SourceRow(
        name="deal.ownership",
        unit="share",
        formula="equity paid in so far (cash and land, after sales) / all of it",
        inputs=["capex_usd_per_year"],
        page=PAGE,
    ),
    SourceRow(
        name="deal.control",
        unit="share of draws",
        formula="every rule holds in every year, in every draw and in every scenario of the deal",
        inputs=["deal.ownership", "deal.dscr"],
        page=PAGE,
    ),
)


def deal_part(plan: Plan, agreement: Agreement) -> DealPart:
    """Return what an agreement comes to.

    Raises
    ------
    DealError
        If the deal contradicts itself or the years of the plan.
    """
    deal, first_year = agreement.deal, plan.case.settings.start_year
    flows, project, fee = run_agreement(plan, agreement)
    covenants = check_covenants(deal, flows, first_year)
    control = list(control_in(plan, agreement, project, covenants))
    cover = flows.cover_of(range(len(deal.loans)))
    terms = list(terms_of(deal))
    return DealPart(
        origin=agreement.origin,
        source=agreement.source,
        revenue_basis=agreement.revenue.basis,
        fee_usd=fee,
        parties=[
            _party(deal, place, party, flows, found)
            for place, (party, found) in enumerate(zip(deal.parties, returns_of(deal, flows, first_year), strict=True))
        ],
        loans=[_loan(loan, at, flows) for at, loan in enumerate(deal.loans)],
        dscr=_series(cover),
        least_dscr=_band(_least(cover)),
        short_share=_share_below(cover, 1.0),
        revenue_usd=_series(project.revenue_usd),
        covenants=[_covenant(rule) for rule in covenants],
        keeps_control=all(row.control == "kept" for row in control),
        sources=list(SOURCES),
        terms=[str(one) for one in terms],
        terms_keyed=[NoteRow(**one.as_dict()) for one in terms],
        control_in=control,
    )


def _covenant(rule: Covenant) -> CovenantRow:
    return CovenantRow(
        name=rule.name,
        holds=rule.holds,
        years=list(rule.years),
        share_broken=rule.share_broken,
        why=str(rule.why or ""),
        fix=str(rule.fix),
        why_keyed=NoteRow(**rule.why.as_dict()) if rule.why else None,
        fix_keyed=NoteRow(**rule.fix.as_dict()),
        broken_by_year=rule.broken.mean(axis=0).tolist(),
    )


def summary_rows(part: DealPart) -> list[SummaryRow]:
    """Return the lines of the summary: value, rate and payback of each party.

    A rate without a median is left out; a payback that never comes is told.
    """
    rows = []
    for party in part.parties:
        for name, label, unit, band in (
            ("deal.npv_usd", "NPV", "USD", party.npv_usd),
            ("deal.xirr", "XIRR", "share/year", party.xirr),
            ("deal.payback_year", "Payback", "year", party.payback_year),
        ):
            is_rate = name == "deal.xirr"
            if band.p50 is not None or not is_rate:
                rows.append(
                    SummaryRow(
                        name=name,
                        label=f"{label}, {party.name}",
                        unit=unit,
                        year=None,
                        p10=band.p10,
                        p50=band.p50,
                        p90=band.p90,
                        share=party.xirr_share if is_rate else None,
                    )
                )
    return rows


def notes_of(part: DealPart) -> list[Note]:
    """Return what the deal means for control, and how often its debt is not covered."""
    broken, untested = list(_broken(part)), list(_untested(part))
    everywhere = note("deal_scenarios" if len(part.control_in) > 1 else "deal_draws")
    reasons = {"kept": {}, "lost": {"broken": [*broken, *untested]}, "unknown": {"untested": untested}}
    control = note(f"deal_{part.control}", everywhere=everywhere, **reasons[part.control])
    return [control, *([note("deal_short", share=part.short_share)] if part.loans else [])]


def _why(rule: CovenantRow) -> Note | str:
    return note_of(rule.why_keyed.model_dump()) if rule.why_keyed else rule.why


def _broken(part: DealPart) -> Iterator[Note]:
    for rule in part.covenants:
        if rule.years:
            yield note("deal_broken", rule=word("rule", rule.name), why=_why(rule), share=rule.share_broken)
    for row in part.control_in:
        if row.name and row.broken:
            rules = [word("rule", name) for name in row.broken]
            yield note("deal_broken_in", scenario=row.name, rules=rules, share=1 - row.kept_share)


def _untested(part: DealPart) -> Iterator[Note]:
    for rule in part.covenants:
        if not rule.is_tested:
            yield note("deal_untested", rule=word("rule", rule.name), why=_why(rule))
    for row in part.control_in:
        if row.name and row.not_tested:
            yield note("deal_untested_in", rules=[word("rule", name) for name in row.not_tested], scenario=row.name)


def _party(deal: Deal, place: int, party: Party, flows: Flows, found: Returns) -> PartyRow:
    parts = {
        "equity": -flows.equity_paid_usd[place],
        "grant": -flows.grant_usd[place],
        "land": -flows.land_usd[place],
        "lent": -flows.lent_usd[place],
        "reciprocal": -flows.reciprocal_usd[place],
        "bought": -flows.bought_usd[place],
        "interest": flows.interest_usd[place],
        "repaid": flows.repaid_usd[place],
        "distributed": flows.distributed_usd[place],
        "tax": flows.taxed_usd[place],
        "sold": flows.sold_usd[place],
    }
    lent = [at for at, loan in enumerate(deal.loans) if loan.lender == party.name]
    cover = flows.cover_of(lent)
    return PartyRow(
        name=party.name,
        kind=party.kind,
        is_domestic=party.is_domestic,
        discount_rate=party.discount_rate,
        npv_usd=_band(found.npv_usd),
        xirr=_band(found.xirr),
        xirr_share=float(np.isfinite(found.xirr).mean()),
        payback_year=_band_of_never(found.payback_year),
        payback_share=float(np.isfinite(found.payback_year).mean()),
        paid_usd=_band(found.paid_usd),
        received_usd=_band(found.received_usd),
        ownership=_series(flows.ownership[place]),
        cash_usd=_series(flows.party_usd[place]),
        parts_usd={
            name: float(array.sum(axis=1).mean()) for name, array in parts.items() if np.abs(array).max(initial=0) > 0.5
        },
        dscr=_series(cover) if lent else None,
        least_dscr=_band(_least(cover)) if lent else None,
        short_share=_share_below(cover, 1.0) if lent else None,
    )


def _loan(loan: Loan, at: int, flows: Flows) -> LoanRow:
    cover = flows.cover_of([at])
    return LoanRow(
        name=loan.name,
        lender=loan.lender,
        rate=loan.rate,
        tenor_years=loan.tenor_years,
        grace_years=loan.grace_years,
        least_dscr=loan.least_dscr,
        drawn_usd=_band(flows.drawn_usd[at].sum(axis=1)),
        owed_usd=_series(flows.owed_usd[at]),
        dscr=_series(cover),
        lowest_dscr=_band(_least(cover)),
        below_covenant_share=_share_below(cover, loan.least_dscr),
    )


def _least(cover: Floats) -> Floats:
    """Return the least cover of all years, float64[n_draws]; NaN where nothing is due in any."""
    least = np.where(np.isnan(cover), np.inf, cover).min(axis=1)
    return np.where(np.isfinite(least), least, np.nan)


def _share_below(cover: Floats, least: float) -> float:
    return float((cover < least).any(axis=1).mean())  # nothing due compares as false


def _band(array: Floats) -> Band:
    low, middle, high = _three(array[:, None])
    return Band(p10=low[0], p50=middle[0], p90=high[0])


def _band_of_never(years: Floats) -> Band:
    """Return a band in which a year that never comes (NaN) ranks last; None where the percentile never comes."""
    found = percentiles(np.where(np.isnan(years), np.inf, years), (10, 50, 90))
    low, middle, high = (float(one) if np.isfinite(one) else None for one in found)
    return Band(p10=low, p50=middle, p90=high)


def _series(array: Floats) -> Series:
    low, middle, high = _three(array)
    return Series(p10=low, p50=middle, p90=high)


def _three(array: Floats) -> list[list[float | None]]:
    """Percentiles over the draws that have a number; None where fewer than half of them have one."""
    rows: list[list[float | None]] = [[], [], []]
    for column in array.T:
        known = column[np.isfinite(column)]
        enough = 2 * len(known) >= len(column) and len(known) > 0
        for row, share in zip(rows, (10, 50, 90), strict=True):
            row.append(float(np.percentile(known, share)) if enough else None)
    return rows
