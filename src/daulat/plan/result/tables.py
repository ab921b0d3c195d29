# SPDX-License-Identifier: Apache-2.0
"""Tables: a plan as tidy rows, one number with its interval in each, in CSV, in Parquet, and as pandas frames.

Comes in: a `Document`. Goes out: rows; files in a directory. Parquet and frames need the extra `analysis`; without it
CSV alone is written.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator, Mapping
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np

from daulat.plan.errors import PlanError
from daulat.plan.result.document import Document

BANDS = ("p5", "p10", "p50", "p90", "p95", "mean")
Rows = list[dict[str, Any]]
OF_SOME_PLANS = (
    "site_candidates",
    "site_robustness",
    "site_failures",
    "deal_parties",
    "deal_years",
    "deal_rules",
    "deal_control",
)
"""Tables that only a plan with chosen sites, or with a deal, has."""


def tables_of(document: Document) -> dict[str, Rows]:
    """Return the tables by name.

    Figures, inputs, summary, tornado, sobol, crossover, sites, regions; two of chosen sites, four of a deal.
    """
    return {
        "figures": list(_figures(document)),
        "inputs": [row.model_dump() for row in document.inputs],
        "summary": [row.model_dump() for row in document.summary],
        "tornado": [{"figure": name, **row.model_dump()} for name, rows in document.tornado.items() for row in rows],
        "sobol": [{"figure": name, **row.model_dump()} for name, rows in document.sobol.items() for row in rows],
        "crossover": list(_crossover(document)),
        "sites": [
            {**row.model_dump(exclude={"shares"}), "year": year, "share": share}
            for row in document.sites
            for year, share in zip(document.years, row.shares, strict=True)
        ],
        "regions": [row.model_dump() for row in document.regions],
        **_siting(document),
        **_deal(document),
    }


def _siting(document: Document) -> dict[str, Rows]:
    """What choosing the sites adds: every candidate by year, the sites for other demands, and failures."""
    siting = document.siting
    if siting is None:
        return {}
    rows = [
        {**one.model_dump(exclude={"it_mw", "serves"}), "year": year, "it_mw": size}
        for one in siting.sites
        for year, size in zip(document.years, one.it_mw, strict=True)
    ]
    others = [{**row.model_dump(), "sites": ", ".join(row.sites)} for row in siting.robustness]
    failures = [
        {**row.model_dump(exclude={"regions"}), "region": region, "region_share": share}
        for row in siting.failures or ()
        for region, share in row.regions.items()
    ]
    return {"site_candidates": rows, "site_robustness": others, "site_failures": failures}


def _figures(document: Document) -> Iterator[dict[str, Any]]:
    for row in document.figures:
        arrays = {band: np.asarray(getattr(row, band)) for band in BANDS}
        for place in product(*(range(len(document.axes[axis])) for axis in row.axes)):
            labels: dict[str, Any] = {"year": None, "axis": "", "label": ""}
            for axis, index in zip(row.axes, place, strict=True):
                if axis == "year":
                    labels["year"] = document.years[index]
                else:
                    labels |= {"axis": axis, "label": document.axes[axis][index]}
            yield {
                "figure": row.name,
                "unit": row.unit,
                **labels,
                **{key: None if a[place] is None else float(a[place]) for key, a in arrays.items()},
            }


def _deal(document: Document) -> dict[str, Rows]:
    """What a joint investment adds: its parties, their years, and the rules of control."""
    deal = document.deal
    if deal is None:
        return {}
    measures = ("npv_usd", "xirr", "payback_year", "paid_usd", "received_usd")
    parties = [
        {"party": one.name, "measure": name, **getattr(one, name).model_dump()}
        for one in deal.parties
        for name in measures
    ]
    parties += [
        {"party": one.name, "measure": "least_dscr", **one.least_dscr.model_dump()}
        for one in deal.parties
        if one.least_dscr
    ]
    series = [("", "dscr", deal.dscr), ("", "revenue_usd", deal.revenue_usd)]
    series += [(one.name, name, getattr(one, name)) for one in deal.parties for name in ("ownership", "cash_usd")]
    series += [(one.name, "dscr", one.dscr) for one in deal.parties if one.dscr]
    years = [
        {
            "party": party,
            "measure": name,
            "year": year,
            "p10": bands.p10[at],
            "p50": bands.p50[at],
            "p90": bands.p90[at],
        }
        for party, name, bands in series
        for at, year in enumerate(document.years)
    ]
    rules = [
        {**row.model_dump(exclude={"broken_by_year", "why_keyed", "fix_keyed"}), "years": " ".join(map(str, row.years))}
        for row in deal.covenants
    ]
    control = [
        {"scenario": row.name or "as agreed", "year": year, "kept_share": share}
        for row in deal.control_in
        for year, share in zip(document.years, row.kept_by_year, strict=True)
    ]
    return {"deal_parties": parties, "deal_years": years, "deal_rules": rules, "deal_control": control}


def _crossover(document: Document) -> Iterator[dict[str, Any]]:
    part = document.crossover
    for way in ("build", "rent", "buy"):
        curves = getattr(part, way)
        for place, tokens in enumerate(part.tokens_per_day):
            yield {"way": way, "tokens_per_day": tokens, **{band: curve[place] for band, curve in curves.items()}}


def frames(document: Document) -> dict[str, Any]:
    """Return the tables as pandas frames; `year` is a whole number in each, missing where a row is of the whole plan.

    Raises
    ------
    PlanError
        If pandas is not installed.
    """
    try:
        import pandas as pd  # the extra `analysis`; a plan needs none of it
    except ImportError as error:
        raise PlanError(
            "pandas is not installed",
            why="Frames are made of it.",
            fix="Install the extra, where `make install` was run with "
            "`.uv/bin/pip --python .venv/bin/python install 'daulat[analysis]'`; else with your own pip.",
            code="plan.analysis",
        ) from error
    found = {name: pd.DataFrame(rows) for name, rows in tables_of(document).items()}
    return {name: frame.astype({"year": "Int64"}) if "year" in frame else frame for name, frame in found.items()}


def write_plan(document: Document, directory: Path) -> list[Path]:
    """Write plan.json and the tables into a directory; return the files.

    Parquet is written beside CSV where pyarrow is installed. Tables that this plan lacks and one before it had are
    removed: they would be read as its own.
    """
    directory.mkdir(parents=True, exist_ok=True)
    text = json.dumps(document.as_dict(), ensure_ascii=False, allow_nan=False)
    written = [_written(directory / "plan.json", text + "\n")]
    folder = directory / "tables"
    folder.mkdir(exist_ok=True)
    for name, rows in tables_of(document).items():
        written.append(_written(folder / f"{name}.csv", csv_text(rows)))
        written += _parquet(folder / f"{name}.parquet", rows)
    for path in (folder / f"{name}{suffix}" for name in OF_SOME_PLANS for suffix in (".csv", ".parquet")):
        if path not in written:
            path.unlink(missing_ok=True)
    return written


def csv_text(rows: list[Mapping[str, Any]] | Rows) -> str:
    """Return rows as CSV with a header; empty text for no rows."""
    if not rows:
        return ""
    out = io.StringIO()
    writer = csv.DictWriter(out, fieldnames=list(rows[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue()


def _written(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8")
    return path


def _parquet(path: Path, rows: Rows) -> list[Path]:
    try:
        import pyarrow as pa
        import pyarrow.parquet as pq
    except ImportError:
        return []
    if not rows:
        return []
    pq.write_table(pa.Table.from_pylist(rows), path)
    return [path]
