# SPDX-License-Identifier: Apache-2.0
"""The page of a report: a document and words in, one HTML text out; `write_report` puts a file a language on disk."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from fnmatch import fnmatchcase
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

import numpy as np
from babel.dates import format_date
from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape

from daulat.plan.note import Piece
from daulat.plan.report.chapters import chapters
from daulat.plan.report.chapters.money import WAYS, verdict
from daulat.plan.report.exhibit import NARROW, WIDE, Reading
from daulat.plan.report.svg import patterns
from daulat.plan.report.words import Words
from daulat.plan.result.document import Document, FigureRow, SummaryRow

NOTES = "notes"  # where tables of places stand: the notes name them

# The tiles at the top: the summary's rows of these names, the last of each.
TILES = (
    "people",
    "accelerators_installed",
    "site_power_mw",
    "capex_usd",
    "opex_usd_per_year",
    "cost_per_mtok",
    "operation_jobs",
    "emissions_tco2e",
)


def report_name(words: Sequence[Words], place: int) -> str:
    """Return the file of a language: the first is report.html, the others name their language."""
    return "report.html" if place == 0 else f"report.{words[place].language}.html"


def write_report(document: Document, words: Sequence[Words], directory: Path) -> list[Path]:
    """Write the report in each language into a directory; return the files."""
    written = []
    for place in range(len(words)):
        path = directory / report_name(words, place)
        path.write_text(report_page(document, words, place), encoding="utf-8")
        written.append(path)
    return written


def report_page(document: Document, words: Sequence[Words], place: int = 0) -> str:
    """Return the report in one of its languages.

    Parameters
    ----------
    words : sequence of Words
        Every language that the report is written in, in the order in which they are offered.
    place : int
        Which of them this page is in.
    """
    if document.draws == 1:
        words = [one.without_ranges() for one in words]
    reading = Reading(document, words[place])
    return _environment().get_template("report.html").render(_context(reading, words, place))


@cache
def _environment() -> Environment:
    return Environment(
        loader=PackageLoader("daulat.plan.report", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def _context(reading: Reading, words: Sequence[Words], place: int) -> dict[str, Any]:
    document, own = reading.document, words[place]
    units = {row.name: row.unit for row in document.figures}
    rows = {row.name: row for row in document.summary if row.unit == units.get(row.name)}  # not those in local money
    figures = {row.name for row in document.figures} | (
        {row.name for row in document.deal.sources} if document.deal else set()
    )
    paths = [row.path for row in document.inputs]
    groups: dict[str, list[Any]] = {}
    for row in document.inputs:
        groups.setdefault(row.path.partition(".")[0], []).append(row)

    def links(inputs: Sequence[str]) -> list[tuple[str, str]]:
        found = []
        for one in inputs:
            if one == NOTES:
                found.append((own["notes_short"], NOTES))
            if one in figures:
                found.append((one, anchor(one)))
            found += [(path, anchor(path)) for path in paths if fnmatchcase(path, one)]
        return found

    return {
        "w": own,
        "d": document,
        "nation": document.names.get(own.language) or document.names.get("en") or document.country,
        "date": format_date(datetime.fromisoformat(document.made_at), "long", locale=own.locale),
        "others": [(one, report_name(words, at)) for at, one in enumerate(words)],
        "tiles": [rows[name] for name in TILES if name in rows],
        "verdict": verdict(reading),
        "verdict_sources": [name for _, name in WAYS],
        "chapters": chapters(reading),
        "offers": [f"{one.accelerator} {own.number(one.usd_per_mtok)}" for one in document.rules.offers],
        "figures": [*document.figures],
        "input_groups": groups,
        "links": links,
        "anchor": anchor,
        "told": told,
        "said": lambda text: told([Piece(text)]),
        "label": lambda row: _label(own, row),
        "shown": lambda row: _shown(reading, row),
        "patterns": patterns(),
        "bands": reading.bands,
        "wide": WIDE,
        "narrow": NARROW,
        "style": Markup(files("daulat.plan.report").joinpath("templates", "report.css").read_text("utf-8")),  # noqa: S704
    }


def told(pieces: Sequence[Piece]) -> Markup:
    """Return a sentence as HTML: what is English marked as such, and what stands between backticks as code.

    Examples
    --------
    >>> told([Piece("set `"), Piece("model", is_english=True), Piece("` <here>")])
    Markup('set <code><span lang="en">model</span></code> &lt;here&gt;')
    """
    counts = [piece.text.count("`") for piece in pieces]
    # A code that began inside a span could not end outside it; such backticks, and one alone, are letters.
    is_paired = sum(counts) % 2 == 0 and not any(
        count % 2 for count, piece in zip(counts, pieces, strict=True) if piece.is_english
    )
    html, is_code = Markup(), False
    for piece in pieces:
        inner = Markup()
        for place, text in enumerate(piece.text.split("`") if is_paired else [piece.text]):
            if place:
                inner += Markup("</code>") if is_code else Markup("<code>")
                is_code = not is_code
            inner += escape(text)
        html += Markup('<span lang="en">{}</span>').format(inner) if piece.is_english else inner
    return html


def anchor(name: str) -> str:
    """Return the id under which a figure or an input stands.

    Examples
    --------
    >>> anchor("demand.tokens_vs_english_id")
    's-demand-tokens_vs_english_id'
    """
    return "s-" + "".join(sign if sign.isalnum() or sign == "_" else "-" for sign in name)


def _label(words: Words, row: SummaryRow) -> str:
    """Return the label of a line of the summary: a party's with its name, local money as dollars."""
    for name, text in (("deal.npv_usd", "npv"), ("deal.xirr", "xirr"), ("deal.payback_year", "payback")):
        if row.name == name:
            return f"{words[text]}, {words.named(row.label.partition(', ')[2])}"
    name = row.name.removesuffix("_local")
    return words.parts.get(row.name) or words.parts.get(name) or words.parts.get(f"{name}_usd") or row.label


def _shown(reading: Reading, row: FigureRow) -> str:
    """The last year's median and interval; of a figure by service and the like the range of its medians."""
    words, bands = reading.words, []
    for name in ("p50", "p10", "p90"):
        value: Any = getattr(row, name)
        bands.append(value[-1] if row.axes[:1] == ["year"] else value)
    if isinstance(bands[0], list):
        known = sorted(np.ravel(bands[0]).tolist())
        return f"{words.amount(known[0], row.unit)} – {words.amount(known[-1], row.unit)}"
    middle, low, high = (words.amount(one, row.unit) for one in bands)
    if len(reading.bands) == 1:
        return middle
    return f"{middle} ({words.say('interval_short', p10=low, p90=high)})"
