# SPDX-License-Identifier: Apache-2.0
"""What the page of sliders shows: the inputs that move the results most, the results, and charts ready to be written.

Comes in: a nation, its pack, and what was set. Goes out: plain data for `daulat.web` (words, sliders, tiles, drawings).
The page draws the same again in the browser when a slider moves; without script it sends the form and comes back.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import numpy as np

from daulat.nation import Nation, Pack
from daulat.plan.chain import Case, read_case
from daulat.plan.errors import PlanError
from daulat.plan.inputs.assumption import Assumption
from daulat.plan.inputs.draws import median, quantile
from daulat.plan.planner import plan_nation, read_scenario, scenario_names
from daulat.plan.report.chapters.money import WAYS, verdict
from daulat.plan.report.chapters.moves import input_label
from daulat.plan.report.chapters.need import yearly
from daulat.plan.report.charts import Bar, BarChart
from daulat.plan.report.exhibit import NARROW, Exhibit, Reading
from daulat.plan.report.svg import patterns, tree
from daulat.plan.report.words import Words, load_words
from daulat.plan.result import Document
from daulat.plan.uncertainty import tornado

SLIDERS = 7
MOVED = ("cost_per_mtok", "capex_usd", "site_power_mw")
TILES = ("accelerators_installed", "site_power_mw", "capex_usd", "opex_usd_per_year", "cost_per_mtok", "operation_jobs")
SERIES = ("site_power_mw", "cost_usd_per_year")
DRAWS = 200
STEPS = 100
_ENDS = np.array([0.02, 0.98])


def slider_page(nation: Nation, pack: Pack | None, asked: Mapping[str, Any]) -> dict[str, Any]:
    """Return everything that the page of sliders shows.

    Parameters
    ----------
    asked : Mapping
        ``language``; ``scenario`` and ``changes`` as they were sent; both may be wrong, then ``fault`` says how.
        ``is_form``: sent by a form without script, which sends every slider, so one at its start was not set.

    Raises
    ------
    PlanError
        If even the nation's own plan cannot be made.
    """
    offered = load_words(pack, nation.language_tags)
    words = next((one for one in offered if one.language == asked.get("language")), offered[-1])
    names = scenario_names(pack)
    name = str(asked.get("scenario") or "")
    scenario = read_scenario(name, pack) if name in names else None
    case = read_case(nation, pack=pack, scenario=scenario)
    paths = moving_inputs(case)
    given = {path: value for path, value in _set(asked).items() if path in paths}
    if asked.get("is_form"):
        given = {path: value for path, value in given.items() if _is_moved(case, path, value)}
    fault = ""
    try:
        document = _plan(nation, pack, scenario, given)
    except PlanError as error:
        fault, given = str(error), {}
        document = _plan(nation, pack, scenario, given)
    reading = Reading(document, words)
    rows = {row.name: row for row in document.summary if row.unit == document_unit(document, row.name)}
    as_tree = bool(asked.get("as_tree"))
    exhibits = (ways(reading), *(_over_years(reading, name) for name in SERIES))
    return {
        "words": {key: words.texts[key] for key in words.texts if key.startswith("slider_")} | _shared(words),
        "language": words.language,
        "fault": fault,
        "scenario": name if scenario else "",
        "scenarios": [(one, words.named(_title(one, pack))) for one in names],
        "sliders": [_slider(case, reading, path, given.get(path)) for path in paths],
        "tiles": [_tile(words, rows[one]) for one in TILES if one in rows],
        "verdict": verdict(reading),
        "charts": [_drawn(one, as_tree=as_tree) for one in exhibits],
        "draws": DRAWS,
        "one_site": case.settings.sites == "choose",  # the page says that this plan would choose them
        "patterns": "" if as_tree else str(patterns()),
        "figures": [*SERIES, *(figure for _, figure in WAYS)],
    }


def _set(asked: Mapping[str, Any]) -> Mapping[str, Any]:
    return asked.get("changes") or {}


def _is_moved(case: Case, path: str, value: Any) -> bool:
    """Whether a value is not the one that the slider started at."""
    try:
        return not math.isclose(float(value), _track(case.assumptions[path])[2], rel_tol=1e-9)
    except (TypeError, ValueError):
        return True


def moving_inputs(case: Case) -> list[str]:
    """Return the inputs that move the results most, the first of each result before the second of any."""
    found = tornado(case, MOVED)
    ranked = [[swing.path for swing in found[name]] for name in MOVED]
    paths = dict.fromkeys(path for row in zip(*ranked, strict=True) for path in row)
    return [path for path in paths if not path.endswith("_error")][:SLIDERS]  # nobody sets the error of a model


def document_unit(document: Document, name: str) -> str:
    """Return the unit of a figure; of what is none (a line of the deal) an empty text."""
    return next((row.unit for row in document.figures if row.name == name), "")


def ways(reading: Reading) -> Exhibit:
    """Return the three ways side by side, each with its interval."""
    words = reading.words
    bars, rows = [], []
    for place, (way, name) in enumerate(WAYS):
        low, middle, high = (reading.last(name, band) for band in ("p10", "p50", "p90"))
        bars.append(Bar(words[f"way_{way}"], 0.0, middle, place, words.number(middle), low, high))
        rows.append([words[f"way_{way}"], *(words.number(one) for one in (low, middle, high))])
    head = [words["what"], words["p10"], words["median"], words["p90"]]
    chart = BarChart(bars, reading.number)
    return Exhibit("ways", words["slider_ways"], words["slider_ways_about"], chart, head, rows)


def _over_years(reading: Reading, name: str) -> Exhibit:
    words = reading.words
    return yearly(reading, name.replace("_", "-"), [name], words[f"slider_{name}"], words["users_about"])


def _plan(nation: Nation, pack: Pack | None, scenario: Any, changes: Mapping[str, Any]) -> Document:
    texts = [f"{path}={value}" for path, value in changes.items()]
    _, document = plan_nation(
        nation,
        made_at=datetime.now(UTC),
        pack=pack,
        scenario=scenario,
        changes=texts,
        n_draws=DRAWS,
        sensitivity=False,
        sites="fixed",  # to choose them takes seconds, and an answer to a moved slider less than one
    )
    return document


def _slider(case: Case, reading: Reading, path: str, given: Any) -> dict[str, Any]:
    one = case.assumptions[path]
    low, high, start, step = _track(one)
    return {
        "path": path,
        "label": input_label(reading, path),
        "unit": reading.words.unit(one.unit),
        "low": low,
        "high": high,
        "step": step,
        "value": start if given is None else _clean(min(max(float(given), low), high)),
        "default": start,
        "is_set": given is not None,
        "said": reading.words.number(start if given is None else float(given)),
        "ends": reading.words.say("slider_range", low=reading.words.number(low), high=reading.words.number(high)),
        "about": one.about,
        "source": one.source,
    }


def _track(one: Assumption) -> tuple[float, float, float, float]:
    """Return the ends of a slider, where it starts and its step.

    It starts at the input's median, as the plan's figures are medians too: the mode of a skewed input may lie far off.
    """
    low, high = (float(value) for value in quantile(one, _ENDS))
    step = 10.0 ** math.floor(math.log10((high - low) / STEPS))
    low, high = math.floor(low / step) * step, math.ceil(high / step) * step
    start = round(median(one) / step) * step
    return _clean(low), _clean(high), _clean(start), _clean(step)


def _tile(words: Words, row: Any) -> dict[str, str]:
    return {
        "name": row.name,
        "label": words.part(row.name),
        "year": str(row.year or ""),
        "unit": words.unit(row.unit),
        "value": words.count(row.p50, row.unit),
        "range": words.say("interval", p10=words.count(row.p10, row.unit), p90=words.count(row.p90, row.unit)),
    }


def _drawn(one: Exhibit, *, as_tree: bool) -> dict[str, Any]:
    drawing = str(one.drawing(NARROW))
    return {
        "ident": one.ident,
        "title": one.title,
        "about": one.about,
        "drawing": tree(drawing) if as_tree else drawing,
        "head": list(one.head),
        "rows": [list(row) for row in one.rows],
    }


def _shared(words: Words) -> dict[str, str]:
    keys = ("interval", "p10", "median", "p90", "year", "what", "table_of", "way_build", "way_rent", "way_buy")
    return {key: words.texts[key] for key in (*keys, "not_reviewed")}


def _title(name: str, pack: Pack | None) -> str:
    return str(read_scenario(name, pack)[0].get("name", name))


def _clean(value: float) -> float:
    return float(f"{value:.12g}")
