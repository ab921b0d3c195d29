# SPDX-License-Identifier: Apache-2.0
"""Make the document of a plan.

Comes in: a `Plan`, what sensitivity found, and who and when. Goes out: a checked `Document`. Arrays become bands;
nothing else is computed.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import numpy as np

from daulat.plan.carried import carried
from daulat.plan.chain import Case, Plan
from daulat.plan.figures import Floats, Trace
from daulat.plan.inputs import draw
from daulat.plan.jobs import role_names
from daulat.plan.money import Crossover, crossover
from daulat.plan.money.prices import table
from daulat.plan.note import Note
from daulat.plan.place import SHARES
from daulat.plan.result.document import Document
from daulat.plan.result.joint import NoteRow
from daulat.plan.uncertainty import PERCENTILES, SobolIndex, Swing, bands

# name, label, which year (an index, or None for the whole plan)
SUMMARY: tuple[tuple[str, str, int | None], ...] = (
    ("people", "People served", -1),
    ("active_users", "Active users a month", -1),
    ("requests_per_year", "Requests a year", -1),
    ("tokens_served_per_year", "Tokens a year", -1),
    ("accelerators_installed", "Accelerators", 0),
    ("accelerators_installed", "Accelerators", -1),
    ("site_power_mw", "Site power", 0),
    ("site_power_mw", "Site power", -1),
    ("served_share", "Share of the demand served", -1),
    ("utilisation", "Accelerators at work", -1),
    ("site_energy_mwh", "Energy a year", -1),
    ("emissions_tco2e", "Greenhouse gases a year", -1),
    ("capex_usd", "Capital over the plan", None),
    ("opex_usd_per_year", "Running cost a year", -1),
    ("cost_per_mtok", "Cost of a million tokens, built", None),
    ("rent_per_mtok", "Cost of a million tokens, rented", None),
    ("buy_per_mtok", "Cost of a million tokens, bought", None),
    ("operation_jobs", "People employed", -1),
    ("construction_job_years", "Construction, job-years", 0),
)

# The same in the nation's currency, where a plan gives its rate.
LOCAL: tuple[tuple[str, str, int | None], ...] = (
    ("capex_local", "Capital over the plan", None),
    ("cost_per_mtok_local", "Cost of a million tokens, built", None),
)


def document_of(
    plan: Plan,
    *,
    names: Mapping[str, str],
    title: str,
    seed: int,
    made_at: datetime,
    made_by: str,
    tornado: Mapping[str, Sequence[Swing]] | None = None,
    sobol: Mapping[str, Sequence[SobolIndex]] | None = None,
    extra: Mapping[str, Any] | None = None,
) -> Document:
    """Return the document of a plan.

    Parameters
    ----------
    names : Mapping
        The nation's name, by language.
    made_at : datetime
        Passed in, so that the same plan gives the same document.
    """
    case = plan.case
    return Document.model_validate(
        {
            "schema": "daulat.plan/1",
            "made_at": made_at.isoformat(timespec="seconds"),
            "made_by": made_by,
            "title": title,
            "country": case.place.country,
            "names": dict(names),
            "currency": case.place.currency,
            "local_per_usd": case.assumptions["money.local_per_usd"].value,
            "draws": plan.values.n_draws,
            "seed": seed,
            "settings": json.loads(json.dumps(dataclasses.asdict(case.settings))),  # lists, as in the file
            "years": list(case.settings.years),
            "axes": axes_of(plan),
            "summary": summary_of(plan),
            "figures": [_figure(trace, array) for trace, array in plan.figures()],
            "inputs": [one.as_dict() for one in case.assumptions],
            "sites": [
                {**_plain(site, ("grid",)), "shares": case.sites.shares[:, place].tolist()}
                for place, site in enumerate(case.sites.sites)
            ],
            "regions": _regions(case),
            "time_zones": _time_zones(case),
            "rules": _rules(plan),
            "crossover": _crossover(crossover(plan.fleet, plan.opex, plan.cost, plan.values, len(case.sites.sites))),
            "tornado": {name: [one.as_dict() for one in rows] for name, rows in (tornado or {}).items()},
            "sobol": {name: [one.as_dict() for one in rows] for name, rows in (sobol or {}).items()},
            "prices": {
                "api": [dict(row) for row in table("api_prices.csv")],
                "rental": [dict(row) for row in table("rental_prices.csv")],
            },
            **noted(plan.notes()),
            "extra": dict(extra or {}),
        }
    )


def noted(notes: Sequence[Note]) -> dict[str, Any]:
    """Return notes as a document has them: in English, and by their keys."""
    return {"notes": [str(one) for one in notes], "notes_keyed": [NoteRow(**one.as_dict()) for one in notes]}


def _time_zones(case: Case) -> list[dict[str, float]]:
    """Return the zones with the shares of the people who live in them, the largest first."""
    zones = zip(case.place.zone_shares, case.place.offsets_h, strict=True)
    return [
        {"offset_h": float(offset), "share": float(share)}
        for share, offset in sorted(zones, key=lambda one: (-one[0], one[1]))
    ]


def _rules(plan: Plan) -> dict[str, Any]:
    """Return the rules of export and import that hold, and what they say of this plan."""
    imports = plan.import_notes()
    return {
        **_plain(plan.case.rules, ("notes", "offer")),
        "import_status": plan.import_status(),
        "imports_as_of": plan.case.imports.searched_on,
        "imports": [str(one) for one in imports],
        "imports_keyed": [NoteRow(**one.as_dict()) for one in imports],
    }


def _regions(case: Case) -> list[dict[str, Any]]:
    """Return each region with the shares of its group in the first year, at the inputs' values."""
    place = case.place
    nation = carried(draw(case.assumptions, 1, 0), case.assumptions.rows, case.settings.start_year)
    shares = {name: getattr(place, name).at(nation(f"demand.{name}"))[0] for name in SHARES}
    at = {group: number for number, group in enumerate(place.groups)}
    has_own = any(getattr(place, name).is_told for name in SHARES)
    return [
        {
            **_plain(one, ("time_zone", "jurisdiction", *SHARES)),
            **{name: float(shares[name][at[one.group]]) for name in SHARES},
            "shares_source": place.table if has_own else "",
        }
        for one in place.regions
    ]


