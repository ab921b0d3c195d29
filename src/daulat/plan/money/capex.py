# SPDX-License-Identifier: Apache-2.0
"""Capital: what is bought and built in each year, part by part; the parts sum to the whole.

Comes in: `Fleet`, `Energy`, `Values`. Goes out: a `Capex` in dollars of the year of spending. Hardware gets cheaper
each year and is bought again after its life; buildings follow the power that the site must draw and get dearer.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from daulat.plan.energy import Energy
from daulat.plan.figures import Floats, figure
from daulat.plan.inputs.draws import Values
from daulat.plan.sizing import Fleet

# Cottier et al. 2024 (arXiv:2405.21015): chips 23-32 %, servers 15-22 %, interconnect 9-13 % of a model's cost.
CHIP_SHARE, SERVER_SHARE, NETWORK_SHARE = 0.482, 0.325, 0.193
REFERENCE_MW = 20.0  # the smallest sites in the table that the unit cost of buildings comes from

HARDWARE = ("accelerators_usd", "servers_usd", "network_usd", "storage_usd")
BUILDINGS = ("land_usd", "shell_usd", "electrical_usd", "cooling_usd", "grid_connection_usd", "own_generation_usd")
PARTS = (*HARDWARE, *BUILDINGS, "duties_usd", "contingency_usd")


def _hardware(share: float, what: str) -> Floats:
    found: Floats = figure(
        "USD",
        f"bought x hardware price x (1 - decline) ^ years since its date x {share}",
        "accelerators_bought money.hardware_usd_per_accelerator money.accelerator_decline_per_year",
        about=what,
    )
    return found


def _built(share: str, what: str) -> Floats:
    found: Floats = figure(
        "USD",
        f"new site MW x cost a MW x size factor x (1 + hardening) x inflation x {share}",
        "site_power_mw money.facility_usd_per_mw money.small_site_surcharge money.hazard_hardening_share "
        f"money.inflation_per_year money.{share}",
        about=what,
    )
    return found


@dataclass(frozen=True)
class Capex:
    """Capital by year and part."""

    page: ClassVar[str] = "plan-money.md"

    accelerators_usd: Floats = _hardware(CHIP_SHARE, "Accelerators.")
    servers_usd: Floats = _hardware(SERVER_SHARE, "Servers around them.")
    network_usd: Floats = _hardware(NETWORK_SHARE, "The network between them.")
    storage_usd: Floats = figure(
        "USD",
        "(accelerators + servers + network) x storage share",
        "accelerators_usd servers_usd network_usd money.storage_share",
        about="Storage, and hosts for retrieval.",
    )
    land_usd: Floats = figure(
        "USD",
        "new site MW x land a MW x inflation",
        "site_power_mw money.land_usd_per_mw money.inflation_per_year",
        about="Land.",
    )
    shell_usd: Floats = figure(
        "USD",
        "buildings x (1 - electrical - cooling)",
        "site_power_mw money.facility_usd_per_mw money.small_site_surcharge money.hazard_hardening_share "
        "money.inflation_per_year money.electrical_share money.cooling_share",
        about="Shell of the buildings.",
    )
    electrical_usd: Floats = _built("electrical_share", "Electrical plant.")
    cooling_usd: Floats = _built("cooling_share", "Cooling plant.")
    grid_connection_usd: Floats = figure(
        "USD",
        "new site MW x connection a MW x inflation",
        "site_power_mw money.grid_connection_usd_per_mw money.inflation_per_year",
        about="Line and substation.",
    )
    own_generation_usd: Floats = figure(
        "USD",
        "(new solar kW x EUR a kW + new battery kWh x EUR a kWh) x USD a EUR x inflation",
        "solar_power_mw battery_mwh energy.solar_capex_eur_per_kw energy.battery_capex_eur_per_kwh "
        "energy.usd_per_eur money.inflation_per_year",
        about="Own panels and batteries.",
    )
    duties_usd: Floats = figure(
        "USD",
        "hardware x duty",
        "accelerators_usd servers_usd network_usd storage_usd money.duty_share",
        about="Customs duties on hardware.",
    )
    contingency_usd: Floats = figure(
        "USD",
        "everything above x contingency",
        " ".join((*HARDWARE, *BUILDINGS, "duties_usd money.contingency_share")),
        about="For what nobody thought of.",
    )
    capex_usd_per_year: Floats = figure(
        "USD",
        "sum of the parts",
        " ".join(PARTS),
        about="Capital spent in the year.",
    )
    capex_usd: Floats = figure(
        "USD",
        "sum over the years",
        "capex_usd_per_year",
        about="Capital over the plan.",
        axes=(),
    )
    facility_usd_per_year: Floats = figure(
        "USD",
        "land + shell + electrical + cooling + grid connection + own generation, with their contingency",
        " ".join((*BUILDINGS, "money.contingency_share")),
        about="Buildings and plant, of the capital.",
    )


def size_factor(site_mw: Floats, surcharge: Floats) -> Floats:
    """Return the unit cost of buildings against that at 20 MW and above: ``(20 / MW) ^ surcharge`` below it.

    Examples
    --------
    >>> size_factor(np.array([2.0, 20.0, 500.0]), np.array(0.1)).round(3).tolist()
    [1.259, 1.0, 1.0]
    """
    return np.asarray(np.maximum(REFERENCE_MW / np.maximum(site_mw, 0.01), 1) ** surcharge)


def capex_of(fleet: Fleet, energy: Energy, v: Values) -> Capex:
    """Return the capital of a fleet and its buildings.

    Returns
    -------
    Capex
        float64[draws, years] in dollars of the year; every part is zero or more.
    """
    n_years = fleet.accelerators_installed.shape[1]
    years = np.arange(n_years)[None, :]
    prices = (1 + v("money.inflation_per_year")) ** years
    cheaper = (1 - v("money.accelerator_decline_per_year")) ** years
    hardware = fleet.accelerators_bought * v("money.hardware_usd_per_accelerator") * cheaper
    new_mw = added(energy.site_power_mw)
    built = new_mw * v("money.facility_usd_per_mw") * prices
    built = built * size_factor(energy.site_power_mw.max(axis=1, keepdims=True), v("money.small_site_surcharge"))
    built = built * (1 + v("money.hazard_hardening_share"))
    solar = added(energy.solar_power_mw) * 1000 * v("energy.solar_capex_eur_per_kw")
    battery = added(energy.battery_mwh) * 1000 * v("energy.battery_capex_eur_per_kwh")
    parts = {
        "accelerators_usd": hardware * CHIP_SHARE,
        "servers_usd": hardware * SERVER_SHARE,
        "network_usd": hardware * NETWORK_SHARE,
        "storage_usd": hardware * v("money.storage_share"),
        "land_usd": new_mw * v("money.land_usd_per_mw") * prices,
        "shell_usd": built * np.maximum(1 - v("money.electrical_share") - v("money.cooling_share"), 0),
        "electrical_usd": built * v("money.electrical_share"),
        "cooling_usd": built * v("money.cooling_share"),
        "grid_connection_usd": new_mw * v("money.grid_connection_usd_per_mw") * prices,
        "own_generation_usd": (solar + battery) * v("energy.usd_per_eur") * prices,
    }
    parts["duties_usd"] = sum((parts[name] for name in HARDWARE), np.zeros(1)) * v("money.duty_share")
    parts["contingency_usd"] = sum(parts.values(), np.zeros(1)) * v("money.contingency_share")
    yearly = sum((parts[name] for name in PARTS), np.zeros(1))
    facility = sum((parts[name] for name in BUILDINGS), np.zeros(1)) * (1 + v("money.contingency_share"))
    return Capex(**parts, capex_usd_per_year=yearly, capex_usd=yearly.sum(axis=1), facility_usd_per_year=facility)


def land_of(capex: Capex, v: Values) -> Floats:
    """Return what was paid for land, with its contingency, float64[draws, years]: it does not wear out."""
    return np.asarray(capex.land_usd * (1 + v("money.contingency_share")))


def added(standing: Floats) -> Floats:
    """Return what is added in each year so that at least `standing` stands; nothing is torn down.

    Examples
    --------
    >>> added(np.array([[1.0, 3.0, 2.0, 4.0]])).tolist()
    [[1.0, 2.0, 0.0, 1.0]]
    """
    most = np.maximum.accumulate(standing, axis=1)
    return np.diff(most, axis=1, prepend=0.0)
