# SPDX-License-Identifier: Apache-2.0
"""Rows of the input table that the country's public figures fill: temperature, carbon and water of the grid.

Comes in: a `Place` and where its site stands. Goes out: rows by path, in the form of `assumptions.yaml`; a path without
a public figure is left to its default. Reads countries.csv only.
"""

from __future__ import annotations

from typing import Any

from daulat.plan._tables import number
from daulat.plan.energy import zonal_temperature_c
from daulat.plan.place import Place, Region, countries


def place_rows(place: Place, at: Region) -> dict[str, dict[str, Any]]:
    """Return rows of the input table that the country's public figures fill."""
    default = {"min": -30, "max": 45, "licence": "facts", "date": "1975-11-01", "basis": "derived"}
    found: dict[str, dict[str, Any]] = {
        "energy.annual_temperature_c": {
            **default,
            "about": "Mean temperature of the year.",
            "value": zonal_temperature_c(at.latitude),
            "unit": "degC",
            "source": f"zonal mean at {at.name}, {at.latitude:.1f} degrees (North 1975, J. Atmos. Sci. 32, 2033); "
            "replace by the national weather service",
        }
    }
    row = countries().get(place.country)
    grid = number(row, "grid_gco2_per_kwh") if row else None
    if row and grid is not None:
        found["energy.grid_gco2_per_kwh"] = {
            "about": "Carbon of the grid's electricity.",
            "value": grid,
            "low": grid * 0.9,
            "high": grid * 1.1,
            "kind": "triangular",
            "unit": "gCO2e/kWh",
            "min": 0,
            "max": 2000,
            "basis": "published",
            "source": "Ember, through @tgwf/co2 0.19.0",
            "date": "2025-01-01",
            "licence": "CC BY 4.0",
        }
    water = number(row, "offsite_water_l_per_kwh") if row else None
    if water is not None:
        found["energy.offsite_water_l_per_kwh"] = {
            "about": "Water that making the grid's electricity uses.",
            "value": water,
            "low": water * 0.7,
            "high": water * 1.3,
            "kind": "triangular",
            "unit": "L/kWh",
            "min": 0,
            "max": 100,
            "basis": "published",
            "source": "EcoLogits@2d0a1c76358a, from WRI 2020",
            "date": "2024-01-01",
            "licence": "facts",
        }
    return found
