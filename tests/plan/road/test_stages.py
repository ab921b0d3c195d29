# SPDX-License-Identifier: Apache-2.0
"""Single stages against cases worked out by hand and against other people's formulas."""

from __future__ import annotations

import math
from functools import cache

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from daulat.nation import bootstrap, nation_of
from daulat.plan import make_plan
from daulat.plan._tables import throughput_fit
from daulat.plan.capacity import Mix, Objective, deployment_options
from daulat.plan.demand import WeekShape, week_shape
from daulat.plan.demand.adoption import s_curve
from daulat.plan.energy import zonal_temperature_c
from daulat.plan.inputs import Settings
from daulat.plan.money.unit_cost import first_year_below
from daulat.plan.place import describe_place
from daulat.plan.serving import OUTPUTS, PROMPTS, serving_curve, way_of
from daulat.plan.sizing.peak import burst_factor, busiest_hour, halfin_whitt_beta, staffing_factor, week_load

close = pytest.approx


def test_the_s_curve_takes_as_long_from_a_tenth_to_nine_tenths_as_it_says() -> None:
    # Far from its start, where it is not moved: slope = ln 81 / 6; 10 % at 40 - 3, 90 % at 40 + 3 years.
    found = s_curve(np.array([37.0, 40.0, 43.0]), np.array(40.0), np.array(6.0))
    assert found.tolist() == close([0.1, 0.5, 0.9], abs=1e-9)


@given(st.floats(0, 30), st.floats(0.5, 20), st.floats(0.5, 30))
def test_adoption_begins_at_nobody_never_falls_and_ends_at_the_ceiling(
    year: float, midpoint: float, takeover: float
) -> None:
    years = np.array([0.0, year, year + 1, 1e4])
    start, one, two, end = s_curve(years, np.array(midpoint), np.array(takeover))
    assert start == 0
    assert 0 <= one <= two <= end == close(1)


def erlang_c(servers: int, offered: float) -> float:
    """Share of customers that wait in M/M/n; by the recursion of Erlang's B."""
    blocking = 1.0
    for n in range(1, servers + 1):
        blocking = offered * blocking / (n + offered * blocking)
    return blocking / (1 - offered / servers * (1 - blocking))


@pytest.mark.parametrize("offered", [50.0, 200.0, 1000.0])
@pytest.mark.parametrize("waiting", [0.02, 0.05, 0.3])
def test_square_root_staffing_meets_erlangs_formula(offered: float, waiting: float) -> None:
    # Exponential service: spread 1, so the index is 1 and the queue is M/M/n, of which Erlang C is exact.
    slots = offered * float(staffing_factor(np.array([offered]), np.array([1.0]), waiting)[0])
    # Exact as the load grows; at 50 requests the rare wait is met to within a hundredth.
    assert erlang_c(math.floor(slots), offered) >= waiting - 0.01
    assert erlang_c(math.ceil(slots), offered) <= waiting + 0.01


def test_beta_of_one_half_is_that_of_halfin_and_whitt() -> None:
    # 1 / (1 + b Phi(b) / phi(b)) = 0.5 at b = 0.5062: 0.5062 x 0.6936 / 0.3510 = 1.0004
    assert halfin_whitt_beta(0.5) == close(0.5062, abs=2e-4)


def test_a_burst_has_the_mean_and_the_spread_asked_for() -> None:
    shares = (np.arange(20_000) + 0.5) / 20_000
    rates = np.array([float(burst_factor(np.array(0.4), float(share))) for share in shares[::40]])
    assert rates.mean() == close(1, abs=0.01)
    assert rates.std() == close(0.4, abs=0.02)


def test_the_week_keeps_the_mean_and_peaks_as_asked() -> None:
    place = describe_place(nation_of(bootstrap("EE")), None, (), 2027)
    shape = week_shape(place)
    assert shape.flat.mean() == close(1)
    assert shape.desk.mean() == close(1)
    assert shape.wave.mean() == close(0, abs=1e-12)
    load = week_load(shape, np.array([[[10.0, 5.0]]]), np.array([[0.0, 1.0]]), np.array([[1.6]]))
    assert load.mean() == close(15)
    citizens = week_load(shape, np.array([[[10.0]]]), np.array([[0.0]]), np.array([[1.6]]))[0, 0]
    # A working day is 7 / (5 + 2 x 0.9) of the mean; its busiest hour 1.6 times that, at 20:00, which is 18:00 in UTC.
    assert citizens.max() == close(10 * 1.6 * 7 / 6.8)
    assert int(citizens.argmax()) % 24 == 18


def test_time_zones_spread_the_peak() -> None:
    one = describe_place(nation_of(bootstrap("EE")), None, (), 2027)
    wide = describe_place(nation_of(bootstrap("RU")), None, (), 2027)
    assert len(wide.offsets_h) > 5
    assert week_shape(wide).wave.max() < week_shape(one).wave.max()


