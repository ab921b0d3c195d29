# SPDX-License-Identifier: Apache-2.0
"""Siting questions on a line along the equator, where one degree is 111.19 km."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

import numpy as np

from daulat.plan.siting import Candidates, Regions, Rules, Siting

USD = 1e6


class Make(Protocol):
    """Makes a question: loads and sites as rows, money in millions of US dollars."""

    def __call__(self, loads: Sequence[Sequence[float]], sites: Sequence[dict[str, Any]], **rules: Any) -> Siting: ...


def make_siting(loads: Sequence[Sequence[float]], sites: Sequence[dict[str, Any]], **rules: Any) -> Siting:
    """Region k stands at k degrees east; a site is ``at`` some degree, and costs ``open``, ``build``, ``run``."""
    it_mw = np.array(loads, float)
    n_years = it_mw.shape[1]
    residency = rules.pop("residency", ())

    def each_year(key: str, default: float, factor: float = 1.0) -> Any:
        return np.array([np.broadcast_to(np.asarray(s.get(key, default), float), n_years) for s in sites]) * factor

    return Siting(
        Regions(
            tuple(f"region {k}" for k in range(len(loads))),
            np.array([[0.0, float(k)] for k in range(len(loads))]),
            it_mw,
            residency,
        ),
        Candidates(
            tuple(f"site {s}" for s in range(len(sites))),
            np.array([[0.0, float(s.get("at", 0))] for s in sites]),
            tuple(s.get("grid", "main") for s in sites),
            tuple(frozenset(s.get("in", ())) for s in sites),
            each_year("limit", 1000),
            each_year("open", 0, USD),
            each_year("build", 10, USD),
            each_year("run", 0, USD),
        ),
        Rules(**rules),
        2027,
    )
