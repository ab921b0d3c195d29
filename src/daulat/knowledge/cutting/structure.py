# SPDX-License-Identifier: Apache-2.0
"""Cutting regulations by their own structure: lines of text and a pack's `Structure` in, passages with stable ids out.

One passage an article, under the headings that stand above it; the preamble, the general elucidation and the
elucidation of each article apart. Ids read like ``UU-20-2003:pasal-12#14``: document, place, number in order. A
regulation without any recognised article stays in one preamble passage, and nothing is lost.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any

from pydantic import Field, ValidationInfo, field_validator

from daulat.knowledge._declared import Declared, load_declared
from daulat.knowledge.cutting.segments import PASSAGE_WORDS, SentenceRules, segments
from daulat.knowledge.readers.base import CELLS
from daulat.knowledge.types import Passage, Section

_TITLE_WORDS = 14  # more of them after an article's number are its text
_NOTHING = re.compile(r"(?!)")  # what a structure does not declare matches no line
_ENDED = re.compile(r"[.;:!?][\"”’')\]]*$")
_CATCHWORDS = re.compile(r"(?P<words>\S.*?)\s*\.\s?\.\s?\.")


class _Place(Declared):
    preamble: str
    article: str
    elucidation_general: str
    elucidation: str
    annex: str
    decision: str = "decision-{article}"


class _StructureData(Declared):
    headings: tuple[str, ...]
    title_line: str
    article: str
    article_after_end: str = ""
    continues: str
    goes_on: str = ""
    decision: str = ""
    decision_name: str = "{number}"
    amending: str = ""
    instruction: str = ""
    item: str
    elucidation: str
    elucidation_articles: str
    annex: str
    noise: str
    place: _Place

    @field_validator("*", mode="after")
    @classmethod
    def _compiles(cls, patterns: Any, info: ValidationInfo) -> Any:
        if info.field_name == "decision_name":
            return patterns
        several = (patterns,) if isinstance(patterns, str) else patterns if isinstance(patterns, tuple) else ()
        for pattern in several:
            try:
                re.compile(pattern)
            except re.error as error:
                raise ValueError(f"not a regular expression: {error}") from error
        return patterns

    @field_validator("article", "article_after_end", "decision", mode="after")
    @classmethod
    def _says_which(cls, pattern: str) -> str:
        if pattern and "number" not in re.compile(pattern).groupindex:
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
    article_after_end : pattern, optional
        The same, for writings that may also be a reference: such a line opens an article only where the text before it
        has ended.
    continues : pattern
        The end of a text that goes on in the next line, whatever that is.
    goes_on : pattern, optional
        The beginning of a line that shows an article alone on the line before it to be a reference, unless the text
        before that has ended.
    decision : pattern, optional
        A line that opens a point of a decision, which has these instead of articles; groups ``number`` and ``text``.
        `decision_name` is what such a point is called.
    amending, instruction : pattern, optional
        The number of an article that holds the instructions of an amending act, and a line that opens one of these: it
        is no text of the article that another instruction has given.
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
    article_after_end: re.Pattern[str] = _NOTHING
    goes_on: re.Pattern[str] = _NOTHING
    decision: re.Pattern[str] = _NOTHING
    decision_name: str = "{number}"
    amending: re.Pattern[str] = _NOTHING
    instruction: re.Pattern[str] = _NOTHING


def load_structures(path: Path) -> tuple[dict[str, Structure], dict[str, SentenceRules]]:
    """Read a pack's `structure.yaml`: structures by name, and sentence rules by language.

    Raises
    ------
    SourceError
        With every fault of the file, each with its line.
    """
    file = load_declared(path, _StructureFile)
    structures = {name: _structure(data) for name, data in file.structures.items()}
    neutral = SentenceRules()
    sentences = {
        language: SentenceRules(
            neutral.abbreviations | frozenset(data.abbreviations), neutral.labels | frozenset(data.labels)
        )
        for language, data in file.sentences.items()
    }
    return structures, sentences


def _structure(data: _StructureData) -> Structure:
    patterns = {
        name: re.compile(pattern) if pattern else _NOTHING
        for name, pattern in data.model_dump(exclude={"headings", "decision_name", "place"}).items()
    }
    return Structure(
        headings=tuple(re.compile(pattern) for pattern in data.headings),
        decision_name=data.decision_name,
        place=data.place.model_dump(),
        **patterns,
    )


def cut_regulation(lines: Iterable[str], doc_id: str, structure: Structure) -> list[Passage]:
    """Cut a regulation into passages.

    Parameters
    ----------
    lines : iterable of str
        The lines as they stand in the document; wrapped lines are joined, hyphens at their end kept.
    """
    cutter = _Cutter(doc_id, structure)
    for line, following in pairwise([*_with_signs(_text_lines(lines, structure), structure), ""]):
        cutter.take(line, following)
    return cutter.done()


def _text_lines(lines: Iterable[str], structure: Structure) -> Iterator[str]:
    """Yield the lines that are no furniture: a page's foot may have the words with which the next page begins."""
    single = (" ".join(line.split()) for line in lines)
    kept = [line for line in single if line and not structure.noise.fullmatch(line)]
    for line, following in pairwise([*kept, ""]):
        found = _CATCHWORDS.fullmatch(line)
        if found is None or not following.startswith(found["words"]):
            yield line


