# SPDX-License-Identifier: Apache-2.0
"""Sites: where the fleet stands. Fixed here; `daulat.plan.siting` chooses them.

Comes in: a `Place` and `Settings`. Goes out: `Sites`, by default one at the capital or in the chosen city. The
interactive path keeps them as they are; the solver returns the same type.
"""

from __future__ import annotations

import difflib
from dataclasses import dataclass

import numpy as np

from daulat.plan.errors import PlanError
from daulat.plan.figures import Floats
from daulat.plan.inputs.settings import Settings
from daulat.plan.note import Note
from daulat.plan.place import Place, Region


@dataclass(frozen=True)
class Site:
    """One site: where it is, the region it stands in, its electricity grid or island, and its class of hazard."""

    id: str
    name: str
    latitude: float
    longitude: float
    group: str = ""
    grid: str = ""
    hazard: str = ""


@dataclass(frozen=True)
class Sites:
    """Sites and how the fleet is shared among them.

    Parameters
    ----------
    sites : tuple of Site
        At least one.
    shares : float64[years, sites]
        Share of the site power in each year; each row sums to 1.
    source : str
        ``fixed``, or what chose them.
    """

    sites: tuple[Site, ...]
    shares: Floats
    source: str = "fixed"
    notes: tuple[Note, ...] = ()


def sites_at(region: Region, settings: Settings) -> Sites:
    """Return one site in a region, which carries everything."""
    return Sites((site_in(region),), np.ones((settings.horizon_years, 1)))


def one_site(place: Place, settings: Settings, *, file: str = "nation.yaml") -> Region:
    """Return where one site stands.

    In the region that `settings.site` names, else at the capital where the nation is served, else in the largest region
    of those served.

    Raises
    ------
    PlanError
        If the named region is unknown.
    """
    at = place.capital
    if settings.site:
        named = [one for one in place.regions if settings.site in (one.code, one.name)]
        if not named and settings.site != place.capital.name:
            names = [one.name for one in place.regions] + [one.code for one in place.regions]
            near = difflib.get_close_matches(settings.site, [*names, place.capital.name], n=1)
            meant = f"Did you mean `{near[0]}`? " if near else ""
            raise PlanError(
                f"{file}: plan.site: `{settings.site}` is not a region of the plan",
                why="The site has no place, climate or grid. Allowed is the code or name of a region, or the capital.",
                fix=f"{meant}Use one such as {place.regions[0].code}, or `{place.capital.name}`.",
                code="plan.site",
            )
        at = named[0] if named else at
    elif settings.regions:
        at = max(place.regions, key=lambda one: one.people)
    return at


def site_in(region: Region) -> Site:
    """Return a site at the middle of a region."""
    return Site(region.code, region.name, region.latitude, region.longitude, region.group, region.group)
