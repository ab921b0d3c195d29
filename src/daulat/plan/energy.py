# SPDX-License-Identifier: Apache-2.0
"""Energy and water: power, megawatt-hours, carbon, water and heat of the fleet.

Third stage of the build road: takes a `Fleet` and the place's climate and grid; returns an `Energy`. Chooses no tariff
and spends no money. Model: measured power of idle, serving and busy servers, times a PUE that grows with the climate.
Derivation, limits and sources: docs/concepts/plan-energy.md
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from daulat.plan._tables import Record, number
from daulat.plan.figures import Floats, figure
from daulat.plan.inputs.draws import Values
from daulat.plan.sizing.fleet import HOURS_A_YEAR, Fleet

DEFAULT_LIMIT_W = 700.0
FREE_COOLING_C = 15.0  # below it PUE does not fall further (Flucker, Tozer and Whitehead 2013)


@dataclass(frozen=True)
class Energy:
    """Power and energy by year."""

    page: ClassVar[str] = "plan-energy.md"

    it_kw_per_accelerator: Floats = figure(
        "kW",
        "(power limit + wall watts over it) / 1000 x (1 + network)",
        "energy.wall_watts_over_limit energy.network_share",
        about="IT power of one accelerator at full load, with its share of server and network.",
        axes=(),
    )
    pue: Floats = figure(
        "ratio",
        "base + slope x max(temperature - 15, 0)",
        "energy.pue_base energy.pue_slope_per_c energy.annual_temperature_c energy.temperature_error_c",
        about="Site energy over IT energy, mean of the year.",
        axes=(),
    )
    site_kw_per_accelerator: Floats = figure(
        "kW",
        "IT kW of one accelerator x PUE x peak over mean",
        "it_kw_per_accelerator pue energy.pue_peak_over_mean",
        about="Site power of one accelerator at full load in the hottest hours.",
        axes=(),
    )
    it_power_mw: Floats = figure(
        "MW",
        "installed x IT kW / 1000",
        "accelerators_installed it_kw_per_accelerator",
        about="IT power at full load.",
    )
    site_power_mw: Floats = figure(
        "MW",
        "installed x site kW / 1000",
        "accelerators_installed site_kw_per_accelerator",
        about="Power that the site must be able to draw.",
    )
    it_energy_mwh: Floats = figure(
        "MWh",
        "IT power x 8760 h x (utilisation x busy + (1 - utilisation) x (gathered x idle + (1 - gathered) x serving))",
        "it_power_mw utilisation energy.busy_share energy.serving_share energy.gathered_share energy.idle_share",
        about="IT energy of the year.",
    )
    site_energy_mwh: Floats = figure(
        "MWh",
        "IT energy x PUE",
        "it_energy_mwh pue",
        about="Energy of the site.",
    )
    cooling_and_losses_mwh: Floats = figure(
        "MWh",
        "site energy - IT energy",
        "site_energy_mwh it_energy_mwh",
        about="Energy of cooling and losses.",
    )
    solar_energy_mwh: Floats = figure(
        "MWh",
        "site energy x solar share",
        "site_energy_mwh energy.solar_share",
        about="Energy from own panels.",
    )
    ppa_energy_mwh: Floats = figure(
        "MWh",
        "(site - solar) x PPA share",
        "site_energy_mwh solar_energy_mwh energy.ppa_share",
        about="Energy from a power purchase agreement.",
    )
    grid_energy_mwh: Floats = figure(
        "MWh",
        "site - solar - PPA",
        "site_energy_mwh solar_energy_mwh ppa_energy_mwh",
        about="Energy from the grid.",
    )
    emissions_tco2e: Floats = figure(
        "tCO2e",
        "grid MWh x grid factor x (1 - decline) ^ years since its date / 1000 "
        "+ (PPA + solar) MWh x their factor / 1000",
        "grid_energy_mwh ppa_energy_mwh solar_energy_mwh energy.grid_gco2_per_kwh "
        "energy.grid_decline_per_year energy.ppa_gco2_per_kwh",
        about="Greenhouse gases of the energy.",
    )
    onsite_water_m3: Floats = figure(
        "m3",
        "IT energy x litres a kWh",
        "it_energy_mwh energy.onsite_water_l_per_kwh",
        about="Water used at the site.",
    )
    offsite_water_m3: Floats = figure(
        "m3",
        "grid energy x litres a kWh",
        "grid_energy_mwh energy.offsite_water_l_per_kwh",
        about="Water used in making the grid's electricity.",
    )
    reused_heat_mwh: Floats = figure(
        "MWh",
        "IT energy x share of the heat used",
        "it_energy_mwh energy.heat_reuse_share",
        about="Heat that others use.",
    )
    solar_power_mw: Floats = figure(
        "MW",
        "solar energy / (8760 h x capacity factor), never less than the year before",
        "solar_energy_mwh energy.solar_capacity_factor",
        about="Own panels.",
    )
    battery_mwh: Floats = figure(
        "MWh",
        "mean load x solar share x hours",
        "site_energy_mwh energy.solar_share energy.battery_hours",
        about="Own batteries.",
    )
    wh_per_1000_tokens: Floats = figure(
        "Wh/1000 tokens",
        "site energy x share of the work that is the nation's own / tokens",
        "site_energy_mwh tokens_served_per_year other_accelerators utilisation accelerators_installed",
        about="Energy of a thousand tokens, read and written.",
    )
    notes: tuple[str, ...] = ()


def zonal_temperature_c(latitude: float) -> float:
    """Return the mean temperature of a latitude: 14.9 - 28.0 P2(sin latitude), North (1975).

    Examples
    --------
    >>> round(zonal_temperature_c(0.0), 1), round(zonal_temperature_c(60.0), 1)
    (28.9, -2.6)
    """
    sine = float(np.sin(np.radians(latitude)))
    return 14.9 - 28.0 * (3 * sine**2 - 1) / 2


def pue(v: Values) -> Floats:
    """Return the year's mean PUE, float64[draws, 1]."""
    warmer = np.maximum(v("energy.annual_temperature_c") + v("energy.temperature_error_c") - FREE_COOLING_C, 0)
    return v("energy.pue_base") + v("energy.pue_slope_per_c") * warmer


