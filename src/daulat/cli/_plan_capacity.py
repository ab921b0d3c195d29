# SPDX-License-Identifier: Apache-2.0
"""`daulat plan throughput` and `daulat plan capacity`: what accelerators give, and how many a number of people needs.

Comes in: options and a table of workloads. Goes out: tables on stdout, or JSON. The figures are those of `daulat.plan`;
nothing is computed here.
"""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Any

import click

from daulat.cli._output import counted, emit, emit_json, hint, json_option, say, table
from daulat.plan import DoesNotFitError, Prediction, RowError, predict, read_rows
from daulat.plan.capacity import (
    Deployment,
    Factors,
    Mix,
    Objective,
    accelerators_needed,
    cheapest,
    deployment_options,
)

USUAL = ("h100-sxm", "h200-sxm", "b200-sxm", "mi300x", "mi355x", "l40s", "rtx-pro-6000-blackwell-server")
ROWS_HELP = "A CSV file of workloads, of the shape of measured_throughput.csv; its results are not read."


@click.command("throughput")
@click.option("--rows", type=click.Path(path_type=Path, dir_okay=False), required=True, help=ROWS_HELP)
@json_option
@click.pass_context
def throughput(context: click.Context, rows: Path, as_json: bool) -> None:
    """Predict what accelerators give, for each row of a table.

    That is output tokens a second and accelerator, with an 80 % interval.

    \b
    Columns that must be there: row_id, model, accelerator, n_accelerators, scenario, osl.
      scenario  offline, server, interactive or closed-loop concurrency; the last needs `concurrency`
      isl       mean prompt tokens; may be empty where `benchmark` names an MLPerf task
      osl       mean output tokens
    Columns that help: precision, framework, source, submitter, tp, pp, dp, ep, date, benchmark.
    Columns of results (output_tok_s, ttft_ms, tpot_ms, power_w, ...) are not read.

    What was assumed for a row, and where it leaves the measured data, stands in its notes. A row that cannot be used is
    told on stderr with its place and left out; exit code 1 only where no row could be used.

    \b
    Example:
      daulat plan throughput --rows workloads.csv --json > predicted.json
    """
    workloads, faults = [], 0
    for row in read_rows(rows):
        if isinstance(row, RowError):
            faults += 1
            say(str(row))
        else:
            workloads.append(row)
    predictions: list[Prediction] = []
    try:
        predictions = predict(workloads)
    except DoesNotFitError:
        for workload in workloads:  # one by one, so that the one that does not fit does not take the others along
            try:
                predictions += predict([workload])
            except DoesNotFitError as error:
                faults += 1
                say(str(error))
    if as_json:
        emit_json([prediction.as_dict() for prediction in predictions])
    else:
        emit(table(["row", "tok/s/accelerator", "p10", "p90"], [_line(prediction) for prediction in predictions]))
        for text in dict.fromkeys(note for prediction in predictions for note in prediction.notes):
            say(f"note: {text}")
    if faults:
        say(f"{faults} of {counted(faults + len(predictions), 'row')} left out")
    hint("docs/concepts/throughput.md says how the figures are made and how far to trust them")
    if faults and not predictions:
        context.exit(1)


def _line(prediction: Prediction) -> list[object]:
    figures = (prediction.predicted_output_tok_s_per_accelerator, prediction.p10, prediction.p90)
    return [prediction.row_id, *(round(figure, 1) for figure in figures)]


