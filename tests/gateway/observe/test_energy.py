# SPDX-License-Identifier: Apache-2.0
"""What an answer drew: by a meter where one stands, else modelled with a range; and what clients make of it."""

import asyncio
import json
import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from daulat.gateway.observe import CallObserver, EnergyBook, Metrics, Power, energy_per_token, grid_gco2_per_kwh
from daulat.gateway.observe.meter import MeteredShare, keep_reading, reader
from daulat.gateway.observe.metrics import costs
from daulat.gateway.ports import Call, CallUsage

CALL = Call("m", "chat/completions", stream=True)
ANSWERED = CallUsage(completion_tokens=1000, status=200, declared="m", engine_s=10.0)


class NoEngines:
    waiting = 0

    def vitals(self):
        return []


def observer(**powers: Power) -> CallObserver:
    return CallObserver(EnergyBook(powers, lambda: 100.0), Metrics(NoEngines(), powers))


def test_the_model_agrees_with_the_sum_done_by_hand():
    # 8 x 10^9 parameters at 16 bits with 1.2 overhead are 19.2 GB: one accelerator of 80 GB.
    # accelerator: 1.16653e-6 x exp(-0.0112059 x 64) x 8 + 4.05293e-5 = 4.5084e-5 Wh
    # server: (0.00067851 x 8 + 0.00031193 x 64 + 0.0194737) s / 3600 x 1200 W x 1/8 / 64 = 2.9209e-5 Wh
    # the site: x 1.2 = 8.9152e-5 Wh
    assert energy_per_token(8, 8).value_wh == pytest.approx(8.9152e-5, rel=1e-3)


@given(st.floats(0.1, 700), st.floats(1, 10))
def test_the_value_lies_within_its_range_and_grows_with_the_model(active, factor):
    small, large = energy_per_token(active, active), energy_per_token(active, active * factor)
    assert small.low_wh <= small.value_wh <= small.high_wh
    assert large.value_wh >= small.value_wh


def test_a_place_has_the_grid_of_its_country():
    assert grid_gco2_per_kwh("FR") == grid_gco2_per_kwh("FR-75") == 44.18
    assert grid_gco2_per_kwh("XA") is None


def test_energy_and_carbon_are_booked_and_added_to_the_usage_as_whole_numbers():
    watcher = observer(m=Power.of_size(8, 8, 1.2, 500.0))
    usage = watcher.measure(None, None, None, ANSWERED)
    assert usage.energy_wh == pytest.approx(8.9152e-2, rel=1e-3)
    assert usage.carbon_g == pytest.approx(usage.energy_wh * 0.5)
    drawn = json.loads(b"{" + watcher.annotate(CALL, None, None, usage) + b"}")["daulat"]
    assert drawn["energy_uwh"] == round(usage.energy_wh * 1e6)
    assert drawn["carbon_ug"] == round(usage.carbon_g * 1e6)
    # 500 g/kWh: half a microgram for each microwatt-hour, at both ends of the range too.
    for end in ("low", "high"):
        assert drawn[f"carbon_{end}_ug"] == pytest.approx(drawn[f"energy_{end}_uwh"] / 2, abs=1)
    assert (drawn["by_meter"], drawn["by_ecologits"]) == (0, 1)
    assert all(type(value) is int for value in drawn.values())


def test_what_is_read_counts_unless_it_comes_from_the_cache():
    # Reading: 2 x 8e9 / (0.5 x 312e12) s x (400 + 1200/8) W / 3600 x 1.2 = 1.8803e-5 Wh a token.
    watcher = observer(m=Power.of_size(8, 8, 1.2, None))
    asked = {"prompt_tokens": 3000, "cached_tokens": 1000, "declared": "m", "status": 200}
    only_read = watcher.measure(None, None, None, CallUsage(**asked))
    assert only_read.energy_wh == pytest.approx(2000 * 1.8803e-5, rel=1e-3)
    answered = watcher.measure(None, None, None, CallUsage(**asked, completion_tokens=1000))
    assert answered.energy_wh == pytest.approx(2000 * 1.8803e-5 + 8.9152e-2, rel=1e-3)
    drawn = json.loads(b"{" + watcher.annotate(CALL, None, None, answered) + b"}")["daulat"]
    assert drawn["energy_low_uwh"] < drawn["energy_uwh"] < drawn["energy_high_uwh"]


def test_the_making_of_machines_is_told_apart():
    # 518 kg over five years are 3.2829 mg/s; 1000 tokens written take 44.863 s / 64 = 0.70099 s: 2.3013 mg.
    watcher = observer(m=Power.of_size(8, 8, 1.2, 500.0))
    usage = watcher.measure(None, None, None, ANSWERED)
    drawn = json.loads(b"{" + watcher.annotate(CALL, None, None, usage) + b"}")["daulat"]
    assert drawn["embodied_ug"] == pytest.approx(2301.3, rel=1e-3)
    assert drawn["carbon_ug"] == round(usage.energy_wh * 0.5 * 1e6)  # of the current alone


