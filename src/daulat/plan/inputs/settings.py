# SPDX-License-Identifier: Apache-2.0
"""Settings: the choices of a plan that are no numbers with a spread: years, regions, services, model, hardware, phases.

Comes in: the `plan:` section as plain data. Goes out: frozen `Settings`, and an `InputError` for each choice that is
wrong, which names path, value and what is allowed. It reads no file and draws nothing.
"""

from __future__ import annotations

import dataclasses
import difflib
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from daulat.plan.errors import Faults, InputError
from daulat.plan.inputs.located import place
from daulat.plan.units import likely_meant, plainly

Origin = str | Mapping[str, str]  # a file, or the file of each choice
MODES = ("demand", "power")
SERVICE_ID = re.compile(r"[a-z][a-z0-9-]{0,39}")
SITES = ("fixed", "choose")
COOLING = ("", "air", "evaporative", "liquid")
FRAMEWORKS = ("vllm", "sglang", "tensorrt-llm")
# choice -> least, most, unit
RANGES = {
    "ttft_s": (0.02, 600.0, "s"),
    "tpot_s": (0.0005, 5.0, "s"),
    "objective_share": (0.5, 0.999, "share"),
    "context_tokens": (256.0, 1e7, "tokens"),
    "speculative_decoding": (1.0, 2.0, "ratio"),
    "disaggregated_prefill": (1.0, 1.4, "ratio"),
}
FIRST_YEAR, LAST_YEAR = 2024, 2060
DATA_YEAR = 2026  # the year of what has no date: people, and numbers that nobody dated
MIN_MW, MAX_MW = 0.02, 20_000.0


@dataclass(frozen=True)
class ServicePlan:
    """A service in the plan: who uses it (`citizens` or `civil servants`) and the model that answers."""

    id: str
    users: str
    model: str


@dataclass(frozen=True)
class Event:
    """Special days: the requests of `service` times an input, for `days` of each year."""

    id: str
    service: str
    days: int


@dataclass(frozen=True)
class Settings:
    """The choices of a plan.

    Parameters
    ----------
    start_year : int
        The first year of service; spending begins in it.
    horizon_years : int
        Years in the plan.
    regions : tuple of str
        Codes of the regions or groups served; empty for the whole nation.
    mode : str
        ``demand``: as many accelerators as the demand needs. ``power``: a site of `site_power_mw`.
    site_power_mw : float
        Power of the whole site (or the limit of it in ``demand`` mode; 0 for none).
    phases : tuple of float
        Share of `site_power_mw` that stands in each year, rising; the last holds for the years after.
    accelerator, precision : str
        Hardware and arithmetic of every deployment.
    cooling : str
        ``air``, ``evaporative`` or ``liquid``; empty: not settled, with the range of all.
    currency : str
        In which amounts are shown beside dollars; it needs a rate. Empty: dollars alone.
    ttft_s, tpot_s, objective_share : float
        Seconds to the first token and for each after it that users are promised, and the share of requests that keep
        both.
    context_tokens : float
        The longest prompt and answer together for which memory is kept.
    speculative_decoding, disaggregated_prefill : float
        Factors of `serving_factors.csv`; 1 is off.
    site : str
        Code or name of the region of the one site; empty: the capital.
    sites : str
        ``fixed``: one site. ``choose``: the cheapest ones that keep the rules of `plan.siting`.
    budget_usd : float
        Capital that may be spent; 0 for none set.
    """

    start_year: int = 2027
    horizon_years: int = 10
    regions: tuple[str, ...] = ()
    mode: str = "demand"
    site_power_mw: float = 0.0
    phases: tuple[float, ...] = (1.0,)
    model: str = "gpt-oss-120b"
    accelerator: str = "h200-sxm"
    precision: str = "fp4"
    framework: str = "vllm"
    ttft_s: float = 2.0
    tpot_s: float = 0.05
    objective_share: float = 0.95
    context_tokens: float = 8192.0
    speculative_decoding: float = 1.0
    disaggregated_prefill: float = 1.0
    services: tuple[ServicePlan, ...] = ()
    events: tuple[Event, ...] = ()
    site: str = ""
    sites: str = "fixed"
    budget_usd: float = 0.0
    currency: str = ""
    cooling: str = ""

    @property
    def years(self) -> tuple[int, ...]:
        """The calendar years of the plan."""
        return tuple(range(self.start_year, self.start_year + self.horizon_years))


