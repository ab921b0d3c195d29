# SPDX-License-Identifier: Apache-2.0
"""Running cost: energy, staff, maintenance, links, licences and insurance in each year; the parts sum to the whole.

Comes in: `Fleet`, `Energy`, `Capex`, staff and `Values`. Goes out: an `Opex` in dollars of the year.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from daulat.plan.energy import Energy
from daulat.plan.figures import Floats, figure
from daulat.plan.inputs.draws import Values
from daulat.plan.money.capex import BUILDINGS, Capex
from daulat.plan.sizing import Fleet

PARTS = (
    "energy_usd",
    "staff_usd",
    "service_teams_usd",
    "hardware_maintenance_usd",
    "facility_maintenance_usd",
    "links_usd",
    "licences_usd",
    "insurance_usd",
)


@dataclass(frozen=True)
class Opex:
    """Running cost by year and part."""

    page: ClassVar[str] = "plan-money.md"

    energy_usd: Floats = figure(
        "USD",
        "grid MWh x tariff x (1 + real growth) ^ years since its date x inflation + PPA MWh x PPA price",
        "grid_energy_mwh ppa_energy_mwh energy.electricity_price_usd_per_mwh "
        "energy.electricity_real_growth_per_year energy.ppa_price_usd_per_mwh "
        "money.inflation_per_year",
        about="Energy.",
    )
    staff_usd: Floats = figure(
        "USD",
        "people of the sites x cost of one x inflation",
        "site_power_mw jobs.operation_jobs_per_mw jobs.minimum_operation_jobs money.salary_usd_per_year "
        "money.inflation_per_year",
        about="Staff of the sites.",
    )
    service_teams_usd: Floats = figure(
        "USD",
        "service teams x cost of one x inflation",
        "accelerators_installed jobs.service_jobs_per_service money.salary_usd_per_year money.inflation_per_year",
        about="Teams of the services, needed whichever way the tokens come.",
    )
    hardware_maintenance_usd: Floats = figure(
        "USD",
        "standing hardware at its price x share",
        "accelerators_installed money.hardware_usd_per_accelerator money.accelerator_decline_per_year"
        " money.storage_share money.hardware_maintenance_share",
        about="Repair and support of hardware.",
    )
    facility_maintenance_usd: Floats = figure(
        "USD",
        "buildings so far, as paid, x share",
        " ".join((*BUILDINGS, "money.facility_maintenance_share")),
        about="Upkeep of buildings and own generation.",
    )
    links_usd: Floats = figure(
        "USD",
        "two links a site x inflation",
        "money.links_usd_per_year money.inflation_per_year",
        about="National links.",
    )
    licences_usd: Floats = figure(
        "USD",
        "standing hardware at its price x share",
        "accelerators_installed money.hardware_usd_per_accelerator money.accelerator_decline_per_year"
        " money.storage_share money.licences_share",
        about="Licences and support of software.",
    )
    insurance_usd: Floats = figure(
        "USD",
        "(standing hardware + buildings so far) x (share + further premium for the hazard)",
        " ".join(
            (
                *BUILDINGS,
                "accelerators_installed money.hardware_usd_per_accelerator money.accelerator_decline_per_year",
                "money.insurance_share money.hazard_premium_share money.storage_share",
            )
        ),
        about="Insurance.",
    )
    opex_usd_per_year: Floats = figure(
        "USD",
        "sum of the parts",
        " ".join(PARTS),
        about="Running cost of the year.",
    )
    cost_usd_per_year: Floats = figure(
        "USD",
        "capital + running cost",
        "capex_usd_per_year opex_usd_per_year",
        about="All money spent in the year.",
    )


def opex_of(fleet: Fleet, energy: Energy, capex: Capex, staff: tuple[Floats, Floats], n_sites: int, v: Values) -> Opex:
    """Return the running cost of a fleet.

    Parameters
    ----------
    staff : two of float64[draws, years]
        People of the sites, and of the service teams.
    n_sites : int
        Each has two links.
    """
    shape = fleet.accelerators_installed.shape
    years = np.arange(shape[1])[None, :]
    prices = (1 + v("money.inflation_per_year")) ** years
    tariff = v("energy.electricity_price_usd_per_mwh") * (1 + v("energy.electricity_real_growth_per_year")) ** years
    energy_usd = (energy.grid_energy_mwh * tariff + energy.ppa_energy_mwh * v("energy.ppa_price_usd_per_mwh")) * prices
    cheaper = (1 - v("money.accelerator_decline_per_year")) ** years
    hardware = (
        fleet.accelerators_installed
        * v("money.hardware_usd_per_accelerator")
        * cheaper
        * (1 + v("money.storage_share"))
    )
    buildings = np.cumsum(sum((getattr(capex, name) for name in BUILDINGS), np.zeros(1)), axis=1)
    stands = fleet.accelerators_installed > 0
    parts = {
        "energy_usd": energy_usd,
        "staff_usd": staff[0] * v("money.salary_usd_per_year") * prices,
        "service_teams_usd": staff[1] * v("money.salary_usd_per_year") * prices,
        "hardware_maintenance_usd": hardware * v("money.hardware_maintenance_share"),
        "facility_maintenance_usd": buildings * v("money.facility_maintenance_share"),
        "links_usd": np.where(stands, v("money.links_usd_per_year") * n_sites * prices, 0.0),
        "licences_usd": hardware * v("money.licences_share"),
        "insurance_usd": (hardware + buildings) * (v("money.insurance_share") + v("money.hazard_premium_share")),
    }
    total = sum((parts[name] for name in PARTS), np.zeros(1))
    return Opex(**parts, opex_usd_per_year=total, cost_usd_per_year=total + capex.capex_usd_per_year)