@given(st.floats(0.1, 700), st.integers(0, 10_000), st.integers(0, 10_000))
def test_more_text_never_draws_less(active, read, more):
    watcher = observer(m=Power.of_size(active, active, 1.2, None))
    drawn = [
        watcher.measure(None, None, None, CallUsage(prompt_tokens=n, completion_tokens=1, declared="m")).energy_wh
        for n in (read, read + more)
    ]
    assert drawn[0] <= drawn[1]


@pytest.mark.parametrize(("call", "times"), [(CALL, {"ttft_us": 500_000, "tpot_us": 100_000}),
                                             (Call("m", "chat/completions"), {"ttft_us": 500_000})])  # fmt: skip
def test_times_and_cost_are_told_where_nothing_is_known_of_energy(call, times):
    watcher = CallObserver(
        EnergyBook({}, lambda: 100.0), Metrics(NoEngines(), ["m"], costs({"m": (1.0, 4.0, 0.5, "XTS")}))
    )
    usage = CallUsage(1000, 11, 0, 0, time_to_first_token_s=0.5, duration_s=1.5, declared="m")
    told = json.loads(b"{" + watcher.annotate(call, None, None, usage) + b"}")["daulat"]
    assert told == times | {"cost_xts_e8": 104_400}


def test_a_model_of_unknown_size_claims_nothing():
    watcher = observer(m=Power())
    assert watcher.measure(None, None, None, ANSWERED) is ANSWERED
    assert watcher.annotate(CALL, None, None, ANSWERED) == b""


def test_a_meter_goes_before_the_model_and_counts_the_site():
    share = MeteredShare(lambda: 1)
    for second in range(80, 101):
        share.note(float(second), 3600.0)
    watcher = observer(m=Power(energy_per_token(8, 8), share, pue=1.5, grid_gco2_per_kwh=None))
    usage = watcher.measure(None, None, None, ANSWERED)
    assert usage.energy_wh == pytest.approx(3600 * 10 / 3600 * 1.5)
    drawn = json.loads(b"{" + watcher.annotate(CALL, None, None, usage) + b"}")["daulat"]
    assert (drawn["by_meter"], drawn["by_ecologits"]) == (1, 0)
    assert drawn["energy_low_uwh"] == drawn["energy_uwh"] == drawn["energy_high_uwh"]


def test_without_readings_the_meter_says_nothing_and_the_model_stands_in():
    watcher = observer(m=Power(energy_per_token(8, 8), MeteredShare(lambda: 1)))
    assert watcher.measure(None, None, None, ANSWERED).energy_wh == pytest.approx(8.9152e-2, rel=1e-3)


@given(st.lists(st.tuples(st.integers(0, 5), st.floats(0, 2000)), min_size=2, max_size=30), st.data())
def test_the_shares_of_requests_that_follow_each_other_add_up_to_what_the_meter_saw(readings, data):
    busy = [0]
    share = MeteredShare(lambda: busy[0])
    for second, (in_flight, watts) in enumerate(readings):
        busy[0] = in_flight
        share.note(float(second), watts)
    end = len(readings) - 1
    middle = data.draw(st.floats(0, end))
    parts = share.energy_wh(0.0, middle) + share.energy_wh(middle, float(end))
    expected = sum(watts / max(1, in_flight) for in_flight, watts in readings[:-1]) / 3600
    assert parts == pytest.approx(expected, abs=1e-9)


async def test_a_meter_in_a_file_and_one_behind_an_address_are_read(tmp_path, engine_server):
    (tmp_path / "watts").write_text("410 W\n")
    assert await reader("watts", tmp_path)() == 410.0
    assert await reader("gone", tmp_path)() is None
    os.mkfifo(tmp_path / "pipe")
    assert await reader("pipe", tmp_path)() is None
    body = b'{"watts": 350.5}'
    engine_server.answers(b"HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: %d\r\n\r\n%s" % (len(body), body))
    assert await reader(engine_server.base_url, tmp_path)() == 350.5
    assert await reader("http://127.0.0.1:9/power", tmp_path)() is None


async def test_readings_go_on_until_they_are_stopped(tmp_path):
    (tmp_path / "watts").write_text("3600")
    share, seconds = MeteredShare(lambda: 1), iter(range(1000))
    task = asyncio.create_task(keep_reading(reader("watts", tmp_path), share, lambda: float(next(seconds))))
    while share.energy_wh(0.0, 0.0) is None:
        await asyncio.sleep(0.001)
    task.cancel()
    assert share.energy_wh(0.0, 2.0) == pytest.approx(2.0)  # 3600 W for two seconds: 2 Wh
