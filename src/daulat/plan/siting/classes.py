# SPDX-License-Identifier: Apache-2.0
"""Regions that may be served by the same sites are planned as one: regions and rules in, classes of regions out.

A class keeps the sum of its members' load in every year, so that joining them changes no constraint. The cost of
distance within a class is the mean of its members', weighted by their load.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from daulat.plan.siting.distance import great_circle_km, round_trip_ms
from daulat.plan.siting.types import Float64, Siting


@dataclass(frozen=True, slots=True, eq=False)
class Classes:
    """Classes of regions.

    Attributes
    ----------
    member : int64[n_regions]
        The class of each region.
    allowed : bool[n_classes, n_sites]
    it_mw : float64[n_classes, n_years]
    link_usd_per_mw_year : float64[n_classes, n_sites]
    """

    member: NDArray[np.int64]
    allowed: NDArray[np.bool_]
    it_mw: Float64
    link_usd_per_mw_year: Float64


def near_enough(siting: Siting) -> NDArray[np.bool_]:
    """Say which site answers which region in time: bool[n_regions, n_sites]."""
    distance = great_circle_km(siting.regions.position, siting.candidates.position)
    near: NDArray[np.bool_] = round_trip_ms(distance) <= siting.rules.round_trip_ms
    return near


def may_keep(siting: Siting) -> NDArray[np.bool_]:
    """Say which site may hold which region's data: bool[n_regions, n_sites]."""
    residency = siting.regions.residency or ("",) * len(siting.regions.names)
    return np.array([[not law or law in places for places in siting.candidates.jurisdictions] for law in residency])


def join_regions(siting: Siting, allowed: NDArray[np.bool_]) -> Classes:
    """Join regions with the same row of `allowed`. Classes are in the order of their first member."""
    _, first, member = np.unique(allowed, axis=0, return_index=True, return_inverse=True)
    order = np.argsort(first, kind="stable")
    place = np.empty_like(order)
    place[order] = np.arange(len(order))
    member = place[member.ravel()].astype(np.int64)
    load = siting.regions.it_mw
    joined = np.zeros((len(order), load.shape[1]))
    np.add.at(joined, member, load)
    distance = great_circle_km(siting.regions.position, siting.candidates.position)
    weight = load.sum(axis=1) + 1e-12  # a region without load counts where its whole class has none
    weighted = np.zeros((len(order), distance.shape[1]))
    np.add.at(weighted, member, distance * weight[:, None])
    total = np.zeros(len(order))
    np.add.at(total, member, weight)
    link = siting.rules.link_usd_per_mw_km_year * weighted / total[:, None]
    return Classes(member, allowed[first[order]], joined, link)
