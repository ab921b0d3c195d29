# SPDX-License-Identifier: Apache-2.0
"""Words and numbers of a report in one language: YAML files in, `Words` out.

English in the package is complete; a pack adds `plan/messages/<language>.yaml`, and a key it lacks is read from
English. Numbers are written as the language writes them (CLDR, through babel).
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from importlib.resources import as_file, files
from pathlib import Path
from typing import Any, Literal

from babel import Locale, UnknownLocaleError
from babel.numbers import format_compact_decimal, format_decimal, format_percent

from daulat.nation import Pack, read_yaml
from daulat.plan.errors import PlanError
from daulat.plan.note import FALLBACK, Messages, Note, Piece, fields, note_of, pieces, word
from daulat.plan.result.joint import NoteRow

SECTIONS = ("texts", "units", "parts", "names", "notes")
INTERVAL = re.compile(r"\s*\([^(){}]*\{p10\}[^(){}]*\{p90\}[^(){}]*\)")  # between brackets in a sentence
WHOLE = frozenset({"people", "accelerators", "job-years", "count"})


@dataclass(frozen=True)
class Words:
    """The words of one language, and how it writes numbers."""

    language: str
    name: str
    direction: str
    reviewed: bool
    texts: Mapping[str, str]
    units: Mapping[str, str]
    parts: Mapping[str, str]
    names: Mapping[str, str]
    """What a pack's own scenarios, parties and sources are called in this language, by how they are written there."""
    locale: Locale
    """Who writes numbers."""
    own: Locale
    notes: Messages
    """The sentences of notes that this language has itself."""

    def __getitem__(self, key: str) -> str:
        return self.texts[key]

    def say(self, key: str, **fields: object) -> str:
        """Return a text with its {fields} filled in."""
        return self.texts[key].format(**fields)

    def without_ranges(self) -> Words:
        """Return the same words for a plan of one draw, which has no interval to tell."""
        texts = {key: INTERVAL.sub("", text) for key, text in self.texts.items()}
        told = dict.fromkeys(("how_ranges", "users_about", "crossover_about"), self["one_draw"])
        return replace(self, texts=texts | told)

    def unit(self, unit: str) -> str:
        """Return a unit as the language writes it."""
        if unit.endswith("/Mtok") and unit not in self.units:  # in the nation's own money
            return self.units.get("USD/Mtok", unit).replace("USD", unit.removesuffix("/Mtok"))
        return self.units.get(unit, unit)

    def part(self, name: str) -> str:
        """Return the label of a figure, a service or a role; the name itself, made readable, where there is none."""
        return self.parts.get(name) or name.removesuffix("_usd").replace("_", " ").replace("-", " ")

    def of_language(self, tag: str) -> str:
        """Return what this language calls a language, as CLDR has it; the tag where it has no word."""
        try:
            return Locale.parse(tag, sep="-").get_display_name(self.own) or tag
        except (UnknownLocaleError, ValueError):
            return str(self.own.languages.get(tag, tag))

    def named(self, name: str) -> str:
        """Return a name that somebody wrote into a scenario or a deal, in this language where the pack has it."""
        return self.names.get(name, name)

    def told(self, row: NoteRow) -> list[Piece]:
        """Return a note in this language, in pieces; a piece is English where the pack has no words for it."""
        return list(pieces(note_of(row.model_dump()), self.notes))

    def notes_of(self, rows: Sequence[NoteRow], english: Sequence[str]) -> list[list[Piece]]:
        """Return notes in pieces; of an older plan, which has no keys, in English."""
        return [self.told(row) for row in rows] or [[Piece(one, is_english=True)] for one in english]

    def word(self, kind: str, name: str) -> str:
        """Return what the notes call a class of hazard, a status or a rule."""
        found = word(kind, name)
        return "".join(one.text for one in pieces(found, self.notes)) if isinstance(found, Note) else found

    def number(self, value: float | None, *, long: bool = False) -> str:
        """Return a number in three digits: 0.211, 36, 1,360, 56.6M; with `long` in words: 56.6 million.

        Examples
        --------
        >>> english = load_words(None, ["en"])[0]
        >>> [english.number(one) for one in (0.2114, 35.6, 1360.0, 56_600_000.0)], english.number(2.2e9, long=True)
        (['0.211', '35.6', '1,360', '56.6M'], '2.2 billion')
        """
        if value is None or not math.isfinite(value):
            return "–"
        size = abs(value)
        if size >= 1e5:
            kind: Literal["long", "short"] = "long" if long else "short"
            digits = 0 if size / 1000 ** int(math.log10(size) // 3) >= 99.95 else 1
            text = str(format_compact_decimal(value, format_type=kind, locale=self.locale, fraction_digits=digits))
            return text.replace("-", "−")
        digits = 0 if size >= 99.95 else max(0, 2 - math.floor(math.log10(size))) if size > 0 else 0
        digits = min(digits, 9)
        text = str(format_decimal(round(value, digits), format=f"#,##0.{'#' * digits}", locale=self.locale))
        return text.replace("-", "−")

    def count(self, value: float | None, unit: str, *, long: bool = False) -> str:
        """Return a number of a unit, without it; people and the like are whole."""
        whole = unit in WHOLE and value is not None and math.isfinite(value) and abs(value) >= 1
        return self.number(float(round(value)) if whole and value is not None else value, long=long)

    def percent(self, share: float | None, digits: int = 0) -> str:
        """Return a share as a percentage."""
        if share is None or not math.isfinite(share):
            return "–"
        text = format_percent(round(share, digits + 2), format="#,##0.#%" if digits else "#,##0%", locale=self.locale)
        return str(text).replace("-", "−")

    def kept(self, share: float) -> str:
        """Return a share of the draws; never all or none where it is not quite.

        Examples
        --------
        >>> english = load_words(None, ["en"])[0]
        >>> english.kept(1.0), english.kept(0.9999), english.kept(0.0004)
        ('100%', '99.9%', '0.1%')
        """
        return self.percent(share if share in (0.0, 1.0) else min(max(share, 0.001), 0.999), 1)

    def amount(self, value: float | None, unit: str, *, long: bool = False) -> str:
        """Return a number with its unit; of a year that is none: never."""
        if unit in ("share", "share/year"):
            return self.percent(value, 1)
        if value is None and unit in ("year", "years"):
            return self["never"]
        if unit == "year":
            return f"{value:.0f}"
        text = self.count(value, unit, long=long)
        return text if unit in ("ratio", "count") else f"{text} {self.unit(unit)}"


def load_words(pack: Pack | None, languages: Sequence[str]) -> list[Words]:
    """Return the words of a nation's languages that have any, in their order, and of English.

    Raises
    ------
    PlanError
        If a file of the pack has not the shape of the package's en.yaml, or a note in it names other values.
    """
    with as_file(files("daulat.plan.report").joinpath("messages", f"{FALLBACK}.yaml")) as path:
        core = _read(path)
    found = []
    for tag in dict.fromkeys((*languages, FALLBACK)):
        own = core if tag == FALLBACK else {}
        if pack is not None and pack.has("plan", "messages", f"{tag}.yaml"):
            own = _read(pack.path("plan", "messages", f"{tag}.yaml"))
            _require_values(f"{pack.name}/plan/messages/{tag}.yaml", own, core)
        if own:
            found.append(_merged(tag, core, own, languages))
    return found


def _require_values(name: str, own: Mapping[str, Any], core: Mapping[str, Any]) -> None:
    """Refuse sentences of notes that name other values than the English ones, or write them otherwise."""
    wrong = []
    for key, text in own.get("notes", {}).items():
        try:
            is_right = key not in core["notes"] or fields(text) == fields(core["notes"][key])
        except (ValueError, TypeError):  # a brace that does not close, or no text
            is_right = False
        if not is_right:
            wrong.append(key)
    if wrong:
        raise PlanError(
            f"{name}: the values of notes are not those of the English: {', '.join(wrong)}",
            why="The report could not be written in this language.",
            fix=f"Name the same values, written alike: {' | '.join(core['notes'][key] for key in wrong)}",
            code="plan.words",
        )


def _read(path: Path) -> Mapping[str, Any]:
    data = read_yaml(path, name=path.name).data
    sections = [data.get(name, {}) for name in SECTIONS] if isinstance(data, Mapping) else [None]
    if not all(isinstance(one, Mapping) for one in sections):
        raise PlanError(
            f"{path.name} has not the shape of a report's words",
            why="The report could not be written in this language.",
            fix=f"Give it {', '.join(SECTIONS)}, as daulat/plan/report/messages/en.yaml has them.",
            code="plan.words",
        )
    found: Mapping[str, Any] = data
    return found


def _locale(tag: str) -> Locale:
    try:
        return Locale.parse(tag, sep="-")
    except (UnknownLocaleError, ValueError):
        return Locale.parse(FALLBACK)


def _numbers(locale: Locale, languages: Sequence[str]) -> Locale:
    """Return who writes numbers: where CLDR has no words for millions, the nation's first language that has them."""
    others = [_locale(tag) for tag in (*languages, FALLBACK)]
    return next(one for one in (locale, *others) if "long" in one.compact_decimal_formats)


def _merged(tag: str, core: Mapping[str, Any], own: Mapping[str, Any], languages: Sequence[str]) -> Words:
    locale, is_english = _locale(tag), tag == FALLBACK
    writes, notes = _numbers(locale, languages), {**(core["notes"] if is_english else {}), **own.get("notes", {})}
    return Words(
        language=tag,
        name=locale.get_display_name() or tag,
        direction="rtl" if locale.text_direction == "rtl" else "ltr",
        reviewed=bool(own.get("reviewed", True)),
        texts={**core["texts"], **own.get("texts", {})},
        units={**core["units"], **own.get("units", {})},
        parts={**core["parts"], **own.get("parts", {})},
        names=own.get("names", {}),
        locale=writes,
        own=locale,
        notes=Messages(notes, writes, own.get("names", {}), is_english),
    )
