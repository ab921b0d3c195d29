# SPDX-License-Identifier: Apache-2.0
"""`daulat plan`: what a nation needs. Open today: the throughput of models on accelerators."""

from __future__ import annotations

from pathlib import Path

import click

from daulat.cli._output import emit, emit_json, hint, json_option, say, table
from daulat.plan import DoesNotFitError, Prediction, RowError, predict, read_rows


@click.group("plan")
def command() -> None:
    """Plan what the nation needs: accelerators, power, money."""


@command.command()
@click.option(
    "--rows",
    type=click.Path(path_type=Path, dir_okay=False),
    required=True,
    help="A CSV file of workloads, of the shape of measured_throughput.csv; its results are not read.",
)
@json_option
@click.pass_context
def throughput(context: click.Context, rows: Path, as_json: bool) -> None:
    """Predict output tokens a second and accelerator, with an 80 % interval, for each row of a table.

    A row that cannot be used is told on stderr and left out; exit code 1 only where no row could be used.
    """
    predictions: list[Prediction] = []
    faults = 0
    workloads = []
    for row in read_rows(rows):
        if isinstance(row, RowError):
            faults += 1
            say(str(row))
        else:
            workloads.append(row)
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
    if faults:
        say(f"{faults} of {faults + len(predictions)} rows left out")
    hint("docs/concepts/throughput.md says how the figures are made and how far to trust them")
    if faults and not predictions:
        context.exit(1)


def _line(prediction: Prediction) -> list[object]:
    figures = (prediction.predicted_output_tok_s_per_accelerator, prediction.p10, prediction.p90)
    return [prediction.row_id, *(round(figure, 1) for figure in figures)]
