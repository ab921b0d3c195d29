# SPDX-License-Identifier: Apache-2.0
"""What the throughput model promises, whatever its coefficients."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from daulat.plan import DoesNotFitError, Workload, predict
from daulat.plan._columns import lay_out
from daulat.plan._residual import LIMIT, Support, correction, features
from daulat.plan._roofline import log_throughput
from daulat.plan._tables import accelerators, models, number, throughput_fit

FIT = throughput_fit()
COEFFICIENTS = FIT["coefficients"]
PLACES = [
    ("llama-3.1-8b", "l40s", 1),
    ("llama-3.3-70b", "h100-sxm", 4),
    ("gpt-oss-120b", "mi300x", 8),
    ("deepseek-r1", "b200-sxm", 8),
]
workloads = st.builds(
    lambda place, prompt, output, concurrency: (place, float(prompt), float(output), concurrency),
    st.sampled_from(PLACES),
    st.integers(16, 32_000),
    st.integers(16, 8_000),
    st.one_of(st.none(), st.integers(1, 2_000)),
)


def varied(workload: Workload, drawn: tuple[tuple[str, str, int], float, float, int | None]) -> Workload:
    (model, accelerator, count), prompt, output, concurrency = drawn
    closed = concurrency is not None
    return replace(
        workload,
        model=model,
        accelerator=accelerator,
        n_accelerators=count,
        prompt_tokens=prompt,
        output_tokens=output,
        concurrency=float(concurrency) if closed else None,
        scenario="closed-loop concurrency" if closed else "offline",
        harness="inferencex" if closed else "mlperf-v5.1",
        split=(float(count), 1.0, 1.0, 1.0) if closed else None,
    )


def best(workload: Workload, **changed: float) -> float:
    columns, _ = lay_out([workload])
    scaled = {name: column * changed.get(name, 1.0) for name, column in columns.items()}
    return float(max(np.mean([log_throughput(member, scaled) for member in COEFFICIENTS], axis=0)))


@pytest.mark.parametrize("figure", ["bandwidth", "memory_bytes", "link"])
@given(drawn=workloads, factor=st.floats(1.0, 4.0))
def test_a_better_accelerator_never_serves_less(workload, figure, drawn, factor):
    work = varied(workload, drawn)
    # The ladder of batch sizes moves with the memory, so that its best point may miss the true best by a little.
    assert best(work, **{figure: factor}) >= best(work) - 0.02


@given(drawn=workloads)
def test_the_interval_lies_around_the_prediction(workload, drawn):
    [answer] = predict([varied(workload, drawn)])
    assert 0 < answer.p10 < answer.predicted_output_tok_s_per_accelerator < answer.p90


@given(drawn=workloads, factor=st.floats(1.0, 8.0))
def test_longer_prompts_never_make_it_faster(workload, drawn, factor):
    work = varied(workload, drawn)
    longer = replace(work, prompt_tokens=work.prompt_tokens * factor)
    assert best(longer) <= best(work) + 0.05


def test_a_model_that_does_not_fit_is_refused_with_the_arithmetic(workload):
    with pytest.raises(DoesNotFitError) as refusal:
        predict([replace(workload, model="llama-3.1-405b", n_accelerators=1)])
    assert "406 GB" in refusal.value.what  # 405.8 B parameters at one byte
    assert "1 x 141 = 141 GB" in refusal.value.what


def test_rows_are_predicted_alike_alone_and_together(workload):
    many = [replace(workload, row_id=str(i), prompt_tokens=500.0 * (i + 1)) for i in range(4)]
    together = [answer.predicted_output_tok_s_per_accelerator for answer in predict(many)]
    alone = [predict([work])[0].predicted_output_tok_s_per_accelerator for work in many]
    assert together == pytest.approx(alone)


def test_an_accelerator_outside_the_data_says_so_and_widens_the_interval(workload):
    [known] = predict([workload])
    [strange] = predict([replace(workload, accelerator="tpu-v7", n_accelerators=8)])
    assert any("no measured row" in note for note in strange.notes)
    assert strange.p90 / strange.p10 > known.p90 / known.p10


def test_every_accelerator_has_memory_bandwidth_and_a_source():
    for name, row in accelerators().items():
        assert number(row, "memory_gb"), name
        assert number(row, "memory_bandwidth_gb_per_s"), name
        assert row["source"], name


def test_every_model_has_its_parameters_and_a_source():
    for name, row in models().items():
        total, active = number(row, "total_parameters_b"), number(row, "active_parameters_b")
        assert total, name
        assert active, name
        assert active <= total, name
        assert row["source"], name


def test_the_fitted_file_names_no_model():
    names = " ".join([*COEFFICIENTS[0], *FIT["support"]["names"]])
    assert not [model for model in models() if model.split("-")[0] in names]


def test_no_figure_of_hardware_or_models_was_written_from_memory():
    for name, row in (accelerators() | models()).items():
        assert "recalled" not in row["source"] + row.get("note", ""), name


def test_far_from_all_measured_rows_the_roofline_stands_alone(workload):
    columns, owners = lay_out([workload, replace(workload, row_id="far", prompt_tokens=1e6, output_tokens=1e6)])
    support = Support(np.array(FIT["support"]["features"]), np.array(FIT["support"]["weights"]))
    added, nearness = correction(features(columns, owners), support)
    assert nearness[1] < 0.05 < nearness[0] <= 1
    assert abs(added[1]) < 0.02


@given(drawn=workloads)
def test_no_correction_is_beyond_its_limit(workload, drawn):
    columns, owners = lay_out([varied(workload, drawn)])
    support = Support(np.array(FIT["support"]["features"]), np.array(FIT["support"]["weights"]))
    added, nearness = correction(features(columns, owners), support)
    assert abs(added[0]) <= LIMIT
    assert 0 <= nearness[0] <= 1


def test_software_is_not_carried_on_beyond_the_measured_rows(workload):
    [now] = predict([replace(workload, measured_on=date(2026, 4, 21))])
    [later] = predict([replace(workload, measured_on=date(2030, 1, 1))])
    assert later.predicted_output_tok_s_per_accelerator == now.predicted_output_tok_s_per_accelerator
    assert any("software as of 2026-04-21" in note for note in later.notes)
