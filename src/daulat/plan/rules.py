# SPDX-License-Identifier: Apache-2.0
"""Rules: may the country receive the hardware that the plan relies on, and if not, what is the best it may?

Comes in: a country, the chosen accelerator, and `export_rules.yaml` (dated, with citations). Goes out: a `RuleCheck`.
It gives no legal advice: it names the rule, its date and the class computed, for counsel to confirm.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import as_file, files
from typing import Any

from daulat.nation import read_yaml
from daulat.plan._tables import Record, accelerators, number
from daulat.plan.inputs.settings import Settings
from daulat.plan.serving import keeps_objective, way_of


@dataclass(frozen=True)
class RuleCheck:
    """What the rules say of one accelerator for one country.

    `status` is ``free``, ``licence needed``, ``embargoed`` or ``unknown``; `alternative` is the permitted accelerator
    of the greatest memory bandwidth that carries the model in one server; empty where the chosen one is free.
    """

    accelerator: str
    country: str
    export_class: str
    status: str
    regime: str
    source: str
    as_of: str
    alternative: str
    notes: tuple[str, ...]


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


def check_hardware(country: str, settings: Settings) -> RuleCheck:
    """Return what the rules say of the accelerator of a plan, with the best permitted alternative."""
    found = _check(country, settings.accelerator)
    if found.status in ("free", "unknown"):
        return found
    free = [name for name in accelerators() if _check(country, name).status == "free" and _carries(name, settings)]
    best = max(free, key=lambda name: number(accelerators()[name], "memory_bandwidth_gb_per_s") or 0, default="")
    what = f"{found.accelerator} ({found.export_class or 'no class'}): {found.status} for {country}"
    note = f"{what} under {found.regime} as of {found.as_of}"
    offer = (
        f"best permitted alternative in the table: {best}"
        if best
        else "no permitted accelerator of the table carries the model"
    )
    return RuleCheck(**{**found.__dict__, "alternative": best, "notes": (note, offer)})


def _check(country: str, accelerator: str) -> RuleCheck:
    origin = origins().get(accelerator, {}).get("vendor_country", "")
    regime = next((one for one in regimes() if one["origin"] == origin), None)
    if regime is None:
        note = f"{accelerator}: no export regime of {origin or 'its maker'} in export_rules.yaml; ask counsel"
        return RuleCheck(accelerator, country, "", "unknown", "", "", "", "", (note,))
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
    said = f"{accelerator} is {kind or 'below the thresholds'}; {status} for {country}"
    source = "; ".join([regime["source"], *(f"letter of {one['date']}: {one['source']}" for one in letters)])
    text = f"{regime['name']}, as of {regime['as_of']}: {said}; an input for counsel"
    return RuleCheck(accelerator, country, kind, status, regime["name"], source, str(regime["as_of"]), "", (text,))


def _carries(accelerator: str, settings: Settings) -> bool:
    """Say whether every model of the plan is served there within the objective."""
    if not number(accelerators()[accelerator], "memory_gb"):
        return False
    return all(keeps_objective(way_of(settings, one.model, accelerator)) for one in settings.services)
