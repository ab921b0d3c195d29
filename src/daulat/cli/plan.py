# SPDX-License-Identifier: Apache-2.0
"""`daulat plan`: what a nation needs and what it costs, with every number traceable to its source."""

from __future__ import annotations

import importlib.metadata
import shlex
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from daulat.cli._options import OneOf
from daulat.cli._output import counted, emit, emit_json, hint, json_option, progress, say, table
from daulat.cli._plan_capacity import capacity, throughput
from daulat.nation import Nation, Pack, bootstrap, find_pack, load_nation, nation_of, pack_of
from daulat.plan import (
    compare,
    explain,
    explain_rows,
    plan_nation,
    plan_schema,
    read_document,
    read_scenario,
    scenario_names,
    write_plan,
)
from daulat.plan.chain import SEED, read_case
from daulat.plan.inputs import allowed_choices
from daulat.plan.inputs.located import located
from daulat.plan.report import load_words, write_report
from daulat.plan.result.joint import SitesWay

DIRECTORY = Path("plan")
BANDS = {"p10": "p10", "p50": "median", "p90": "p90"}


@click.group("plan", invoke_without_command=True)
@click.option("--nation", "file", type=click.Path(path_type=Path, dir_okay=False), default=Path("nation.yaml"))
@click.option("--country", help="Plan a country that has no nation.yaml yet, from reference data and its pack.")
@click.option("--scenario", help="A scenario of the pack by its name, or a file with a `plan:` section.")
@click.option(
    "--set", "changes", multiple=True, metavar="PATH=VALUE",
    help="Change one input or choice; repeat it. A name with dots stands in brackets: siting.grids[St. X].spare_mw=9.",
)  # fmt: skip
@click.option("--draws", type=click.IntRange(1, 200_000), default=2000, show_default=True, help="Draws of the inputs.")
@click.option("--seed", type=int, default=SEED, show_default=True, help="The same seed gives the same draws.")
@click.option("--sensitivity/--no-sensitivity", default=True, help="Tornado and Sobol indices too.")
@click.option(
    "--sites", type=OneOf(["fixed", "choose"]), help="One site, or choose them too; default: as the plan says."
)
@click.option("--out", type=click.Path(path_type=Path, file_okay=False), default=DIRECTORY, show_default=True)
@click.option(
    "--compare", "pair", nargs=2, type=click.Path(path_type=Path), help="Compare two plans that were written."
)
@json_option
@click.pass_context
def command(
    context: click.Context,
    file: Path,
    country: str | None,
    scenario: str | None,
    changes: tuple[str, ...],
    draws: int,
    seed: int,
    sensitivity: bool,
    sites: SitesWay | None,
    out: Path,
    pair: tuple[Path, Path] | None,
    as_json: bool,
) -> None:
    """Plan what the nation needs: accelerators, power, money, jobs.

    Reads nation.yaml, writes plan.json, tables and the report into a directory, and prints a summary.
    """
    context.obj = {"file": file, "country": country, "scenario": scenario, "changes": changes, "out": out}
    if context.invoked_subcommand:
        return
    if pair:
        _show_comparison(pair, as_json)
        return
    nation, pack = _nation(file, country)
    with progress("drawing", total=draws, unit="draws") as advance:
        _, document = plan_nation(
            nation,
            made_at=datetime.now(UTC),
            made_by=f"daulat {importlib.metadata.version('daulat')}",
            pack=pack,
            scenario=read_scenario(scenario, pack) if scenario else None,
            changes=changes,
            n_draws=draws,
            seed=seed,
            sensitivity=sensitivity,
            sites=sites,
            file=_origin(file, country),
            advance=advance,
        )
    written = write_plan(document, out) + write_report(document, load_words(pack, nation.language_tags), out)
    if as_json:
        emit_json(document.as_dict())
    else:
        bands = BANDS if draws > 1 else {"p50": "value"}  # one draw has no interval
        emit(table(["", "year", *bands.values(), "unit"], [_summary(row, list(bands)) for row in document.summary]))
        for note in document.notes:
            say(f"note: {note}")
    say(f"{counted(len(written), 'file')} in {out}/")
    if scenario_names(pack) and not scenario:
        say(f"scenarios of the pack: {', '.join(scenario_names(pack))}")
    of = "" if out == DIRECTORY else f" --plan {shlex.quote(str(out))}"
    hint(f"`daulat plan explain cost_per_mtok{of}` prints the chain of numbers behind a result")


