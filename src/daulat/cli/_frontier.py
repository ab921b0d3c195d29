# SPDX-License-Identifier: Apache-2.0
"""`daulat models frontier`: what a million tokens cost, against what was measured of each model in a language."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from daulat.cli._options import language_tag
from daulat.cli._output import emit, emit_json, hint, json_option, say, table
from daulat.models import GATES, Gates, load_catalogue, load_gates
from daulat.models.frontier import Point, draw, frontier, qualities
from daulat.nation import Nation, load_nation
from daulat.plan.token_cost import System, token_costs


@click.command("frontier")
@click.option(
    "--language",
    callback=language_tag,
    default="",
    metavar="TAG",
    help="BCP 47; default: the first language of nation.yaml.",
)
@click.option(
    "--results",
    type=click.Path(path_type=Path),
    multiple=True,
    help="Files of gate results; default: .daulat/gates/*.json.",
)
@click.option("--file", "path", type=click.Path(path_type=Path), default=Path("nation.yaml"), help="The declaration.")
@click.option("--accelerator", default="h100-sxm", show_default=True, help="What models without a price would run on.")
@click.option(
    "--utilisation", type=click.FloatRange(0.01, 1), default=0.5, show_default=True, help="Share of it in use."
)
@click.option("--plot", type=click.Path(path_type=Path), help="Write a picture here, as SVG.")
@json_option
def command(
    language: str,
    results: tuple[Path, ...],
    path: Path,
    accelerator: str,
    utilisation: float,
    plot: Path | None,
    as_json: bool,
) -> None:
    """Compare models by cost and by measured quality in a language.

    Costs are those of a million output tokens: the prices that nation.yaml declares, in their currency; for all other
    models predicted throughput times the list price of renting an accelerator, in US dollars. Quality is what an
    evaluation measured; where none has, the column stays empty.

    \b
    daulat models frontier --language en
    daulat models frontier --plot frontier.svg
    """
    nation = load_nation(path) if path.exists() else None
    language = language or (nation.language_tags[0] if nation else "")
    gates = load_gates(results or sorted(Path(GATES).glob("*.json")))
    rows = _rows(nation, gates, language, System(accelerator, utilisation=utilisation))
    priced = [point for point, currency in rows if currency == "USD"]
    best = {point.model for point in frontier(priced)}
    if plot is not None:
        plot.write_text(draw(priced, language), encoding="utf-8")
        say(f"wrote {plot}")
    if as_json:
        emit_json([_record(point, currency, language, best) for point, currency in rows])
        return
    headers = ["model", "cost per 10^6 tokens", "from", "to", "", f"quality ({language or 'no language'})", "frontier"]
    emit(table(headers, [_cells(point, currency, best) for point, currency in rows]))
    if not any(point.quality is not None for point, _ in rows):
        say(f"nobody has measured any of these models in `{language or 'any language'}`: quality is empty")
        hint("measure one: `daulat bench answers --data FOLDER --model ID --gates .daulat/gates/ID.json`")


def _rows(nation: Nation | None, gates: Gates, language: str, system: System) -> list[tuple[Point, str]]:
    """Return a point and its currency for each model, cheapest first."""
    measured = qualities(gates.results())
    rows: list[tuple[Point, str]] = []
    for model in nation.models if nation else ():
        if model.price is not None:
            cost = float(model.price.output)
            quality = measured.get(model.id, measured.get(model.catalogue or "", {})).get(language)
            rows.append((Point(model.id, cost, cost, cost, "declared price", quality), model.price.currency))
    declared = {point.model for point, _ in rows}
    catalogue = load_catalogue()
    names = [name for name, row in catalogue.models.items() if name not in declared and row.purpose != "test"]
    for name, found in token_costs(names, system).items():
        quality = measured.get(name, {}).get(language)
        rows.append((Point(name, found.usd_per_mtok, found.low, found.high, found.basis, quality), "USD"))
    return sorted(rows, key=lambda row: (row[1], row[0].cost, row[0].model))


def _record(point: Point, currency: str, language: str, best: set[str]) -> dict[str, Any]:
    return {
        "model": point.model,
        "cost_per_mtok": round(point.cost, 4),
        "low": round(point.low, 4),
        "high": round(point.high, 4),
        "currency": currency,
        "basis": point.basis,
        "language": language,
        "quality": point.quality,
        "frontier": point.model in best,
    }


def _cells(point: Point, currency: str, best: set[str]) -> list[object]:
    quality = "" if point.quality is None else f"{point.quality:.2f}"
    costs = [f"{value:.2f}" for value in (point.cost, point.low, point.high)]
    return [point.model, *costs, currency, quality, "yes" if point.model in best else ""]
