# SPDX-License-Identifier: Apache-2.0
"""Rules: may the country receive the hardware that the plan relies on, and if not, what is the best it may?

Comes in: a country, the chosen accelerator, `export_rules.yaml` (dated, with citations), the nation's own import rules,
and a function that tries a plan with other hardware. Goes out: a `RuleCheck` with what is permitted, cheapest first.
It gives no legal advice: it names the rule, its date and the class computed, for counsel to confirm.
"""

from __future__ import annotations

import csv
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from functools import cache
from importlib.resources import as_file, files
from typing import Any

from daulat.nation import read_yaml
from daulat.plan._tables import Record, accelerators, models, number
from daulat.plan.figures import Floats
from daulat.plan.imports import ImportRules
from daulat.plan.inputs.settings import Settings
from daulat.plan.note import Note, note, word
from daulat.plan.serving import keeps_objective, way_of


@dataclass(frozen=True)
class Offer:
    """A permitted accelerator that serves the plan's models, and what a million tokens cost with it."""

    accelerator: str
    usd_per_mtok: float


@dataclass(frozen=True)
class Trial:
    """A plan with some accelerator, every input at its value.

    Parameters
    ----------
    usd_per_mtok : float
        Cost of a million tokens over the plan.
    bought : float64[years]
        Accelerators bought in each year.
    """

    usd_per_mtok: float
    bought: Floats


@dataclass(frozen=True)
class RuleCheck:
    """What the rules say of one accelerator for one country.

    `status` is ``free``, ``licence needed``, ``embargoed`` or ``unknown`` under the export rules. Where these bar it or
    the nation limits its import, `offers` are the permitted accelerators that carry every model of the plan in one
    server, cheapest a token first, `alternative` is the first of them, and `offer` says so or that there is none.
    """

    accelerator: str
    country: str
    export_class: str
    status: str
    regime: str
    source: str
    as_of: str
    alternative: str
    offers: tuple[Offer, ...]
    notes: tuple[Note, ...]
    offer: Note | None = None


@cache
def regimes() -> tuple[Mapping[str, Any], ...]:
    """Return the regimes of export_rules.yaml."""
    with as_file(files("daulat.plan").joinpath("data", "export_rules.yaml")) as path:
        return tuple(read_yaml(path, name="export_rules.yaml").data["regimes"])


@cache
def origins() -> Mapping[str, Mapping[str, str]]:
    """Return vendor country and die area of each accelerator."""
    text = files("daulat.plan").joinpath("data", "accelerator_origins.csv").read_text(encoding="utf-8")
    return {row["accelerator"]: row for row in csv.DictReader(text.splitlines())}


def total_processing_performance(chip: Record) -> float:
    """Return TPP: the greatest of rate times length of operation in bits (a multiply-add counts as two).

    Examples
    --------
    >>> total_processing_performance(accelerators()["h100-sxm"])  # 1979 TOPS x 8 bits
    15832.0
    """
    rates = (("bf16_tflops", 16), ("fp8_tflops", 8), ("int8_tops", 8), ("fp4_tflops", 4))
    return max((number(chip, name) or 0.0) * bits for name, bits in rates)


def export_class(regime: Mapping[str, Any], accelerator: str) -> str:
    """Return the class of an accelerator under a regime; empty for none, ``unknown`` where its figures do not tell."""
    chip, area = accelerators()[accelerator], origins().get(accelerator, {}).get("die_mm2", "")
    tpp = total_processing_performance(chip)
    if tpp == 0:
        return "unknown"
    density = tpp / float(area) if area else None
    for one in regime["classes"]:
        for limits in one["any"]:
            if tpp < limits["tpp"]:
                continue
            if "density" not in limits or (density is not None and density >= limits["density"]):
                return str(one["id"])
            if density is None:
                return "unknown"
    return ""


