# SPDX-License-Identifier: Apache-2.0
"""The fleet: accelerators needed, standing, bought and retired in each year, and the share of the demand they serve.

Comes in: `Demand`, `WeekShape`, serving curves by service, `Values`, `Settings`, and the power that one accelerator
draws from the site. Goes out: a `Fleet`. In power mode the site's megawatts say how many stand, else the demand does.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from daulat.plan._tables import Record, number
from daulat.plan.demand import Demand, WeekShape
from daulat.plan.figures import Floats, figure
from daulat.plan.inputs.draws import Values
from daulat.plan.inputs.settings import Settings
from daulat.plan.note import Note
from daulat.plan.serving import SERVER, ServingCurve
from daulat.plan.sizing.peak import burst_factor, busiest_hour, hours_by_service, staffing_factor, week_load

HOURS_A_YEAR = 8760.0
SECONDS_A_YEAR = HOURS_A_YEAR * 3600
QUIET_SHARE = 0.9  # batch work fills quiet hours up to this share of what works


@dataclass(frozen=True)
class Fleet:
    """Accelerators by year."""

    page: ClassVar[str] = "plan-demand.md"

    throughput_tok_s: Floats = figure(
        "tokens/s",
        "roofline(model, accelerator, precision; prompt not cached, output) x error of the fit",
        "prompt_tokens_per_request output_tokens_per_request demand.cached_prompt_share sizing.throughput_error "
        "sizing.first_token_error",
        about="Output tokens a second and accelerator, by service.",
        axes=("service",),
        page="throughput.md",
    )
    busy_accelerators: Floats = figure(
        "accelerators",
        "requests x output tokens / seconds of a year / throughput",
        "requests_per_year output_tokens_per_request throughput_tok_s",
        about="Accelerators at work on average, by service.",
        axes=("year", "service"),
    )
    busiest_hour_accelerators: Floats = figure(
        "accelerators",
        "max over hours of the week and special days: sum over services of busy accelerators x shape",
        "busy_accelerators demand.diurnal_peak_to_mean service.*.office_share event.*.factor",
        about="Accelerators at work in the busiest hour of the year.",
    )
    requests_in_service: Floats = figure(
        "count",
        "Little's law: requests a second x output tokens x time a token, in the busiest hour",
        "requests_per_year output_tokens_per_request sizing.time_per_token_s "
        "busiest_hour_accelerators busy_accelerators",
        about="Requests being answered at once in the busiest hour.",
    )
    peak_over_busiest_hour: Floats = figure(
        "ratio",
        "lognormal quantile of the rate within the hour x (1 + beta sqrt(I / requests in service))",
        "requests_in_service demand.burst_cv demand.output_cv sizing.peak_percentile sizing.waiting_share",
        about="What must be ready over the mean of the busiest hour.",
    )
    training_accelerators: Floats = figure(
        "accelerators",
        "6 x active parameters x tokens / (peak rate x utilisation x seconds of a year)",
        "training_tokens_per_year demand.training_utilisation",
        about="Accelerators at work on training and fine-tuning.",
    )
    batch_accelerators: Floats = figure(
        "accelerators",
        "batch tokens / seconds of a year / mean throughput",
        "batch_tokens_per_year throughput_tok_s",
        about="Accelerators at work on batch, on average; in quiet hours.",
    )
    accelerators_needed: Floats = figure(
        "accelerators",
        "(max(busiest hour x peak, (busy + batch) / 0.9) + training) / availability x (1 + spare), in whole servers",
        "busiest_hour_accelerators peak_over_busiest_hour busy_accelerators batch_accelerators "
        "training_accelerators sizing.availability sizing.spare_share",
        about="Accelerators that the whole demand needs.",
    )
    accelerators_installed: Floats = figure(
        "accelerators",
        "demand mode: the most needed at a year's end so far, within the site's power; power mode: site power / one's",
        "accelerators_needed site_kw_per_accelerator",
        about="Accelerators that stand.",
    )
    accelerators_bought: Floats = figure(
        "accelerators",
        "installed - those bought before and not yet past their life",
        "accelerators_installed money.hardware_life_years",
        about="Accelerators bought in the year, replacements included.",
    )
    served_share: Floats = figure(
        "share",
        "min(1, installed / needed)",
        "accelerators_installed accelerators_needed",
        about="Share of the demand that is served.",
    )
    other_accelerators: Floats = figure(
        "accelerators",
        "(installed x availability - busy - batch - training) x share of idle capacity lent to others",
        "accelerators_installed busy_accelerators batch_accelerators training_accelerators "
        "sizing.availability sizing.other_use_share served_share",
        about="Accelerators at work for others, on average.",
    )
    utilisation: Floats = figure(
        "share",
        "(busy + batch + training + other) / installed",
        "busy_accelerators batch_accelerators training_accelerators other_accelerators "
        "accelerators_installed served_share",
        about="Share of the accelerators at work, on average.",
    )
    tokens_served_per_year: Floats = figure(
        "tokens/year",
        "(prompt + output + batch) x served share",
        "prompt_tokens_per_year output_tokens_per_year batch_tokens_per_year served_share",
        about="Tokens read and written for people, ministries and batch.",
    )
    load_by_hour: Floats = figure(
        "accelerators",
        "busy accelerators of the last year x shape of the week",
        "busy_accelerators demand.diurnal_peak_to_mean service.*.office_share",
        about="Accelerators at work by hour of an ordinary week (UTC).",
        axes=("hour",),
    )
    requests_by_hour: Floats = figure(
        "requests/hour",
        "requests of the last year / 8760 x shape of the week",
        "requests_per_year demand.diurnal_peak_to_mean service.*.office_share",
        about="Requests by hour of an ordinary week (UTC), by service.",
        axes=("service", "hour"),
    )
    notes: tuple[Note, ...] = ()


def size_fleet(
    demand: Demand,
    shape: WeekShape,
    curves: Sequence[ServingCurve],
    chip: Record,
    active_parameters: float,
    site_kw_per_accelerator: Floats,
    v: Values,
    settings: Settings,
) -> Fleet:
    """Return the fleet that a demand needs, or that a site's power allows.

    Parameters
    ----------
    curves : sequence of ServingCurve
        One for each service, in the order of the settings.
    chip : Record
        The accelerator's row of the table.
    active_parameters : float
        Of the model that is trained.
    site_kw_per_accelerator : float64[draws, 1]
        Site power of one accelerator at full load in the hottest hours.
    """
    rates = _rates(demand, curves, v)
    output = demand.requests_per_year * demand.output_tokens_per_request[:, None, :]
    busy = output / SECONDS_A_YEAR / rates[:, None, :]
    office, events = _columns(settings, v, "office_share"), _events(settings, v)
    peak_to_mean = v("demand.diurnal_peak_to_mean")
    hour = busiest_hour(shape, busy, office, peak_to_mean, events)
    mean_busy = busy.sum(axis=2)
    in_service = _in_service(output, hour / np.maximum(mean_busy, 1e-300), v)
    ready = _ready(in_service, v)
    mean_rate = output.sum(axis=2) / np.maximum(mean_busy, 1e-300) / SECONDS_A_YEAR
    batch = demand.batch_tokens_per_year / SECONDS_A_YEAR / np.maximum(mean_rate, 1e-9)
    training = _training(demand, chip, active_parameters, v)
    at_work = np.maximum(hour * ready, (mean_busy + batch) / QUIET_SHARE) + training
    needed = _whole_servers(at_work / v("sizing.availability") * (1 + v("sizing.spare_share")))
    installed = _installed(needed, site_kw_per_accelerator, settings)
    served = np.minimum(1, installed / np.maximum(needed, 1))
    own = (mean_busy + batch + training) * served
    other = np.maximum(installed * v("sizing.availability") - own, 0) * v("sizing.other_use_share")
    tokens = (demand.prompt_tokens_per_year + demand.output_tokens_per_year + demand.batch_tokens_per_year) * served
    return Fleet(
        throughput_tok_s=rates,
        busy_accelerators=busy,
        busiest_hour_accelerators=hour,
        requests_in_service=in_service,
        peak_over_busiest_hour=np.broadcast_to(ready, hour.shape),
        training_accelerators=np.broadcast_to(training, hour.shape),
        batch_accelerators=batch,
        accelerators_needed=needed,
        accelerators_installed=installed,
        accelerators_bought=bought(installed, v("money.hardware_life_years")),
        served_share=served,
        other_accelerators=other,
        utilisation=(own + other) / np.maximum(installed, 1),
        tokens_served_per_year=tokens,
        load_by_hour=week_load(shape, busy[:, -1:, :], office, peak_to_mean)[:, 0, :],
        requests_by_hour=hours_by_service(
            shape, demand.requests_per_year[:, -1, :] / HOURS_A_YEAR, office, peak_to_mean
        ),
        notes=tuple(dict.fromkeys(note for curve in curves for note in curve.notes)),
    )


def _rates(demand: Demand, curves: Sequence[ServingCurve], v: Values) -> Floats:
    """Output tokens a second and accelerator, float64[draws, services]."""
    fresh = np.maximum(demand.prompt_tokens_per_request * (1 - v("demand.cached_prompt_share")), 1)
    answer = demand.output_tokens_per_request
    error, late = v("sizing.throughput_error")[:, 0], v("sizing.first_token_error")[:, 0]
    return np.stack([one.rate(fresh[:, k], answer[:, k], error, late) for k, one in enumerate(curves)], axis=1)


def _events(settings: Settings, v: Values) -> list[tuple[int, Floats]]:
    """The service of each special event, by its place, and the factor by which it grows."""
    places = [one.id for one in settings.services]
    return [(places.index(event.service), v(f"event.{event.id}.factor")) for event in settings.events]


def _in_service(output: Floats, peak_to_mean: Floats, v: Values) -> Floats:
    """Requests in service in the busiest hour, by Little's law: float64[draws, years]."""
    return np.asarray(output.sum(axis=2) / SECONDS_A_YEAR * v("sizing.time_per_token_s") * peak_to_mean)


