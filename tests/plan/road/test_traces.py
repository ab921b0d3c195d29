# SPDX-License-Identifier: Apache-2.0
"""Every figure names what it was made from, and tells the truth: nothing else moves it."""

from __future__ import annotations

from fnmatch import fnmatchcase
from pathlib import Path

import numpy as np
import pytest

from daulat.plan import Case
from daulat.plan.chain import all_traces, run
from daulat.plan.inputs import Values, draw
from daulat.plan.inputs.draws import quantile
from daulat.plan.units import SLIPS

PAGES = Path(__file__).parents[3] / "docs" / "concepts"
# Named, and without effect here: the ministries' users are the public servants, and no share online by region is known.
QUIET = {"service.ministries.users_share", "demand.adoption_lag_years_per_share"}


def ancestors(name: str, paths: set[str]) -> set[str]:
    """Return the inputs that a figure is made from, through all the figures between."""
    found: set[str] = set()
    seen: set[str] = set()
    todo = [name]
    traces = all_traces()
    while todo:
        one = todo.pop()
        if one in seen:
            continue
        seen.add(one)
        if one in traces:
            todo += traces[one].inputs
        else:
            found |= {path for path in paths if fnmatchcase(path, one)}
    return found


@pytest.fixture(scope="module")
def moved(rich: Case) -> dict[str, set[str]]:
    """By input, the figures that change when it alone goes from its 10th to its 90th percentile, or by a tenth."""
    rows = list(rich.assumptions)
    n = 2 * len(rows)
    arrays = {}
    for place, one in enumerate(rows):
        column = np.full((n, 1), one.value)
        if one.is_uncertain:
            column[2 * place : 2 * place + 2, 0] = quantile(one, np.array([0.1, 0.9]))
        else:
            column[2 * place + 1, 0] = min(one.value * 1.1 + 0.01 * (one.value == 0), one.max)
        arrays[one.path] = column
    # The objective of waiting is one number for a whole plan.
    for fixed in ("sizing.peak_percentile", "sizing.waiting_share"):
        arrays[fixed] = np.array([[rich.assumptions[fixed].value]])
    plan = run(rich, Values(arrays, n))
    found: dict[str, set[str]] = {one.path: set() for one in rows}
    for trace, array in plan.figures():
        flat = np.where(np.isinf(array), 99.0, array).reshape(n, -1)  # a year that never comes
        changed = np.abs(flat[0::2] - flat[1::2]).max(axis=1) > 1e-9 * np.abs(flat).max()
        for place in np.flatnonzero(changed):
            found[rows[place].path].add(trace.name)
    return found


def test_nothing_moves_a_figure_but_what_it_names(rich: Case, moved: dict[str, set[str]]) -> None:
    paths = {one.path for one in rich.assumptions}
    named = {name: ancestors(name, paths) for name in all_traces()}
    hidden = [(path, name) for path, names in moved.items() for name in sorted(names) if path not in named[name]]
    assert hidden == []


def test_every_input_moves_something(rich: Case, moved: dict[str, set[str]]) -> None:
    still = {path for path, names in moved.items() if not names}
    fixed = {"sizing.peak_percentile", "sizing.waiting_share"}
    assert still - QUIET - fixed == set()


def test_every_name_in_a_trace_exists(rich: Case) -> None:
    traces = all_traces()
    known = {one.path for one in rich.assumptions}
    missing = [
        (trace.name, one)
        for trace in traces.values()
        for one in trace.inputs
        if one not in traces and not any(fnmatchcase(path, one) for path in known)
    ]
    # No language of this nation but English was measured, so that a `*` may match nothing.
    assert [pair for pair in missing if "*" not in pair[1]] == []


def test_every_figure_says_its_unit_formula_and_page() -> None:
    for trace in all_traces().values():
        assert trace.formula, trace.name
        assert trace.about.endswith("."), trace.name
        assert (PAGES / trace.page).is_file(), trace.page
        assert trace.unit in SLIPS, trace.unit


def test_a_figure_has_the_shape_that_its_axes_say(plan) -> None:  # type: ignore[no-untyped-def]
    for trace, array in plan.figures():
        assert array.ndim == 1 + len(trace.axes), trace.name
        assert len(array) == plan.values.n_draws, trace.name
        comes = (array >= 1) | np.isinf(array) if trace.name.startswith("build_cheaper_than") else np.isfinite(array)
        assert comes.all(), trace.name


def test_draw_has_no_input_that_a_stage_lacks(rich: Case) -> None:
    v = draw(rich.assumptions, 3, 1)
    assert set(v.arrays) == {one.path for one in rich.assumptions}