def axes_of(plan: Plan) -> dict[str, list[str]]:
    """Return the labels of each axis."""
    settings, place = plan.case.settings, plan.case.place
    return {
        "year": [str(year) for year in settings.years],
        "service": [one.id for one in settings.services],
        "language": [tag for tag, _ in place.languages],
        "group": list(place.groups),
        "role": list(role_names()),
        "hour": [str(hour) for hour in range(168)],
    }


def summary_of(plan: Plan) -> list[dict[str, Any]]:
    """Return the lines of the summary."""
    arrays = {trace.name: (trace, array) for trace, array in plan.figures()}
    currency = plan.case.settings.currency
    rows = []
    for name, label, year in (*SUMMARY, *(LOCAL if currency not in ("", "USD") else ())):
        trace, array = arrays[name]
        at = array if year is None else array[:, year]
        at = at.reshape(len(at), -1).sum(axis=1)
        low, middle, high = (float(one) for one in np.percentile(at, (10, 50, 90)))
        when = None if year is None else plan.case.settings.years[year]
        rows.append(
            {
                "name": name,
                "label": label,
                "unit": trace.unit.replace("local", currency),
                "year": when,
                "p10": low,
                "p50": middle,
                "p90": high,
            }
        )
    return rows


def _figure(trace: Trace, array: Floats) -> dict[str, Any]:
    return {**dataclasses.asdict(trace), "inputs": list(trace.inputs), "axes": list(trace.axes), **bands(array)}


def _plain(value: Any, without: Sequence[str]) -> dict[str, Any]:
    return {key: item for key, item in dataclasses.asdict(value).items() if key not in without}


def _crossover(found: Crossover) -> dict[str, Any]:
    middle = np.median(found.tokens_per_day, axis=0)
    return {
        "tokens_per_day": middle.tolist(),
        **{name: _percentiles(getattr(found, name)) for name in ("build", "rent", "buy")},
        **{
            name: {
                f"p{one}": value if np.isfinite(value) else None
                for one, value in zip(
                    PERCENTILES,
                    np.percentile(getattr(found, name), PERCENTILES, method="nearest").tolist(),
                    strict=True,
                )
            }
            for name in ("build_meets_rent_tokens_per_day", "build_meets_buy_tokens_per_day")
        },
    }


def _percentiles(array: Floats) -> dict[str, list[float]]:
    found = np.percentile(array, PERCENTILES, axis=0)
    return {f"p{one}": row.tolist() for one, row in zip(PERCENTILES, found, strict=True)}