def _ready(in_service: Floats, v: Values) -> Floats:
    """What must be ready over the busiest hour's mean load: float64[draws, years]."""
    bursts = burst_factor(v("demand.burst_cv"), float(v("sizing.peak_percentile").flat[0]))
    waiting = staffing_factor(in_service, v("demand.output_cv"), float(v("sizing.waiting_share").flat[0]))
    return np.asarray(bursts * waiting)


def _training(demand: Demand, chip: Record, active_parameters: float, v: Values) -> Floats:
    """Accelerators that train all year: 6 x parameters x tokens over the rate in use, float64[draws, years]."""
    operations = demand.training_tokens_per_year * 6 * active_parameters
    return np.asarray(operations / (_peak_flops(chip) * v("demand.training_utilisation") * SECONDS_A_YEAR))


def whole_years(life_years: Floats) -> Floats:
    """Return a life in whole years, one or more, for what is bought or written off by the year; halves go up.

    Examples
    --------
    >>> whole_years(np.array([0.2, 4.4, 4.5, 5.5, 6.5])).tolist()
    [1.0, 4.0, 5.0, 6.0, 7.0]
    """
    return np.asarray(np.maximum(np.floor(life_years + 0.5), 1))


def bought(installed: Floats, life_years: Floats) -> Floats:
    """Return what is bought in each year so that `installed` stand, each batch being retired after its life.

    Parameters
    ----------
    installed : float64[draws, years]
    life_years : float64[draws, 1]
        Counted in `whole_years`.

    Examples
    --------
    >>> bought(np.array([[8.0, 16.0, 16.0, 16.0]]), np.array([[2.0]])).tolist()
    [[8.0, 8.0, 8.0, 8.0]]
    """
    life = whole_years(life_years)
    purchases = np.zeros_like(installed)
    for year in range(installed.shape[1]):
        ages = year - np.arange(year)
        alive = (purchases[:, :year] * (ages[None, :] < life)).sum(axis=1)
        purchases[:, year] = np.maximum(installed[:, year] - alive, 0)
    return purchases


