# SPDX-License-Identifier: Apache-2.0
"""The terms of a deal, one by one: a `Deal` in, a note for each term out, in the order in which it was given.

They repeat what was agreed and judge none of it.
"""

from __future__ import annotations

from collections.abc import Iterator

from daulat.plan.finance import Control, Deal
from daulat.plan.note import Note, note


def terms_of(deal: Deal) -> Iterator[Note]:
    """Yield phases, gifts, loans, sales, what is invested in return, and who controls what."""
    for phase in deal.phases:
        stakes = [one for one in deal.stakes if one.phase == phase.name and one.equity_share]
        shares = [note("terms_share", party=one.party, share=one.equity_share) for one in stakes]
        yield note("terms_phase", phase=phase.name, first=phase.first_year, last=phase.last_year, shares=shares)
    for one in deal.stakes:
        for amount, key in ((one.grant_usd, "terms_grant"), (one.land_usd, "terms_land")):
            if amount:
                yield note(key, party=one.party, million_usd=amount / 1e6, phase=one.phase)
    for loan in deal.loans:
        yield note(
            "terms_loan",
            lender=loan.lender,
            gearing=loan.gearing,
            rate=loan.rate,
            tenor_years=loan.tenor_years,
            grace_years=loan.grace_years,
            least_dscr=loan.least_dscr,
        )
    for sale in deal.buy_outs:
        parties = {"buyer": sale.buyer, "seller": sale.seller}
        yield note("terms_buy_out", **parties, share=sale.share, year=sale.year, multiple=sale.multiple)
    for line in deal.reciprocal:
        years = {"first": line.first_year, "last": line.last_year}
        yield note("terms_reciprocal", party=line.party, million_usd=line.usd_per_year / 1e6, to=line.to, **years)
    yield from _control(deal.control)


def _control(control: Control) -> Iterator[Note]:
    for holders, key in (
        (control.keys_held_by, "terms_keys"),
        (control.may_switch_off, "terms_switch"),
        (control.operated_by, "terms_operation"),
    ):
        if holders:
            yield note(key, holders=list(holders))
    if control.step_in_days is not None:
        yield note("terms_step_in", days=control.step_in_days)
    if control.buy_out_by is not None:
        yield note("terms_owned", year=control.buy_out_by)
