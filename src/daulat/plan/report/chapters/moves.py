# SPDX-License-Identifier: Apache-2.0
"""What moves the results: the tornado."""

from __future__ import annotations

from collections.abc import Sequence

from daulat.plan.report.charts import Bar, BarChart
from daulat.plan.report.exhibit import Chapter, Exhibit, Reading
from daulat.plan.result.document import SwingRow

SHOWN = ("cost_per_mtok", "capex_usd")
MOST = 10


def input_label(reading: Reading, path: str) -> str:
    """Return what an input is called: the words' own name for it, else its line in the table of inputs."""
    words = reading.words
    own = words.parts.get(path)
    if own:
        return own
    about = next((row.about for row in reading.document.inputs if row.path == path), path).rstrip(".")
    steps = path.split(".")
    if steps[0] in ("service", "event") and len(steps) == 3:
        name = words.parts.get(f"{steps[0]}.*.{steps[2]}", about)
        return f"{words.part(steps[1])}: {name[:1].lower()}{name[1:]}"
    return about


def moves_chapter(reading: Reading) -> Chapter | None:
    """Return the swings of the results that are shown; None where they were not worked out."""
    words = reading.words
    exhibits = [_tornado(reading, name) for name in SHOWN if reading.document.tornado.get(name)]
    if not exhibits:
        return None
    return Chapter("moves", words["moves_title"], [words["moves_text"]], exhibits)


def _tornado(reading: Reading, name: str) -> Exhibit:
    words, document = reading.words, reading.document
    unit = document.figure(name).unit
    swings = document.tornado[name][:MOST]
    units = {row.path: row.unit for row in document.inputs}
    level = _base(document.tornado[name])
    bars, rows = [], []
    for one in swings:
        label = input_label(reading, one.path)
        said = f"{words.number(one.at_low)} → {words.number(one.at_high)}"
        bars.append(Bar(label, one.at_low, one.at_high, 0 if one.at_high >= one.at_low else 1, said))
        spread = [words.amount(value, units[one.path]) for value in (one.low, one.high)]
        rows.append([label, *spread, words.number(one.at_low), words.number(one.at_high)])
    chart = BarChart(bars, reading.number, level=level)
    head = [words["input"], words["input_low"], words["input_high"], words["at_low"], words["at_high"]]
    title = words.say("tornado_title", result=words.part(name), unit=words.unit(unit))
    return Exhibit(
        f"tornado-{name.replace('_', '-')}",
        title,
        words.say("tornado_about", base=words.amount(level, unit)),
        chart,
        head,
        rows,
        [name],
        columns=[(), (), (), [name], [name]],
        lines=[[one.path] for one in swings],
    )


def _base(swings: Sequence[SwingRow]) -> float:
    """Return the result with every input at its median; in an older plan what moves it least leaves it there."""
    still = swings[-1]
    return (still.at_low + still.at_high) / 2 if still.base is None else still.base
