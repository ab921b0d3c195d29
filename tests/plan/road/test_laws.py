# SPDX-License-Identifier: Apache-2.0
"""What stays true for every draw and every input: money and energy add up, shares sum to one, more needs no less."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from daulat.plan import Case, Plan, cash_needs, make_plan, site_demand
from daulat.plan.chain import PART, run
from daulat.plan.inputs import draw
from daulat.plan.money import capex, opex
from daulat.plan.sizing.fleet import bought

close = pytest.approx


def test_every_dollar_of_capital_is_in_one_part(plan: Plan) -> None:
    parts = sum(getattr(plan.capex, name) for name in capex.PARTS)
    np.testing.assert_allclose(parts, plan.capex.capex_usd_per_year, rtol=1e-12)
    np.testing.assert_allclose(plan.capex.capex_usd, plan.capex.capex_usd_per_year.sum(axis=1))


def test_every_dollar_of_running_cost_is_in_one_part(plan: Plan) -> None:
    parts = sum(getattr(plan.opex, name) for name in opex.PARTS)
    np.testing.assert_allclose(parts, plan.opex.opex_usd_per_year, rtol=1e-12)
    np.testing.assert_allclose(plan.opex.cost_usd_per_year, parts + plan.capex.capex_usd_per_year)


def test_what_finance_is_told_is_all_that_is_spent(plan: Plan) -> None:
    needs = cash_needs(plan)
    np.testing.assert_allclose(needs["hardware_usd"] + needs["facility_usd"], needs["capex_usd"])
    np.testing.assert_allclose(needs["capex_usd"] + needs["opex_usd"], plan.opex.cost_usd_per_year)


def test_energy_balances(plan: Plan) -> None:
    energy = plan.energy
    sources = energy.grid_energy_mwh + energy.ppa_energy_mwh + energy.solar_energy_mwh
    np.testing.assert_allclose(sources, energy.site_energy_mwh, rtol=1e-12)
    np.testing.assert_allclose(energy.it_energy_mwh + energy.cooling_and_losses_mwh, energy.site_energy_mwh)
    assert (energy.cooling_and_losses_mwh >= 0).all()
    # No year has more hours than 8,760.
    assert (energy.it_energy_mwh <= energy.it_power_mw * 8760 * (1 + 1e-12)).all()


def test_demand_is_whole_by_group_by_language_and_by_role(plan: Plan) -> None:
    np.testing.assert_allclose(plan.demand.group_shares.sum(axis=2), 1)
    by_language = plan.demand.output_tokens_by_language.sum(axis=2)
    np.testing.assert_allclose(by_language, plan.demand.output_tokens_per_year)
    requests = plan.demand.requests_by_language.sum(axis=2)
    np.testing.assert_allclose(requests, plan.demand.requests_per_year.sum(axis=2))
    np.testing.assert_allclose(plan.jobs.roles.sum(axis=2), plan.jobs.operation_jobs)


def test_demand_placed_is_demand_served(plan: Plan) -> None:
    placed = site_demand(plan)["peak_mw"].sum(axis=2)
    np.testing.assert_allclose(placed, plan.energy.site_power_mw)


def test_nobody_works_more_than_all_the_time(plan: Plan) -> None:
    fleet = plan.fleet
    assert (fleet.utilisation <= 1).all()
    assert (fleet.served_share <= 1).all()
    assert (fleet.accelerators_installed >= fleet.accelerators_needed * (fleet.served_share - 1e-12)).all()
    assert (fleet.accelerators_installed % 8 == 0).all()


@given(
    needs=st.lists(st.integers(0, 500), min_size=1, max_size=12),
    life=st.integers(1, 9),
)
def test_what_stands_was_bought_and_is_not_yet_past_its_life(needs: list[int], life: int) -> None:
    installed = np.maximum.accumulate(np.array([needs], dtype=float), axis=1)
    purchases = bought(installed, np.array([[float(life)]]))
    for year in range(len(needs)):
        alive = purchases[0, max(0, year - life + 1) : year + 1].sum()
        assert alive == close(installed[0, year])
    assert (purchases >= 0).all()


MOVES = (
    # input, figure, direction: what more of the one does to the other
    ("service.public-services.requests_per_user_month", "accelerators_needed", 1),
    ("service.public-services.output_tokens", "accelerators_needed", 1),
    ("demand.adoption_ceiling", "active_users", 1),
    ("demand.cached_prompt_share", "accelerators_needed", -1),
    ("sizing.throughput_error", "accelerators_needed", -1),
    ("energy.electricity_price_usd_per_mwh", "cost_per_mtok", 1),
    ("energy.pue_base", "site_power_mw", 1),
    ("money.hardware_usd_per_accelerator", "capex_usd", 1),
    ("money.hardware_life_years", "capex_usd", -1),
    ("energy.grid_gco2_per_kwh", "emissions_tco2e", 1),
)


@settings(deadline=None, max_examples=30)
@given(move=st.sampled_from(MOVES), low=st.floats(0.02, 0.9), more=st.floats(0.05, 0.98))
def test_more_of_an_input_moves_a_figure_one_way(
    rich: Case, move: tuple[str, str, int], low: float, more: float
) -> None:
    path, name, direction = move
    one = rich.assumptions[path]
    ends = [one.low + share * (one.high - one.low) for share in sorted((low * 0.5, 0.5 + more * 0.5))]
    v = draw(rich.assumptions, 1, 0)
    before, after = (run(rich, v.with_value(path, np.array([[end]]))).figure(name) for end in ends)
    assert (direction * (after - before) >= -1e-6 * np.abs(before)).all()


def test_one_draw_takes_every_input_at_its_value(rich: Case) -> None:
    v = draw(rich.assumptions, 1, 0)
    assert {path: float(array[0, 0]) for path, array in v.arrays.items()} == {
        one.path: one.value for one in rich.assumptions
    }


def test_draws_worked_in_parts_are_the_same_as_worked_at_once(rich: Case) -> None:
    v = draw(rich.assumptions, PART + 3, 5)
    whole, tail = run(rich, v), run(rich, v.rows(slice(PART - 2, PART + 3)))
    np.testing.assert_allclose(whole.cost.cost_per_mtok[PART - 2 :], tail.cost.cost_per_mtok, rtol=1e-12)


def test_the_same_seed_gives_the_same_plan(rich: Case) -> None:
    one, same, other = (make_plan(rich, n_draws=20, seed=seed) for seed in (1, 1, 2))
    np.testing.assert_array_equal(one.cost.cost_per_mtok, same.cost.cost_per_mtok)
    assert not np.array_equal(one.cost.cost_per_mtok, other.cost.cost_per_mtok)


def test_in_power_mode_the_site_never_draws_more_than_it_may(case_of) -> None:  # type: ignore[no-untyped-def]
    plan = make_plan(case_of("mode=power", "site_power_mw=5", "phases=0.2,0.6,1"), n_draws=50)
    shares = np.array([0.2, 0.6, *[1.0] * 8])
    assert (plan.energy.site_power_mw <= 5 * shares * (1 + 1e-9)).all()
    # At most one server of 8 short of the full power.
    assert (plan.energy.site_power_mw[:, -1] > 5 - 8 * plan.energy.site_kw_per_accelerator / 1000).all()


@settings(deadline=None, max_examples=15)
@given(factor=st.floats(0.01, 100.0))
def test_with_every_price_times_a_factor_all_money_is_and_nothing_else_moves(rich: Case, factor: float) -> None:
    """What it costs in another currency is the same plan: no amount is built into the chain."""
    v = draw(rich.assumptions, 4, 0)
    scaled = v
    for one in rich.assumptions:
        if one.unit.startswith("USD") or one.unit.endswith("/MUSD"):
            by = factor if one.unit.startswith("USD") else 1 / factor
            scaled = scaled.with_value(one.path, v(one.path) * by)
    before, after = run(rich, v), run(rich, scaled)
    for trace, amounts in before.figures():
        expected = amounts * factor if trace.unit.partition("/")[0] in ("USD", "local") else amounts
        np.testing.assert_allclose(after.figure(trace.name), expected, rtol=1e-9, err_msg=trace.name)