@command.command("explain")
@click.argument("name")
@click.option(
    "--plan", "path", type=click.Path(path_type=Path), help="A plan that was written; default: that of --out."
)
@click.option("--depth", type=click.IntRange(0, 50), default=20, show_default=True, help="Levels to go down.")
@json_option
@click.pass_obj
def explain_command(given: dict[str, Any], name: str, path: Path | None, depth: int, as_json: bool) -> None:
    """Print the chain of numbers behind a result. It ends at inputs with their sources."""
    document = read_document(path or given["out"])
    if as_json:
        emit_json(explain_rows(document, name, depth=depth))
        return
    for line in explain(document, name, depth=depth):
        emit(line)


@command.command("inputs")
@json_option
@click.pass_obj
def inputs_command(given: dict[str, Any], as_json: bool) -> None:
    """List every input as this plan would use it. Each has its unit, range and source."""
    nation, pack = _nation(given["file"], given["country"])
    scenario = read_scenario(given["scenario"], pack) if given["scenario"] else None
    case = read_case(
        nation, pack=pack, scenario=scenario, changes=given["changes"], file=_origin(given["file"], given["country"])
    )
    rows = [one.as_dict() for one in case.assumptions]
    if as_json:
        emit_json(rows)
        return
    for row in rows:
        spread = f" ({row['low']:,.6g} to {row['high']:,.6g}, {row['kind']})" if row["kind"] != "fixed" else ""
        emit(f"{row['path']} = {row['value']:,.6g} {row['unit']}{spread}")
        emit(f"    {row['about']} [{row['basis']}: {row['source']}{', ' + row['date'] if row['date'] else ''}]")
    hint("lay your own over them below `plan:` in nation.yaml, each with its source")


@command.command("choices", epilog=f"NAME is one of {', '.join(allowed_choices())}.")
@click.argument("name", metavar="[NAME]", required=False, type=OneOf(list(allowed_choices())))
@json_option
def choices_command(name: str | None, as_json: bool) -> None:
    """List what each choice of a plan may be.

    With a NAME only what that one may be; without, all: models, accelerators, precisions, ranges, each below its name.

    \b
    daulat plan choices accelerator
    """
    allowed = {key: names for key, names in allowed_choices().items() if name in (None, key)}
    if as_json:
        emit_json(allowed)
        return
    for key, names in allowed.items():
        if name is None:
            emit(f"{key}:")
        for one in names:
            emit(one if name else f"    {one}")
    hint("choose with `--set NAME=VALUE`, or below `plan:` in nation.yaml; numbers: `daulat plan inputs`")


@command.command("schema")
def schema_command() -> None:
    """Print the JSON Schema of plan.json."""
    emit_json(plan_schema())


def _origin(file: Path, country: str | None) -> str:
    """Return the name of the file that `plan:` stands in, with its lines."""
    return f"nothing declared for {country}" if country else located(file)


def _nation(file: Path, country: str | None) -> tuple[Nation, Pack | None]:
    if country:
        pack = find_pack(country.upper())
        return nation_of(bootstrap(country, pack)), pack
    nation = load_nation(file, otherwise="name another with --nation, or a country that has none yet with --country")
    return nation, pack_of(nation)


def _summary(row: Any, bands: list[str]) -> list[object]:
    told = (_figure(getattr(row, one), row.unit) for one in bands)
    unit = row.unit if row.share is None or row.share == 1 else f"{row.unit}, in {row.share:.0%} of the draws"
    return [row.label, str(row.year or ""), *told, unit]


def _figure(value: float | None, unit: str) -> str:
    """Write a figure shortly.

    >>> _figure(2035.2, "year"), _figure(2035.2, "MW"), _figure(47_812_000.0, "people"), _figure(None, "year")
    ('2035', '2,035', '47.8 M', 'never')
    """
    if value is None:
        return "never"
    if unit == "year":
        return f"{value:.0f}"
    for size, word in ((1e12, "T"), (1e9, "G"), (1e6, "M")):
        if abs(value) >= size:
            return f"{value / size:,.3g} {word}"
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:,.3g}"


def _show_comparison(pair: tuple[Path, Path], as_json: bool) -> None:
    found = compare(*map(read_document, pair))
    if as_json:
        emit_json(found)
        return
    rows = [
        [
            row["label"],
            str(row["year"] or ""),
            *("none" if row[one] is None else _figure(row[one], row["unit"]) for one in ("a", "b")),
            "" if row["change_percent"] is None else f"{row['change_percent']:+.1f} %",
            row["unit"],
            "apart" if row["apart"] else "",
        ]
        for row in (*found["summary"], *found["only"])
    ]
    # Plans of one nation have one title; what tells them apart is where they lie.
    emit(table(["", "year", *map(str, pair), "change", "unit", ""], rows))
    for row in found["settings"]:
        say(f"{row['key']}: {row['a']} | {row['b']}")
    for row in found["inputs"]:
        say(f"{row['path']}: {row['a']:,.6g} | {row['b']:,.6g} {row['unit']}")


command.add_command(throughput)
command.add_command(capacity)
