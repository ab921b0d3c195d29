# SPDX-License-Identifier: Apache-2.0
"""Predict every measured row by a fit that has not seen its group, and sum up the errors.

Comes in: `Measured`, a grouping (pairs, models, accelerators) and a partition. Goes out: log predictions, nearness to
the rows of the fit, and accounts of error and of the interval's coverage.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass

import numpy as np
from measured import Flags, Floats, Measured
from residual_fit import fit_residual
from roofline_fit import fit_roofline, named

from daulat.plan._columns import lay_out
from daulat.plan._residual import Support
from daulat.plan.throughput import interval_group, log_rates

COVERED = 0.8


@dataclass(frozen=True)
class LeftOut:
    """Every row as a fit without its group sees it, float64[n_rows] each."""

    log_rate: Floats
    nearness: Floats


@dataclass(frozen=True)
class Fit:
    """Coefficients of the roofline and the support of its residual."""

    coefficients: dict[str, float]
    support: Support


def fit(data: Measured, chosen: Flags) -> Fit:
    """Fit the roofline, then what it leaves."""
    coefficients = named(fit_roofline(data, chosen))
    alone = Support(np.zeros((0, 0)), np.zeros(0))
    roofline = np.full(len(chosen), np.nan)
    roofline[chosen] = _rates(data, chosen, Fit(coefficients, alone))[0]
    return Fit(coefficients, fit_residual(data, chosen, roofline))


def _rates(data: Measured, rows: Flags, fitted: Fit) -> tuple[Floats, Floats]:
    columns, owners = lay_out(data.chosen(rows))
    return log_rates(columns, owners, [fitted.coefficients], fitted.support)


def _one_fold(work: tuple[Measured, Flags]) -> tuple[Floats, Floats]:
    data, test = work
    return _rates(data, test, fit(data, ~test))


def leave_out(data: Measured, groups: np.ndarray, folds: int, seed: int, workers: int = 2) -> LeftOut:
    """Predict every row by a fit that has not seen its group; `seed` deals the groups into folds."""
    names = np.random.default_rng(seed).permutation(np.unique(groups))
    tests = [np.isin(groups, names[fold::folds]) for fold in range(min(folds, len(names)))]
    rate, near = np.empty(len(groups)), np.empty(len(groups))
    with ProcessPoolExecutor(workers) as pool:
        answers = pool.map(_one_fold, [(data, test) for test in tests])
        for test, (log_rate, nearness) in zip(tests, answers, strict=True):
            rate[test], near[test] = log_rate, nearness
    return LeftOut(rate, near)


def account(data: Measured, answer: LeftOut) -> dict[str, float]:
    """Sum up the absolute percentage error by row and by pair."""
    error = np.abs(np.expm1(answer.log_rate - data.target))
    by_pair = np.array([np.median(error[data.pair == name]) for name in np.unique(data.pair)])
    figures = [np.median(error), np.quantile(error, 0.9), np.median(by_pair), np.quantile(by_pair, 0.9)]
    names = ["median_ape_rows", "p90_ape_rows", "median_ape_pairs", "p90_ape_pairs"]
    return {name: round(float(figure), 4) for name, figure in zip(names, figures, strict=True)}


def interval(data: Measured, answers: Sequence[LeftOut], rows: Flags | None = None) -> dict[str, list[float] | float]:
    """Return the interval: growth of the error with distance, and quantiles of measured over predicted by kind.

    The quantiles, by the root of each pair's size, are of the log ratio over 1 + growth x (1 - nearness). Their levels
    are those of conformal prediction for n groups: 80 % x (1 + 1/n) between them, so that 80 % holds for the next one.
    """
    rows = data.everything if rows is None else rows
    ratio = np.concatenate([(data.target - one.log_rate)[rows] for one in answers])
    far = np.concatenate([1 - one.nearness[rows] for one in answers])
    size = Counter(data.pair[rows])
    weight = np.tile([size[name] ** -0.5 for name in data.pair[rows]], len(answers))
    tail = (1 - COVERED * (1 + 1 / len(size))) / 2
    kinds = np.tile([interval_group(one) for one in data.chosen(rows)], len(answers))
    # Mean absolute error as a line in the distance, least squares by weight; never narrower further away.
    centre, middle = np.average(far, weights=weight), np.average(np.abs(ratio), weights=weight)
    slope = np.average((far - centre) * np.abs(ratio), weights=weight) / np.average((far - centre) ** 2, weights=weight)
    start = middle - slope * centre
    growth = max(round(float(slope / start), 2), 0.0) if start > 0 else 0.0
    found: dict[str, list[float] | float] = {"growth": growth}
    for kind in sorted(set(kinds)):
        scaled, share = (ratio / (1 + growth * far))[kinds == kind], weight[kinds == kind]
        order = np.argsort(scaled)
        place = (np.cumsum(share[order]) - share[order] / 2) / share.sum()
        bounds = np.interp([tail, 1 - tail], place, scaled[order])
        found[str(kind)] = [round(float(bound), 4) for bound in bounds]
    return found


def inside(data: Measured, answer: LeftOut, known: dict[str, list[float] | float]) -> Flags:
    """Say which rows lie inside an interval."""
    bounds = np.array([known[interval_group(workload)] for workload in data.workloads])
    width = 1 + float(known["growth"]) * (1 - answer.nearness)  # type: ignore[arg-type]
    ratio = data.target - answer.log_rate
    return np.asarray((ratio >= bounds[:, 0] * width) & (ratio <= bounds[:, 1] * width))


def coverage(data: Measured, answer: LeftOut, draws: int = 20) -> tuple[float, float]:
    """Return mean and spread of the share of rows inside an interval that was set on other pairs (half of them)."""
    names, shares = np.unique(data.pair), []
    for draw in range(draws):
        half = np.isin(data.pair, np.random.default_rng(draw).permutation(names)[::2])
        shares.append(float(inside(data, answer, interval(data, [answer], half))[~half].mean()))
    return round(float(np.mean(shares)), 4), round(float(np.std(shares)), 4)
