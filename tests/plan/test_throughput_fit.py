# SPDX-License-Identifier: Apache-2.0
"""The shipped fit belongs to its data and keeps the accuracy that it is shipped with. Nothing is fitted again here."""

from __future__ import annotations

import csv
import hashlib
from pathlib import Path

import numpy as np
import pytest

from daulat.plan import RowError, parse_rows, predict
from daulat.plan._tables import throughput_fit

DATA = Path(__file__).parents[2] / "benchmarks" / "plan" / "data" / "measured_throughput.csv"
FIT = throughput_fit()
LEFT_OUT = FIT["error_left_out_by"]["pair"]  # on pairs that the fit had not seen, when it was made


def test_the_fit_was_made_from_the_rows_that_lie_beside_it() -> None:
    text = DATA.read_text(encoding="utf-8")
    taken = [row for row in csv.DictReader(text.splitlines()) if row["saturated"] != "1"]
    assert FIT["data_sha256"] == hashlib.sha256(text.encode()).hexdigest(), (
        "fit again: benchmarks/plan/fit_throughput.py"
    )
    assert (FIT["rows"], FIT["pairs"]) == (len(taken), len({row["pair"] for row in taken}))


@pytest.mark.parametrize("by", ["rows", "pairs"])
def test_the_error_on_unseen_pairs_is_within_the_target(by: str) -> None:
    """The target: at most 15 % in the middle and 45 % at the 90th percentile, by row and by pair."""
    assert LEFT_OUT[f"median_ape_{by}"] <= 0.15
    assert LEFT_OUT[f"p90_ape_{by}"] <= 0.45


def test_the_interval_covers_the_share_of_unseen_rows_that_it_states() -> None:
    assert 0.75 <= FIT["coverage_of_80_percent_interval"] <= 0.85


def test_the_code_still_predicts_the_rows_of_the_fit_as_well_as_when_it_was_made() -> None:
    """In sample: closer than on unseen pairs, and more rows inside the interval, which was set on left-out errors.

    A change of the roofline, of the tables or of the coefficients that leaves the fit behind fails here.
    """
    rows = [row for row in csv.DictReader(DATA.read_text("utf-8").splitlines()) if row["saturated"] != "1"]
    workloads = [one for one in parse_rows(rows, file=DATA.name) if not isinstance(one, RowError)]
    answers = predict(workloads)
    measured = np.array([float(row["output_tok_s_per_accelerator"]) for row in rows])
    predicted = np.array([one.predicted_output_tok_s_per_accelerator for one in answers])
    error = np.abs(predicted / measured - 1)
    assert np.median(error) <= LEFT_OUT["median_ape_rows"]
    assert np.quantile(error, 0.9) <= LEFT_OUT["p90_ape_rows"]
    inside = [one.p10 <= real <= one.p90 for one, real in zip(answers, measured, strict=True)]
    assert 0.75 <= np.mean(inside) <= 0.90