def test_the_zonal_mean_is_that_of_north() -> None:
    # 14.9 - 28.0 x (3 x 0.25 - 1) / 2 = 14.9 + 3.5 at 30 degrees, both sides of the equator
    assert zonal_temperature_c(30) == close(18.4)
    assert zonal_temperature_c(-30) == close(18.4)


def test_the_serving_curve_passes_through_its_own_predictions_and_falls_with_longer_prompts() -> None:
    curve = serving_curve(way_of(Settings(), "gpt-oss-120b"))
    exact = curve.rate(PROMPTS[:, None], OUTPUTS[None, :], np.array(0.0))
    np.testing.assert_allclose(np.log(exact), curve.log_rate[1], rtol=1e-9)
    rates = curve.rate(np.array([100.0, 1000.0, 10_000.0]), np.array(200.0), np.array(0.0))
    assert (np.diff(rates) < 0).all()


def test_the_error_of_the_fit_is_met_at_its_percentiles() -> None:
    curve = serving_curve(way_of(Settings(), "gpt-oss-120b"))
    for i, j in ((0, 0), (3, 2), (6, 5)):  # at each length its own interval
        low, middle, high = curve.rate(PROMPTS[i], OUTPUTS[j], np.array([-1.0, 0.0, 1.0]))
        assert np.log(middle / low) == close(curve.log_spread[i, j])
        assert np.log(high / middle) == close(curve.log_spread[i, j])
    assert len(np.unique(curve.log_spread.round(6))) > 10


def test_a_first_token_that_comes_later_than_predicted_leaves_less_for_long_prompts() -> None:
    """At the interval's ends the curve is that of the deployments whose first token takes so much longer or shorter."""
    way = way_of(Settings(), "gpt-oss-120b")
    curve, ends = serving_curve(way), throughput_fit()["first_token"]
    for late, end in ((-1.0, "log_p10_left_out_by_pair"), (1.0, "log_p90_left_out_by_pair")):
        [best, *_] = deployment_options(
            way.model,
            Mix(PROMPTS[5], OUTPUTS[0], PROMPTS[5] + OUTPUTS[0]),
            Objective(way.ttft_s, way.tpot_s, way.share),
            accelerators=[way.accelerator],
            precisions=[way.precision],
            largest_replica=8,
            first_token_error=float(np.exp(ends[end])),
        )
        assert curve.rate(PROMPTS[5], OUTPUTS[0], np.array(0.0), late) == close(best.output_tok_s_per_accelerator)
    rates = [float(curve.rate(PROMPTS[5], OUTPUTS[0], np.array(0.0), late)) for late in (-3, -1, 0, 1, 3)]
    assert rates[0] == rates[1] > rates[2] > rates[3] == rates[4]  # beyond the interval its ends hold
    [certain] = serving_curve(way, certain=True).log_rate
    np.testing.assert_array_equal(certain, curve.log_rate[1])


def test_building_overtakes_only_where_it_stays_ahead() -> None:
    built = np.array(
        [[9.0, 0.0, 9.0, 0.0]]
    )  # so far 9, 9, 18, 18; the other 5, 10, 15, 20: ahead in year 2, behind, ahead
    assert first_year_below(built, np.full((1, 4), 5.0)).tolist() == [4.0]


@cache
def wide_week() -> WeekShape:
    """The week of a country with several time zones."""
    return week_shape(describe_place(nation_of(bootstrap("BR")), None, (), 2027))


@settings(deadline=None)
@given(
    mix=st.lists(st.tuples(st.floats(0, 100), st.floats(0, 1)), min_size=1, max_size=4),
    swing=st.floats(1, 2),
    event=st.floats(1, 9),
)
def test_the_busiest_hour_is_the_greatest_of_all_hours(
    mix: list[tuple[float, float]], swing: float, event: float
) -> None:
    shape = wide_week()
    load, office = np.array([[[one for one, _ in mix]]]), np.array([[share for _, share in mix]])
    raised = load * np.array([event, *[1.0] * (len(mix) - 1)])
    slow = max(week_load(shape, one, office, np.array([[swing]])).max() for one in (load, raised))
    fast = busiest_hour(shape, load, office, np.array([[swing]]), [(0, np.array([[event]]))])
    assert float(fast[0, 0]) == close(slow)


def test_cooling_trades_power_for_water(case_of) -> None:  # type: ignore[no-untyped-def]
    found = {}
    for kind in ("air", "evaporative", "liquid"):
        energy = make_plan(case_of(f"cooling={kind}", "energy.annual_temperature_c=28"), n_draws=1).energy
        found[kind] = float(energy.pue[0]), float(energy.onsite_water_m3[0, -1] / energy.it_energy_mwh[0, -1])
    # By air 1.2 + 0.015 x 13 = 1.395; by towers 1.12 + 0.009 x 13 = 1.237; by warm water 1.1 + 0.005 x 13 = 1.165
    assert [pue for pue, _ in found.values()] == close([1.395, 1.237, 1.165])
    assert [water for _, water in found.values()] == close([0.05, 0.9, 0.05])