@click.command("capacity")
@click.option("--model", required=True, help="A model of the table, such as llama-3.3-70b; a slip names close ones.")
@click.option("--accelerator", "chips", multiple=True, help="Repeat it. Default: seven usual ones.")
@click.option("--precision", "precisions", multiple=True, help="bf16, fp8, fp4, int8, int4. Default: the first three.")
@click.option("--prompt", type=float, default=1000.0, show_default=True, help="Mean prompt tokens a request.")
@click.option("--output", type=float, default=300.0, show_default=True, help="Mean output tokens a request.")
@click.option("--context", "longest", type=float, help="Longest prompt and answer together. Default: the means' sum.")
@click.option("--cached", type=float, default=0.0, show_default=True, help="Share of prompt tokens found in the cache.")
@click.option("--ttft-s", type=float, default=2.0, show_default=True, help="Time to the first token, seconds.")
@click.option("--tpot-s", type=float, default=0.05, show_default=True, help="Time a token after it, seconds.")
@click.option("--share", type=float, default=0.95, show_default=True, help="Of the requests that keep both.")
@click.option("--users", type=float, help="People at work with it in the busiest hour.")
@click.option("--requests", type=float, default=6.0, show_default=True, help="Requests a user and hour.")
@click.option("--utilisation", type=float, default=0.8, show_default=True, help="Share of the goodput to plan on.")
@click.option("--spare", type=int, default=1, show_default=True, help="Replicas that may fail without loss.")
@click.option("--drafting", type=float, default=1.0, show_default=True, help="Tokens a step by speculative decoding.")
@click.option("--disaggregated", type=float, default=1.0, show_default=True, help="Gain of reading prompts elsewhere.")
@json_option
def capacity(**given: Any) -> None:
    """Show which deployments keep a latency objective. What they give, and how many the users need, stands beside it.

    For each accelerator and precision: the split of a replica that gives most (tensor x pipeline x data), requests
    in flight, output tokens a second and accelerator that keep the objective with the 80 % interval, joules a token.
    What is not feasible says why: how much memory is missing and the smallest replica that fits, or how slow it is.

    \b
    Example:
      daulat plan capacity --model llama-3.3-70b --accelerator h200-sxm --accelerator mi300x \\
        --prompt 2000 --output 400 --context 16000 --ttft-s 2 --tpot-s 0.05 --users 20000
    """
    mix = Mix(given["prompt"], given["output"], given["longest"], given["cached"])
    options = deployment_options(
        given["model"],
        mix,
        Objective(given["ttft_s"], given["tpot_s"], given["share"]),
        accelerators=given["chips"] or USUAL,
        precisions=given["precisions"] or None,
        factors=Factors(given["drafting"], given["disaggregated"]),
    )
    demand = None if given["users"] is None else given["users"] * given["requests"] * mix.output_tokens / 3600
    rows = [_capacity_row(one, demand, given["utilisation"], given["spare"]) for one in options]
    if given["as_json"]:
        emit_json({"demand_output_tok_s": demand, "options": rows})
        return
    headers = ["accelerator", "precision", "split", "batch", "tok/s/acc", "p10", "p90", "J/tok", "accelerators", "kW"]
    emit(table(headers, [_cells(row) for row in rows if row["feasible"]]))
    for one in options:
        if not one.feasible:
            say(f"{one.accelerator} {one.precision}: {one.reason}")
    if any(one.feasible for one in options):
        best = cheapest(options)
        hint(f"least energy a token: {best.accelerator} in {best.precision}; --json has latencies, memory and notes")


def _capacity_row(one: Deployment, demand: float | None, utilisation: float, spare: int) -> dict[str, Any]:
    row = asdict(one) | {"feasible": one.feasible, "joules_per_token": one.joules_per_token}
    row["notes"] = [str(note) for note in one.notes]
    row |= {"p10": one.quantile(0.1), "p90": one.quantile(0.9), "accelerators_needed": None, "power_limit_kw": None}
    if demand is not None and one.feasible:
        needed = int(accelerators_needed(demand, one, utilisation=utilisation, spare_replicas=spare))
        row |= {
            "accelerators_needed": needed,
            "power_limit_kw": needed * one.power_limit_w / 1e3 if one.power_limit_w else None,
        }
    return row


def _cells(row: dict[str, Any]) -> list[object]:
    def shown(value: float | None, digits: int = 0) -> str:
        return "" if value is None else f"{value:,.{digits}f}"

    return [
        row["accelerator"],
        row["precision"],
        f"{row['tensor']}x{row['pipeline']}x{row['data']}",
        row["batch"],
        shown(row["output_tok_s_per_accelerator"]),
        shown(row["p10"]),
        shown(row["p90"]),
        shown(row["joules_per_token"], 2),
        shown(row["accelerators_needed"]),
        shown(row["power_limit_kw"], 1),
    ]