def read_settings(
    data: Mapping[str, Any],
    origin: Origin,
    services: Sequence[str],
    event_services: Mapping[str, tuple[str, int]],
    models: Iterable[str],
    accelerators: Iterable[str],
    precisions: Iterable[str],
    *,
    faults: Faults,
) -> Settings:
    """Return the settings of a `plan:` section.

    Every choice that is unknown, out of range or contradicts another is added to `faults`, and its default is taken.
    """
    base, take = Settings(), faults.take
    names = {one.name for one in dataclasses.fields(Settings)}
    for key in data:
        if key not in names:
            faults.add(fault(origin, key, data[key], "is not a choice of a plan", _near(key, names)))

    def chosen_of(key: str, known: Iterable[str]) -> str:
        default: str = getattr(base, key)
        return take(default, _one_of, data, key, default, known, origin)

    models = list(models)
    model = chosen_of("model", models)
    horizon = take(base.horizon_years, _whole, data, "horizon_years", base.horizon_years, 1, 30, origin)
    mode = chosen_of("mode", MODES)
    power = take(0.0, _amount, data, "site_power_mw", MIN_MW, MAX_MW, origin)
    if mode == "power" and data.get("site_power_mw") is None:
        allowed = f"{MIN_MW} to {MAX_MW:,.0f} MW"
        faults.add(fault(origin, "site_power_mw", data.get("site_power_mw"), "is needed in power mode", allowed))
    services_chosen = _services(data, services, model, models, origin, faults)
    return Settings(
        start_year=take(base.start_year, _whole, data, "start_year", base.start_year, FIRST_YEAR, LAST_YEAR, origin),
        horizon_years=horizon,
        regions=tuple(str(one) for one in _listed(data.get("regions"))),
        mode=mode,
        site_power_mw=power,
        phases=take(base.phases, _phases, data, horizon, origin),
        model=model,
        accelerator=chosen_of("accelerator", accelerators),
        precision=chosen_of("precision", precisions),
        framework=chosen_of("framework", FRAMEWORKS),
        **{key: take(getattr(base, key), _within, data, key, getattr(base, key), origin) for key in RANGES},
        services=services_chosen,
        events=_events(data, event_services, [one.id for one in services_chosen], origin, faults),
        site=str(data.get("site", "")),
        sites=chosen_of("sites", SITES),
        budget_usd=take(0.0, _amount, data, "budget_usd", 1_000.0, 1e13, origin),
        cooling=chosen_of("cooling", COOLING),
        currency=str(data.get("currency", "")),
    )


def fault(origin: Origin, path: str, value: Any, what: str, allowed: str, fix: str = "") -> InputError:
    """Return the error of one choice, named by the file that it stands in."""
    where = origin if isinstance(origin, str) else origin.get(path.partition(".")[0], "nation.yaml")
    return InputError(
        f"{place(where, path)}: plan.{path}: `{value}` {what}",
        why=f"Allowed is {allowed}.",
        fix=fix or "Correct the choice; `daulat plan choices` lists all with what is allowed.",
        code="plan.choice",
    )


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [] if value in (None, "") else [value]


def _near(value: str, names: Iterable[str]) -> str:
    known, given = sorted(names), "-".join(str(value).lower().split())
    begins = [name for name in known if given and name.startswith(given)]
    near = (begins or difflib.get_close_matches(given, known, n=3, cutoff=0.5))[:3]
    if near:
        return f"one of {len(known)} known (did you mean {' or '.join(f'`{one}`' for one in near)}?)"
    more = f" and {len(known) - 12} more" if len(known) > 12 else ""
    return f"one of {', '.join(known[:12])}{more}"


def _whole(data: Mapping[str, Any], key: str, default: int, low: int, high: int, origin: Origin) -> int:
    value = data.get(key, default)
    if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
        raise fault(origin, key, value, "is out of range", f"a whole number from {low} to {high}")
    return value