def it_kw_per_accelerator(chip: Record, v: Values) -> Floats:
    """Return the IT power of one accelerator at full load, float64[draws, 1]."""
    limit = number(chip, "power_limit_w") or DEFAULT_LIMIT_W
    return (limit + v("energy.wall_watts_over_limit")) / 1000 * (1 + v("energy.network_share"))


def site_kw_per_accelerator(chip: Record, v: Values) -> Floats:
    """Return the site power of one accelerator at full load in the hottest hours, float64[draws, 1]."""
    return it_kw_per_accelerator(chip, v) * pue(v) * v("energy.pue_peak_over_mean")


def energy_of(fleet: Fleet, chip: Record, v: Values) -> Energy:
    """Return power, energy, carbon and water of a fleet."""
    shape = fleet.accelerators_installed.shape
    years = np.arange(shape[1])[None, :]
    each, ratio, site_each = it_kw_per_accelerator(chip, v), pue(v), site_kw_per_accelerator(chip, v)
    it_power = fleet.accelerators_installed * each / 1000
    work, gathered = np.minimum(fleet.utilisation, 1), v("energy.gathered_share")
    resting = gathered * v("energy.idle_share") + (1 - gathered) * v("energy.serving_share")
    it_energy = it_power * HOURS_A_YEAR * (work * v("energy.busy_share") + (1 - work) * resting)
    site = it_energy * ratio
    solar = site * v("energy.solar_share")
    ppa = (site - solar) * v("energy.ppa_share")
    grid = site - solar - ppa
    factor = v("energy.grid_gco2_per_kwh") * (1 - v("energy.grid_decline_per_year")) ** years
    at_work = np.maximum(fleet.utilisation * fleet.accelerators_installed, 1e-300)
    own = np.clip(1 - fleet.other_accelerators / at_work, 0, 1)
    return Energy(
        it_kw_per_accelerator=_each(each, v),
        pue=_each(ratio, v),
        site_kw_per_accelerator=_each(site_each, v),
        it_power_mw=it_power,
        site_power_mw=fleet.accelerators_installed * site_each / 1000,
        it_energy_mwh=it_energy,
        site_energy_mwh=site,
        cooling_and_losses_mwh=site - it_energy,
        solar_energy_mwh=np.broadcast_to(solar, shape),
        ppa_energy_mwh=np.broadcast_to(ppa, shape),
        grid_energy_mwh=grid,
        emissions_tco2e=(grid * factor + (ppa + solar) * v("energy.ppa_gco2_per_kwh")) / 1000,
        onsite_water_m3=it_energy * v("energy.onsite_water_l_per_kwh"),
        offsite_water_m3=grid * v("energy.offsite_water_l_per_kwh"),
        reused_heat_mwh=it_energy * v("energy.heat_reuse_share"),
        solar_power_mw=np.maximum.accumulate(solar / HOURS_A_YEAR / v("energy.solar_capacity_factor"), axis=1),
        battery_mwh=np.maximum.accumulate(
            site / HOURS_A_YEAR * v("energy.solar_share") * v("energy.battery_hours"), axis=1
        ),
        wh_per_1000_tokens=site * own * 1e6 * 1000 / np.maximum(fleet.tokens_served_per_year, 1e-300),
    )


def _each(values: Floats, v: Values) -> Floats:
    return np.broadcast_to(values, (v.n_draws, 1))[:, 0]
