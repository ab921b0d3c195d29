# SPDX-License-Identifier: Apache-2.0
"""What a siting question must be before it is asked: a question in, nothing or every fault at once out."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from daulat.plan.siting.errors import SitingError
from daulat.plan.siting.types import Float64, Siting

_MOST_MW = 100_000.0  # a hundred gigawatts at one place: more was certainly meant in kilowatts


def check_siting(siting: Siting) -> None:
    """Raise `SitingError` with every fault of a question."""
    faults = list(_faults(siting))
    if faults:
        raise SitingError(
            f"the siting question has {len(faults)} faults: " + "; ".join(faults),
            why="Sites chosen from wrong figures would be wrong without a sign of it.",
            fix="correct them, then plan again.",
            code="plan.siting.question",
        )


def _faults(siting: Siting) -> Iterator[str]:
    regions, at, rules = siting.regions, siting.candidates, siting.rules
    n_regions, n_sites = len(regions.names), len(at.names)
    n_years = regions.it_mw.shape[1] if regions.it_mw.ndim == 2 else 0
    if not n_regions or not n_sites or not n_years:
        yield "at least one region, one candidate and one year are needed"
        return
    shapes = {
        "regions.position": (regions.position, (n_regions, 2)),
        "regions.it_mw": (regions.it_mw, (n_regions, n_years)),
        "candidates.position": (at.position, (n_sites, 2)),
        "candidates.limit_mw": (at.limit_mw, (n_sites, n_years)),
        "candidates.open_usd": (at.open_usd, (n_sites, n_years)),
        "candidates.build_usd_per_mw": (at.build_usd_per_mw, (n_sites, n_years)),
        "candidates.run_usd_per_mw_year": (at.run_usd_per_mw_year, (n_sites, n_years)),
    }
    for name, (array, shape) in shapes.items():
        yield from _array_faults(name, array, shape)
    if regions.it_mw.shape == (n_regions, n_years) and not regions.it_mw.any():
        yield "regions.it_mw is 0 in every region and year: there is nothing to serve"
    for name, texts in (("candidates.grid", at.grid), ("candidates.jurisdictions", at.jurisdictions)):
        if len(texts) != n_sites:
            yield f"{name} has {len(texts)} entries for {n_sites} candidates"
    if regions.residency and len(regions.residency) != n_regions:
        yield f"regions.residency has {len(regions.residency)} entries for {n_regions} regions"
    if not 0 <= rules.spare_share <= 1:
        yield f"rules.spare_share is {rules.spare_share}; it is a share from 0 to 1 (percent was meant?)"
    if not rules.round_trip_ms > 0:
        yield f"rules.round_trip_ms is {rules.round_trip_ms}; it is above 0"
    if not -0.5 < rules.discount_rate < 1:
        yield f"rules.discount_rate is {rules.discount_rate}; it is a share a year, e.g. 0.08 (percent was meant?)"
    yield from _rule_faults(siting)


def _rule_faults(siting: Siting) -> Iterator[str]:
    rules, years = siting.rules, siting.years
    for name, megawatts in (("grid_minimum_mw", rules.grid_minimum_mw), ("grid_limit_mw", rules.grid_limit_mw)):
        for grid, amount in megawatts.items():
            if grid not in siting.candidates.grid:
                yield f"rules.{name} names the grid {grid!r}, on which no candidate stands"
            if not 0 <= amount <= _MOST_MW:
                yield f"rules.{name} is {amount} MW on {grid!r}; it is 0 to {_MOST_MW:,.0f}"
    for budget in rules.budgets:
        if not years.start <= budget.first_year <= budget.last_year < years.stop:
            yield (
                f"budget {budget.name!r} runs from {budget.first_year} to {budget.last_year}; "
                f"the plan runs from {years.start} to {years.stop - 1}"
            )
        if not budget.usd >= 0:
            yield f"budget {budget.name!r} is {budget.usd} USD; it is 0 or more"


def _array_faults(name: str, array: Float64, shape: tuple[int, int]) -> Iterator[str]:
    if array.shape != shape:
        yield f"{name} has the shape {array.shape}; expected {shape}"
        return
    if not np.isfinite(array).all():
        yield f"{name} holds a value that is no number"
    elif name.endswith("position"):
        if (np.abs(array[:, 0]) > 90).any() or (np.abs(array[:, 1]) > 180).any():
            yield f"{name} holds a latitude beyond 90 or a longitude beyond 180 degrees (the other way round?)"
    elif (array < 0).any():
        yield f"{name} holds a negative value ({array.min():,.3g})"
    elif name.endswith((".it_mw", ".limit_mw")) and (array > _MOST_MW).any():
        yield f"{name} holds {array.max():,.0f} MW; at most {_MOST_MW:,.0f} (kW was meant?)"
