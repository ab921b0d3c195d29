# SPDX-License-Identifier: Apache-2.0
"""What plan.json says of a choice of sites: the answer and its question in, a `SitingPart` out. Chooses nothing."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from daulat.plan.hazard import Hazards
from daulat.plan.place import Region
from daulat.plan.result.joint import ChosenSite, SiteRuleRow, SitingPart
from daulat.plan.site_rules import GRID_KEYS, SiteRules
from daulat.plan.siting import SitePlan, Siting


def siting_part(
    found: SitePlan,
    siting: Siting,
    places: Sequence[Region],
    rules: SiteRules,
    spare: float,
    names: Mapping[str, str],
    hazards: Hazards,
    left_out: Sequence[SiteRuleRow],
) -> SitingPart:
    """Return what a plan says of its sites: those that open, largest first, then the others, and what chose them."""
    groups = siting.regions.names
    rows = [
        ChosenSite(
            name=one.name,
            grid=siting.candidates.grid[place],
            hazard=hazards.class_of(one).name,
            **{key: rules.grids.get(siting.candidates.grid[place], {}).get(key) for key in GRID_KEYS},
            latitude=one.latitude,
            longitude=one.longitude,
            opens=found.opens.get(one.code),
            it_mw=found.it_mw[place].tolist(),
            serves={
                names.get(group, group): float(share)
                for group, share in zip(groups, found.share[:, place, -1], strict=True)
                if share > 1e-6
            },
        )
        for place, one in enumerate(places)
    ]
    asked = siting.rules
    kept = [
        SiteRuleRow(
            kind="round_trip", number=asked.round_trip_ms, text=f"round trip of at most {asked.round_trip_ms:g} ms"
        ),
        SiteRuleRow(
            kind="spare",
            number=asked.spare_share,
            text=f"{asked.spare_share:.0%} of the load on other grids when one fails",
        ),
        *(
            SiteRuleRow(kind="minimum", number=share, names=[grid], text=f"at least {share:.0%} of the load on {grid}")
            for grid, share in rules.grid_minimum_share.items()
        ),
        *(
            SiteRuleRow(
                kind="budget",
                number=one.usd,
                names=[one.name],
                text=f"{one.name}: at most {one.usd / 1e6:,.3g} million USD",
            )
            for one in asked.budgets
        ),
        *(
            SiteRuleRow(kind="residency", names=[group, where], text=f"data of {group} stays in {where}")
            for group, where in rules.residency.items()
        ),
        *left_out,
    ]
    inputs: list[dict[str, str | float]] = [
        {
            "path": one.path,
            "value": one.value,
            "unit": one.unit,
            "source": one.source,
            "date": one.date,
            "basis": one.basis,
        }
        for one in rules.numbers.values()
    ]
    inputs += _hazard_inputs({hazards.class_of(one).name for one in places}, hazards)
    return SitingPart(
        sites=sorted(rows, key=lambda one: (one.opens is None, -one.it_mw[-1])),
        candidates=len(places),
        cost_usd=found.cost_usd,
        gap=found.gap,
        spare_share=spare,
        load_mw=siting.regions.it_mw.sum(axis=0).tolist(),
        rules=kept,
        inputs=inputs,
        notes=list(found.notes),
    )


def _hazard_inputs(names: Collection[str], hazards: Hazards) -> list[dict[str, str | float]]:
    """Return what the classes of hazard of the candidates add, as inputs with their sources."""
    return [
        {
            "path": f"siting.hazard.{one.name}.{key}",
            "value": getattr(one, key)[1],
            "unit": unit,
            "source": one.sources[key],
            "date": one.date,
            "basis": one.basis,
        }
        for one in hazards.classes.values()
        if one.name in names
        for key, unit in (("hardening_share", "share"), ("premium_share", "share/year"))
    ]
