# SPDX-License-Identifier: Apache-2.0
"""Sensitivity: against SALib, and against functions whose answer is known."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from SALib.analyze import sobol as salib_analyze
from SALib.sample import sobol as salib_sample

from daulat.plan import Case
from daulat.plan.chain import make_plan, run
from daulat.plan.inputs.draws import Values, median
from daulat.plan.uncertainty import bands, saltelli_indices, sobol, tornado

PROBLEM = {"num_vars": 3, "names": ["a", "b", "c"], "bounds": [[-np.pi, np.pi]] * 3}


def ishigami(x: np.ndarray) -> np.ndarray:
    return np.sin(x[:, 0]) + 7 * np.sin(x[:, 1]) ** 2 + 0.1 * x[:, 2] ** 4 * np.sin(x[:, 0])


def test_the_indices_are_those_of_salib_on_the_same_runs() -> None:
    samples = salib_sample.sample(PROBLEM, 256, calc_second_order=False, seed=1)
    results = ishigami(samples)
    theirs = salib_analyze.analyze(PROBLEM, results, calc_second_order=False, seed=1)
    # SALib lays a base draw out as A, AB_1 ... AB_k, B.
    rows = results.reshape(256, 5).T
    first, total = saltelli_indices(rows[0], rows[4], rows[1:4])
    np.testing.assert_allclose(first, theirs["S1"], atol=2e-3)
    np.testing.assert_allclose(total, theirs["ST"], rtol=1e-6)


def test_the_indices_near_ishigamis_known_ones() -> None:
    rng = np.random.default_rng(2)
    a, b = (rng.uniform(-np.pi, np.pi, (20_000, 3)) for _ in range(2))
    mixed = []
    for column in range(3):
        one = a.copy()
        one[:, column] = b[:, column]
        mixed.append(ishigami(one))
    first, total = saltelli_indices(ishigami(a), ishigami(b), np.array(mixed))
    # Ishigami and Homma 1990, a = 7, b = 0.1: S = 0.3139, 0.4424, 0; ST = 0.5576, 0.4424, 0.2437
    assert first.tolist() == pytest.approx([0.3139, 0.4424, 0.0], abs=0.03)
    assert total.tolist() == pytest.approx([0.5576, 0.4424, 0.2437], abs=0.03)


def test_what_does_not_vary_has_no_indices() -> None:
    flat = np.ones(8)
    first, total = saltelli_indices(flat, flat, np.ones((2, 8)))
    assert first.tolist() == total.tolist() == [0.0, 0.0]


def test_a_tornado_shows_what_the_chain_gives_at_the_ends_with_all_else_at_its_median(rich: Case) -> None:
    swing = next(one for one in tornado(rich, ["capex_usd"])["capex_usd"] if one.path == "money.contingency_share")
    v = Values({one.path: np.array([[median(one)]]) for one in rich.assumptions}, 3)
    middle = median(rich.assumptions["money.contingency_share"])
    v = v.with_value("money.contingency_share", np.array([[swing.low], [middle], [swing.high]]))
    at_ends = run(rich, v).capex.capex_usd
    assert (swing.at_low, swing.base, swing.at_high) == pytest.approx(tuple(at_ends))
    # Contingency is a share of everything else, so the ends are in the ratio of (1 + share).
    assert swing.at_high / swing.at_low == pytest.approx((1 + swing.high) / (1 + swing.low))


@pytest.mark.parametrize("name", ["capex_usd", "cost_per_mtok"])
def test_the_bars_of_a_tornado_start_from_the_middle_of_the_plans_own_draws(
    case_of: Callable[..., Case], name: str
) -> None:
    """With every input at its mode, as it was once, capital lay at a quarter of its median and below its p10."""
    case = case_of()
    swings = tornado(case, [name])[name]
    [base] = {one.base for one in swings}
    low, high = np.quantile(make_plan(case, n_draws=1000).figure(name), [0.35, 0.65])
    assert low < base < high


def test_the_widest_comes_first(rich: Case) -> None:
    swings = tornado(rich, ["cost_per_mtok"])["cost_per_mtok"]
    widths = [one.width for one in swings]
    assert widths == sorted(widths, reverse=True)
    indices = sobol(rich, ["cost_per_mtok"], n_base=32)["cost_per_mtok"]
    assert {one.path for one in indices} == {one.path for one in swings}


def test_bands_are_percentiles_of_the_draws() -> None:
    # 0 ... 100: the percentile of each is itself.
    found = bands(np.arange(101.0)[:, None] * np.array([[1.0, 2.0]]))
    assert found["p5"] == pytest.approx([5, 10])
    assert found["p90"] == pytest.approx([90, 180])
    assert found["mean"] == pytest.approx([50, 100])