def check_hardware(
    country: str, settings: Settings, imports: ImportRules, try_with: Callable[[str], Trial]
) -> RuleCheck:
    """Return what the rules say of the accelerator of a plan, with the best permitted alternative where it is barred.

    Parameters
    ----------
    try_with : callable
        Makes the plan with an accelerator; asked only where a rule stands in the way or may do.
    """
    found, years = _check(country, settings.accelerator), settings.years
    barred = found.status not in ("free", "unknown")
    if not barred and not imports.limits_any(found.accelerator, years):
        return found
    free = [name for name in accelerators() if name != found.accelerator and _check(country, name).status == "free"]
    tried = [(name, try_with(name)) for name in free if _carries(name, settings)]
    offers = sorted(
        (Offer(name, one.usd_per_mtok) for name, one in tried if imports.status(name, years, one.bought) != "exceeded"),
        key=lambda one: one.usd_per_mtok,
    )
    best = offers[0].accelerator if offers else ""
    offer = _offer(offers) if offers else _none(country, settings, free)
    notes = (_barring(found), offer) if barred else found.notes
    return replace(found, alternative=best, offers=tuple(offers), notes=notes, offer=offer)


def _barring(found: RuleCheck) -> Note:
    return note(
        "export_barred",
        accelerator=found.accelerator,
        kind=word("kind", found.export_class or "none"),
        status=word("status", found.status),
        country=found.country,
        regime=found.regime,
        as_of=found.as_of,
    )


def _offer(offers: Sequence[Offer]) -> Note:
    best, *others = (asdict(one) for one in offers)
    if not others:
        return note("offer_one", **best)
    return note("offer_many", **best, others=[note("offer_other", **one) for one in others])


def _none(country: str, settings: Settings, free: Sequence[str]) -> Note:
    """Say that no permitted accelerator carries the plan's models, and what would be carried or whom to ask."""
    unknown = [name for name in accelerators() if _check(country, name).status == "unknown"]
    model, on = _largest_carried(settings, free)
    if model:
        return note("offer_model", model=model, accelerator=on)
    return note("offer_counsel", accelerators=unknown) if unknown else note("offer_none")


def _largest_carried(settings: Settings, free: Sequence[str]) -> tuple[str, str]:
    """Return the largest model under a permissive licence that a permitted accelerator serves, and that accelerator."""
    known = [name for name, row in models().items() if row["licence_class"] == "permissive"]
    for model in sorted(known, key=lambda name: -(number(models()[name], "total_parameters_b") or 0.0)):
        for name in free:
            if number(accelerators()[name], "memory_gb") and keeps_objective(way_of(settings, model, name)):
                return model, name
    return "", ""


def _check(country: str, accelerator: str) -> RuleCheck:
    origin = origins().get(accelerator, {}).get("vendor_country", "")
    regime = next((one for one in regimes() if one["origin"] == origin), None)
    if regime is None:
        told = note("export_no_regime", accelerator=accelerator, origin=origin or note("export_no_maker"))
        return RuleCheck(accelerator, country, "", "unknown", "", "", "", "", (), (told,))
    kind = export_class(regime, accelerator)
    groups = {name for name, members in regime["groups"].items() if country in members}
    need = regime["licence_needed"]
    listed = groups & set(need["groups"]) and not groups & set(need["unless_groups"])
    letters = [
        one for one in regime["letters"] if accelerator in one["accelerators"] and groups & set(one["licence_needed"])
    ]
    if country in regime["embargoed"]:
        status = "embargoed"
    elif letters or (kind == "unknown" and listed) or (kind in need["classes"] and listed):
        status = "licence needed"
    else:
        status = "free"
    source = "; ".join([regime["source"], *(f"letter of {one['date']}: {one['source']}" for one in letters)])
    name, as_of = regime["name"], str(regime["as_of"])
    told = note(
        "export_judged",
        regime=name,
        as_of=as_of,
        accelerator=accelerator,
        kind=word("kind", kind or "below"),
        status=word("status", status),
        country=country,
    )
    return RuleCheck(accelerator, country, kind, status, name, source, as_of, "", (), (told,))


def _carries(accelerator: str, settings: Settings) -> bool:
    """Say whether every model of the plan is served there within the objective."""
    if not number(accelerators()[accelerator], "memory_gb"):
        return False
    return all(keeps_objective(way_of(settings, one.model, accelerator)) for one in settings.services)
