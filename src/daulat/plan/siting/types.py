# SPDX-License-Identifier: Apache-2.0
"""What siting is asked and what it answers.

In: regions with the load that must be served, candidate sites with costs and limits, and the nation's rules. Out: which
sites open when, how large each is, and whom it serves. All loads are IT megawatts; all money is in US dollars of the
year in which it is spent, discounted by the rule's rate.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from daulat.plan.note import Note

Float64 = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Regions:
    """Where the demand is.

    Attributes
    ----------
    names : tuple of str
    position : float64[n_regions, 2]
        Latitude and longitude, degrees.
    it_mw : float64[n_regions, n_years]
        Peak IT load to be served, MW.
    residency : tuple of str
        For each region the jurisdiction that its data may not leave; empty where no law says so.
    """

    names: tuple[str, ...]
    position: Float64
    it_mw: Float64
    residency: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class Candidates:
    """Where sites could stand.

    Attributes
    ----------
    names : tuple of str
    position : float64[n_sites, 2]
        Latitude and longitude, degrees.
    grid : tuple of str
        The independent electricity grid or island that each stands on.
    jurisdictions : tuple of frozenset of str
        Every jurisdiction that each lies in, from its province to its country.
    limit_mw : float64[n_sites, n_years]
        The most IT load that its power supply carries by each year, MW.
    open_usd : float64[n_sites, n_years]
        Cost of opening at all: land, grid connection, buildings of the smallest size.
    build_usd_per_mw : float64[n_sites, n_years]
        Cost of a further IT megawatt, equipment included.
    run_usd_per_mw_year : float64[n_sites, n_years]
        Cost of running an IT megawatt for a year: energy, staff, maintenance.
    """

    names: tuple[str, ...]
    position: Float64
    grid: tuple[str, ...]
    jurisdictions: tuple[frozenset[str], ...]
    limit_mw: Float64
    open_usd: Float64
    build_usd_per_mw: Float64
    run_usd_per_mw_year: Float64


@dataclass(frozen=True, slots=True)
class Budget:
    """The most that may be spent on opening and building from one year to another, both included."""

    name: str
    first_year: int
    last_year: int
    usd: float


@dataclass(frozen=True, slots=True)
class Rules:
    """What the nation asks of the sites.

    Attributes
    ----------
    round_trip_ms : float
        The longest light-path round trip from a region to a site that serves it, milliseconds.
    spare_share : float
        N+1 across grids: the share of each year's load that the sites on all other grids carry together when any one
        grid fails, 0 to 1. Zero asks for none.
    smallest_mw : float
        A site that opens has at least this IT load.
    grid_minimum_mw : mapping
        IT load that must stand on a grid or island by the last year, e.g. for regional development.
    grid_limit_mw : mapping
        The most IT load that all sites on a grid or island may have together, for it has no more power to spare.
    budgets : tuple of Budget
    link_usd_per_mw_km_year : float
        Cost of carrying the traffic of a served megawatt over one kilometre for a year.
    discount_rate : float
        A year.
    """

    round_trip_ms: float = 40.0
    spare_share: float = 0.0
    smallest_mw: float = 0.0
    grid_minimum_mw: Mapping[str, float] = field(default_factory=dict)
    grid_limit_mw: Mapping[str, float] = field(default_factory=dict)
    budgets: tuple[Budget, ...] = ()
    link_usd_per_mw_km_year: float = 0.0
    discount_rate: float = 0.0


@dataclass(frozen=True, slots=True, eq=False)
class Siting:
    """One siting question: regions, candidates, rules, and the calendar year of the first column."""

    regions: Regions
    candidates: Candidates
    rules: Rules
    first_year: int

    @property
    def years(self) -> range:
        """The calendar years of the plan."""
        return range(self.first_year, self.first_year + self.regions.it_mw.shape[1])


@dataclass(frozen=True, slots=True, eq=False)
class SitePlan:
    """Which sites open when, how large they are and whom they serve.

    Attributes
    ----------
    opens : mapping
        Name of each site that opens, to its calendar year.
    it_mw : float64[n_sites, n_years]
        IT load that stands at each candidate.
    share : float64[n_regions, n_sites, n_years]
        Share of each region's load that each site serves; sums to 1 over sites.
    cost_usd, lower_bound_usd : float
        Present value of the plan, and a bound below which no plan of the aggregated problem can cost.
    gap : float
        ``(cost - bound) / cost``.
    capex_usd, running_usd : float64[n_years]
        Undiscounted, by year.
    notes : tuple of Note
    """

    opens: Mapping[str, int]
    it_mw: Float64
    share: Float64
    cost_usd: float
    lower_bound_usd: float
    gap: float
    capex_usd: Float64
    running_usd: Float64
    notes: tuple[Note, ...] = ()