def _one_of(data: Mapping[str, Any], key: str, default: str, known: Iterable[str], origin: Origin) -> str:
    value, names = str(data.get(key, default)), list(known)
    if value not in names:
        raise fault(origin, key, value, "is not known", _near(value, names))
    return value


def _amount(data: Mapping[str, Any], key: str, low: float, high: float, origin: Origin) -> float:
    if data.get(key) is None:
        return 0.0
    return _ranged(key, data[key], low, high, "MW" if key == "site_power_mw" else "USD", origin)


def _within(data: Mapping[str, Any], key: str, default: float, origin: Origin) -> float:
    low, high, unit = RANGES[key]
    return _ranged(key, data.get(key, default), low, high, unit, origin)


def _ranged(key: str, value: Any, low: float, high: float, unit: str, origin: Origin) -> float:
    allowed = f"{plainly(low)} to {plainly(high)} {unit}"
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise fault(origin, key, value, "is not a number", allowed, f"Write the number alone, in {unit}.")
    if not low <= value <= high:  # also false for NaN
        meant = likely_meant(float(value), unit, low, high)
        raise fault(origin, key, value, "is out of range", allowed, f"Did you mean {meant}" if meant else "")
    return float(value)


def _phases(data: Mapping[str, Any], horizon: int, origin: Origin) -> tuple[float, ...]:
    given = data.get("phases", [1.0])
    good = isinstance(given, list) and given and all(isinstance(one, int | float) and 0 <= one <= 1 for one in given)
    if not good or sorted(given) != list(given) or given[-1] == 0:
        raise fault(
            origin,
            "phases",
            given,
            "contradicts itself",
            "shares of the full power from 0 to 1, one a year, none below the year before, the last above 0",
        )
    if len(given) > horizon:
        raise fault(origin, "phases", given, f"has more years than the plan's {horizon}", f"at most {horizon} shares")
    return tuple(float(one) for one in given)


def _services(
    data: Mapping[str, Any],
    services: Sequence[str],
    model: str,
    models: Iterable[str],
    origin: Origin,
    faults: Faults,
) -> tuple[ServicePlan, ...]:
    chosen = data.get("services")
    rows = list(chosen.items()) if isinstance(chosen, Mapping) else [(name, None) for name in _listed(chosen)]
    everyone = [(name, None) for name in (*services, "ministries")]
    found = [faults.take(None, _service, key, row, model, models, origin) for key, row in rows or everyone]
    return tuple(one for one in found if one is not None)


def _service(key: Any, row: Any, model: str, models: Iterable[str], origin: Origin) -> ServicePlan:
    if not isinstance(key, str) or not SERVICE_ID.fullmatch(key):
        raise fault(origin, "services", key, "is no id of a service", "lower-case letters, digits and hyphens")
    if not isinstance(row, Mapping | None) or set(row or {}) - {"model"}:
        raise fault(origin, f"services.{key}", row, "is no choice of a service", "a mapping with `model`, or nothing")
    name = _one_of({"model": (row or {}).get("model", model)}, "model", model, models, origin)
    return ServicePlan(key, "civil servants" if key == "ministries" else "citizens", name)


def _events(
    data: Mapping[str, Any],
    known: Mapping[str, tuple[str, int]],
    served: Sequence[str],
    origin: Origin,
    faults: Faults,
) -> tuple[Event, ...]:
    usual = [key for key, (service, _) in known.items() if service in served]
    found = [faults.take(None, _event, name, known, served, origin) for name in _listed(data.get("events", usual))]
    return tuple(one for one in found if one is not None)


def _event(name: Any, known: Mapping[str, tuple[str, int]], served: Sequence[str], origin: Origin) -> Event:
    if not isinstance(name, str) or name not in known:
        raise fault(origin, "events", name, "is not known", _near(str(name), known))
    if known[name][0] not in served:
        allowed = f"events of {', '.join(served)}"
        raise fault(origin, "events", name, "raises a service that the plan has not", allowed)
    return Event(name, *known[name])