def _with_signs(lines: Iterable[str], structure: Structure) -> Iterator[str]:
    """Yield the lines; a point of a decision has the colon that may stand on the line after its number."""
    is_taken = False
    for line, following in pairwise([*lines, ""]):
        both = f"{line} {following}"
        if not is_taken:
            is_taken = following.startswith(":") and structure.decision.fullmatch(both) is not None
            yield both if is_taken else line
        else:
            is_taken = False


@dataclass
class _Cutter:
    doc_id: str
    structure: Structure
    section: Section = "preamble"
    article: str | None = None
    number: str = ""
    decision: bool = False
    frame: str = ""
    headings: list[str] = field(default_factory=list)
    depth: list[int] = field(default_factory=list)
    title: str = ""
    title_open: bool = False
    annex: bool = False
    text: list[str] = field(default_factory=list)
    passages: list[Passage] = field(default_factory=list)

    def take(self, line: str, following: str) -> None:
        rules = self.structure
        if rules.annex.fullmatch(line):
            self._open("text", None, annex=True)
            self._set_headings([line], [0])
        elif self._opens_elucidation(line, following):
            self._open("elucidation_general", None)
            self._set_headings([], [])
        elif rules.elucidation_articles.fullmatch(line) and self.section == "elucidation_general":
            self._open("elucidation", None)
        elif self.text and rules.continues.search(self.text[-1]):
            self._add(line)
        elif article := self._article(line, following):
            self._open_article(line, article)
        elif not self.annex and (point := rules.decision.fullmatch(line)):
            self._open("body", rules.decision_name.format(number=point["number"]))
            self.number, self.decision = "-".join(point["number"].casefold().split()), True
            self._add(point["text"])
        elif self.frame and self.article and self.section == "body" and rules.instruction.fullmatch(line):
            self._return_to_frame(line)
        elif (level := self._heading_level(line)) is not None and self.section != "elucidation_general":
            self._open_part(line, level)
        elif self.title_open and rules.title_line.fullmatch(line):
            self.headings[-1] += f" {line}"
        else:
            self.title_open = False
            self._add(line)

    def _opens_elucidation(self, line: str, following: str) -> bool:
        opens = self.structure.elucidation.fullmatch
        if not opens(line):
            return False
        # In the tables and forms of an annex the word alone is a heading like others; of what it is one comes next.
        return self.section in ("preamble", "body") or (self.annex and opens(f"{line} {following}") is not None)

    def _article(self, line: str, following: str) -> re.Match[str] | None:
        """Return the article that a line opens; a reference that was wrapped opens none."""
        rules = self.structure
        if self.annex:
            return None
        has_ended = not self.text or _ENDED.search(self.text[-1]) is not None
        found = rules.article.fullmatch(line)
        if found and not has_ended and found.end("number") >= len(line) and rules.goes_on.match(following):
            return None
        return found or (rules.article_after_end.fullmatch(line) if has_ended else None)

    def _open_article(self, line: str, article: re.Match[str]) -> None:
        number = "".join(article["number"].split())
        self._open("elucidation" if self.section.startswith("elucidation") else "body", number)
        if self.section == "body" and self.structure.amending.fullmatch(number):
            self.frame = number
        text = article.groupdict().get("text") or ""
        title = line[article.end("number") :].removesuffix(text).lstrip(" .:–—-")
        if len(title.split()) > _TITLE_WORDS:
            title, text = "", f"{title}{text}"
        self.title, self.text = title.rstrip(" .:–—-"), [text] if text else []

    def _return_to_frame(self, line: str) -> None:
        if self.article != self.frame:
            self._open("body", self.frame)
        self._add(line)

    def _open_part(self, line: str, level: int) -> None:
        self._close()
        keep = sum(1 for depth in self.depth if depth < level)
        self._set_headings([*self.headings[:keep], line], [*self.depth[:keep], level])
        # What follows a heading before the next article belongs to no article.
        self.article, self.title_open, self.title = None, True, ""

    def done(self) -> list[Passage]:
        self._close()
        return self.passages

    def _heading_level(self, line: str) -> int | None:
        return next((level for level, rule in enumerate(self.structure.headings) if rule.fullmatch(line)), None)

    def _open(self, section: Section, article: str | None, *, annex: bool = False) -> None:
        self._close()
        self.section, self.article, self.annex, self.title_open, self.title = section, article, annex, False, ""
        self.number, self.decision = article or "", False

    def _set_headings(self, headings: list[str], depth: list[int]) -> None:
        self.headings, self.depth = headings, depth

    def _add(self, line: str) -> None:
        if not line:
            return
        # A row of a table is a line of its own.
        if not self.text or self.structure.item.match(line) or CELLS in line or CELLS in self.text[-1]:
            self.text.append(line)
        else:
            before = self.text[-1]
            self.text[-1] = before + line if before.endswith("-") and line[:1].islower() else f"{before} {line}"

    def _close(self) -> None:
        text = "\n".join(self.text).strip()
        self.text = []
        if not text:
            return
        place = self.structure.place[self._place()].format(article=self.number)
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
        if self.section != "body":
            return "elucidation"
        return "decision" if self.decision else "article"