def _installed(needed: Floats, site_kw: Floats, settings: Settings) -> Floats:
    power_kw = settings.site_power_mw * 1000
    limit = np.floor(power_kw / site_kw / SERVER) * SERVER
    if settings.mode == "power":
        shares = np.array([*settings.phases, *[settings.phases[-1]] * settings.horizon_years])[: settings.horizon_years]
        return np.broadcast_to(np.floor(limit * shares / SERVER) * SERVER, needed.shape)
    # It must last to the end of the year: halfway, in proportion, to what the middle of the next year needs.
    ahead = np.concatenate([needed[:, 1:], needed[:, -1:]], axis=1)
    stand = np.maximum.accumulate(_whole_servers(np.sqrt(needed * np.maximum(ahead, needed))), axis=1)
    return np.minimum(stand, limit) if settings.site_power_mw else stand


def _whole_servers(accelerators: Floats) -> Floats:
    # A hair below, so that 16.000000000001 accelerators are two servers and not three.
    return np.asarray(np.ceil(accelerators / SERVER - 1e-9) * SERVER)


def _columns(settings: Settings, v: Values, name: str) -> Floats:
    columns = [np.broadcast_to(v(f"service.{one.id}.{name}"), (v.n_draws, 1)) for one in settings.services]
    return np.concatenate(columns, axis=1)


def _peak_flops(chip: Record) -> float:
    return (number(chip, "bf16_tflops") or (number(chip, "int8_tops") or 0) / 2 or 100.0) * 1e12
