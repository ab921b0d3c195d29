# SPDX-License-Identifier: Apache-2.0
"""Control by scenario: does the country keep it in every year and draw, as agreed and in each scenario of the deal?

Comes in: a `Plan`, an `Agreement`, the plan's cash as a `Project`, and the rules as they were checked for the deal as
agreed. Goes out: a row for the deal as agreed, then one for each scenario. The rules are those of
`daulat.plan.finance`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from daulat.plan.chain import Plan
from daulat.plan.deal import Agreement, Scenario
from daulat.plan.deal_cash import run_scenarios
from daulat.plan.finance import Covenant, Project, check_covenants, control_kept
from daulat.plan.note import Note, note
from daulat.plan.result.joint import ControlRow, NoteRow


def control_in(plan: Plan, agreement: Agreement, project: Project, agreed: Sequence[Covenant]) -> Iterator[ControlRow]:
    """Yield whether the country keeps control as agreed, then in each scenario of the deal.

    Raises
    ------
    DealError
        If the deal as a scenario changes it contradicts itself.
    """
    yield _row("", [], agreed)
    for one, deal, flows in run_scenarios(plan, agreement, project):
        yield _row(one.name, list(_terms(one)), check_covenants(deal, flows, project.first_year))


def _terms(scenario: Scenario) -> Iterator[Note]:
    factors = (
        (scenario.revenue_factor, "term_revenue"),
        (scenario.capex_factor, "term_capital"),
        (scenario.opex_factor, "term_running"),
    )
    yield from (note(key, factor=factor) for factor, key in factors if factor != 1)
    for path, value in scenario.changes.items():
        is_none = value in ([], "", None)
        yield note("term_none", path=path) if is_none else note("term_changed", path=path, value=str(value))


def _row(name: str, terms: Sequence[Note], rules: Sequence[Covenant]) -> ControlRow:
    kept = control_kept(rules)
    return ControlRow(
        name=name,
        terms=[str(one) for one in terms],
        terms_keyed=[NoteRow(**one.as_dict()) for one in terms],
        kept_by_year=kept.mean(axis=0).tolist(),
        kept_share=float(kept.all(axis=1).mean()),
        broken=[rule.name for rule in rules if rule.years],
        not_tested=[rule.name for rule in rules if not rule.is_tested],
    )
