# SPDX-License-Identifier: Apache-2.0
"""Cutting regulations by their own structure: lines of text and a pack's `Structure` in, passages with stable ids out.

One passage an article, under the headings that stand above it; the preamble, the general elucidation and the
elucidation of each article apart. Ids read like ``UU-20-2003:pasal-12#14``: document, place, number in order. A
regulation without any recognised article stays in one preamble passage, and nothing is lost.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pydantic import Field, field_validator

from daulat.knowledge._declared import Declared, load_declared
from daulat.knowledge.cutting.segments import PASSAGE_WORDS, SentenceRules, segments
from daulat.knowledge.types import Passage, Section

_TITLE_WORDS = 14  # more of them after an article's number are its text


class _Place(Declared):
    preamble: str
    article: str
    elucidation_general: str
    elucidation: str
    annex: str


class _StructureData(Declared):
    headings: tuple[str, ...]
    title_line: str
    article: str
    continues: str
    item: str
    elucidation: str
    elucidation_articles: str
    annex: str
    noise: str
    place: _Place

    @field_validator("*", mode="after")
    @classmethod
    def _compiles(cls, patterns: Any) -> Any:
        several = (patterns,) if isinstance(patterns, str) else patterns if isinstance(patterns, tuple) else ()
        for pattern in several:
            try:
                re.compile(pattern)
            except re.error as error:
                raise ValueError(f"not a regular expression: {error}") from error
        return patterns

    @field_validator("article", mode="after")
    @classmethod
    def _says_which(cls, pattern: str) -> str:
        if "number" not in re.compile(pattern).groupindex:
            raise ValueError("which article it is must be told: write its number as `(?P<number>...)`")
        return pattern


class _SentenceData(Declared):
    abbreviations: tuple[str, ...] = ()
    labels: tuple[str, ...] = ()


class _StructureFile(Declared):
    format: int
    structures: dict[str, _StructureData] = Field(default_factory=dict)
    sentences: dict[str, _SentenceData] = Field(default_factory=dict)


@dataclass(frozen=True)
class Structure:
    """How one kind of regulation is built.

    Parameters
    ----------
    headings : tuple of pattern
        From the widest to the narrowest; a line that matches opens a part, and drops the narrower parts before it.
    title_line : pattern
        Lines after a heading that are its title.
    article : pattern
        A line that opens an article; group ``number``, and ``text`` where its text may begin on the line. What else
        stands after the number is its title.
    item : pattern
        A line that opens a paragraph or list item; other lines go on from the line before.
    elucidation, elucidation_articles, annex : pattern
        Lines that open the elucidation, its part on single articles, and an annex.
    noise : pattern
        Lines that are furniture of the page.
    place : mapping of str to str
        The middle of an id for each kind of passage; ``{article}`` is filled in.
    """

    headings: tuple[re.Pattern[str], ...]
    title_line: re.Pattern[str]
    article: re.Pattern[str]
    continues: re.Pattern[str]
    item: re.Pattern[str]
    elucidation: re.Pattern[str]
    elucidation_articles: re.Pattern[str]
    annex: re.Pattern[str]
    noise: re.Pattern[str]
    place: Mapping[str, str]


def load_structures(path: Path) -> tuple[dict[str, Structure], dict[str, SentenceRules]]:
    """Read a pack's `structure.yaml`: structures by name, and sentence rules by language.

    Raises
    ------
    SourceError
        With every fault of the file, each with its line.
    """
    file = load_declared(path, _StructureFile)
    structures = {
        name: Structure(
            headings=tuple(re.compile(pattern) for pattern in data.headings),
            title_line=re.compile(data.title_line),
            article=re.compile(data.article),
            continues=re.compile(data.continues),
            item=re.compile(data.item),
            elucidation=re.compile(data.elucidation),
            elucidation_articles=re.compile(data.elucidation_articles),
            annex=re.compile(data.annex),
            noise=re.compile(data.noise),
            place=data.place.model_dump(),
        )
        for name, data in file.structures.items()
    }
    neutral = SentenceRules()
    sentences = {
        language: SentenceRules(
            neutral.abbreviations | frozenset(data.abbreviations), neutral.labels | frozenset(data.labels)
        )
        for language, data in file.sentences.items()
    }
    return structures, sentences


def cut_regulation(lines: Iterable[str], doc_id: str, structure: Structure) -> list[Passage]:
    """Cut a regulation into passages.

    Parameters
    ----------
    lines : iterable of str
        The lines as they stand in the document; wrapped lines are joined, hyphens at their end kept.
    """
    cutter = _Cutter(doc_id, structure)
    for raw in lines:
        line = " ".join(raw.split())
        if line and not structure.noise.fullmatch(line):
            cutter.take(line)
    return cutter.done()


@dataclass
class _Cutter:
    doc_id: str
    structure: Structure
    section: Section = "preamble"
    article: str | None = None
    headings: list[str] = field(default_factory=list)
    depth: list[int] = field(default_factory=list)
    title: str = ""
    title_open: bool = False
    annex: bool = False
    text: list[str] = field(default_factory=list)
    passages: list[Passage] = field(default_factory=list)

    def take(self, line: str) -> None:
        rules = self.structure
        if rules.annex.fullmatch(line):
            self._open("text", None, annex=True)
            self._set_headings([line], [0])
        elif rules.elucidation.fullmatch(line) and self.section in ("preamble", "body"):
            self._open("elucidation_general", None)
            self._set_headings([], [])
        elif rules.elucidation_articles.fullmatch(line) and self.section == "elucidation_general":
            self._open("elucidation", None)
        elif self.text and rules.continues.search(self.text[-1]):
            self._add(line)
        elif (article := rules.article.fullmatch(line)) and not self.annex:
            self._open("elucidation" if self.section.startswith("elucidation") else "body", article["number"])
            text = article.groupdict().get("text") or ""
            title = line[article.end("number") :].removesuffix(text).lstrip(" .:–—-")
            if len(title.split()) > _TITLE_WORDS:
                title, text = "", f"{title}{text}"
            self.title, self.text = title.rstrip(" .:–—-"), [text] if text else []
        elif (level := self._heading_level(line)) is not None and self.section != "elucidation_general":
            self._close()
            keep = sum(1 for depth in self.depth if depth < level)
            self._set_headings([*self.headings[:keep], line], [*self.depth[:keep], level])
            # What follows a heading before the next article belongs to no article.
            self.article, self.title_open, self.title = None, True, ""
        elif self.title_open and rules.title_line.fullmatch(line):
            self.headings[-1] += f" {line}"
        else:
            self.title_open = False
            self._add(line)

    def done(self) -> list[Passage]:
        self._close()
        return self.passages

    def _heading_level(self, line: str) -> int | None:
        return next((level for level, rule in enumerate(self.structure.headings) if rule.fullmatch(line)), None)

    def _open(self, section: Section, article: str | None, *, annex: bool = False) -> None:
        self._close()
        self.section, self.article, self.annex, self.title_open, self.title = section, article, annex, False, ""

    def _set_headings(self, headings: list[str], depth: list[int]) -> None:
        self.headings, self.depth = headings, depth

    def _add(self, line: str) -> None:
        if not self.text or self.structure.item.match(line):
            self.text.append(line)
        else:
            before = self.text[-1]
            self.text[-1] = before + line if before.endswith("-") and line[:1].islower() else f"{before} {line}"

    def _close(self) -> None:
        text = "\n".join(self.text).strip()
        self.text = []
        if not text:
            return
        place = self.structure.place[self._place()].format(article=self.article)
        # An article is quoted whole; an annex may fill a book, and is parted like other text.
        whole = [(0, len(text))] if self.section != "text" else segments(text, PASSAGE_WORDS)
        for start, end in whole:
            seq = len(self.passages)
            passage_id = f"{self.doc_id}:{place}#{seq}"
            heading = " ".join(filter(None, (*self.headings, self.title))) or None
            self.passages.append(
                Passage(passage_id, self.doc_id, seq, self.section, text[start:end], self.article, heading)
            )

    def _place(self) -> str:
        if self.annex or self.section == "text":
            return "annex"
        if self.article is None:
            return "elucidation_general" if self.section.startswith("elucidation") else "preamble"
        return "article" if self.section == "body" else "elucidation"
