# SPDX-License-Identifier: Apache-2.0
"""Citations: evidence and the sentence that answers in, a `Citation` with an exact quote out.

A quote is always a slice of the stored text, never a rewording. Labels ("Article 5") come from the pack. Nothing here
judges.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

import yaml

from daulat.assistant.evidence import Evidence, standing_of
from daulat.assistant.types import Citation
from daulat.knowledge.cutting import table_at
from daulat.knowledge.cutting.segments import Span, segments, trim
from daulat.knowledge.legal import LegalRules, article_at, paragraph_around, span_of_article
from daulat.knowledge.types import Document, Passage, passage_path, plain_name
from daulat.language import PackFiles

_WHOLE_WORDS = 130  # a passage up to this length is quoted whole
_LONGEST_PARAGRAPH = 180  # words of a numbered paragraph that is


@dataclass(frozen=True)
class Labels:
    """How parts of an official text are named. Built by `load_labels`.

    Examples
    --------
    >>> load_labels(None).part(Passage("A:5", "A", 1, "body", "text", article="5"))
    'Article 5'
    """

    words: Mapping[str, str]
    legal: LegalRules | None = None
    places: Mapping[str, str] = field(default_factory=dict)

    def part(self, passage: Passage) -> str:
        """Name the part that a passage is; empty where it has no name. An article that its source spells out stays so.

        >>> load_labels(None).part(Passage("A:5", "A", 1, "body", "text", article="Section 5"))
        'Section 5'
        """
        if " " in (passage.article or "").strip():
            return self._article(passage.article or "")
        if passage.section == "elucidation" and passage.article:
            return self.words["elucidation"].format(number=passage.article)
        if passage.section in ("elucidation_general", "preamble"):
            return self.words[passage.section]
        return self._article(passage.article) if passage.article else passage.heading or ""

    def article_of(self, number: str, law: str) -> str:
        """Cite an article of a law by its name.

        >>> load_labels(None).article_of("5", "the Births Act"), load_labels(None).article_of("Section 5", "the Act")
        ('Article 5, the Births Act', 'Section 5, the Act')
        """
        return self.words["citation"].format(part=self._article(number), document=law)

    def _article(self, number: str) -> str:
        return number if " " in number.strip() else self.words["article"].format(number=number)

    def cited(self, evidence: Evidence) -> str:
        """Cite a passage as a person would, with the part of the country that it is for, unless its name says that."""
        part, document = self.part(evidence.passage), evidence.document.citation or evidence.document.title
        # A heading, which may be a question, is named behind the text in which it stands.
        form = "citation" if part != evidence.passage.heading else "under_a_heading"
        cited = self.words[form].format(part=part, document=document) if part else document
        place = self.place(evidence.document.jurisdiction)
        told = not place or place.lower() in cited.lower()
        return cited if told else self.words["of_a_part"].format(citation=cited, place=place)

    def place(self, jurisdiction: str) -> str:
        """Name the part of the country that a code of ISO 3166-2 stands for; empty for the whole.

        >>> load_labels(None, places={"XA-I": "Isles"}).place("XA-I"), load_labels(None).place("XA")
        ('Isles', '')
        """
        return self.places.get(jurisdiction, jurisdiction) if "-" in jurisdiction else ""

    def successor(self, evidence: Evidence) -> str:
        """Name, in words for people, the act that revoked or amended a passage; empty where none is known."""
        return self.act(evidence.status.by, evidence.status.by_title)

    def act(self, doc_id: str, title: str) -> str:
        """Name an act by its id and title.

        >>> load_labels(None).act("XA-16-2019", "Marriage"), load_labels(None).act("XA-16-2019", "")
        ('Marriage', 'XA-16-2019')
        """
        code, number, year = self.legal.parts_of(doc_id) if self.legal else ("", "", "")
        if self.legal is None or not number:
            return plain_name(doc_id, title)
        name = self.words["act"].format(kind=self.legal.kinds[code].title, number=number, year=year)
        return self.words["about"].format(act=name, title=title) if title else name

    def law(self, document: Document) -> str:
        """Name a text that is here: as it is cited, else by its id and title."""
        return document.citation or self.act(document.doc_id, document.title)

    def note(self, text: str) -> str:
        """Write a curator's note with acts by their names, where it has their ids."""
        return self.legal.document_ids.sub(lambda found: self.act(found[0], ""), text) if self.legal else text


def load_labels(
    pack: PackFiles | None, legal: LegalRules | None = None, places: Mapping[str, str] | None = None
) -> Labels:
    """Read the pack's `assistant/labels.yaml`, else the English labels; `places` name the parts of the country."""
    words = yaml.safe_load(Path(__file__).with_name("labels.yaml").read_text(encoding="utf-8"))
    if pack is not None and pack.has("assistant", "labels.yaml"):
        words |= pack.yaml("assistant", "labels.yaml")
    return Labels(words, legal, places or {})


def at_article(evidence: Evidence, place: int, legal: LegalRules | None) -> Evidence:
    """Return the evidence as of the article that stands at a place in its passage, with that article's standing."""
    passage = article_at(evidence.passage, place, legal)
    for other in evidence.within:
        if (other.article, other.section) == (passage.article, passage.section):
            standing = standing_of(other.status, passage, evidence.document)
            return replace(evidence, passage=passage, status=other.status, standing=standing)
    return replace(evidence, passage=passage)


def cut_quote(passage: Passage, answer: Span, legal: LegalRules | None, *, short: bool = False) -> Span:
    """Choose what to quote of a passage.

    Parameters
    ----------
    passage : Passage
    answer : (int, int)
        Characters of the sentence that answers.
    legal : LegalRules, optional
        Of the country: what a passage holds beside the article that answers is not quoted.
    short : bool
        Quote that sentence alone, to the end of a list that it opens.

    Returns
    -------
    (int, int)
        Characters; they hold `answer`.
    """
    text = passage.text
    table = table_at(text, answer[0])
    whole = table or paragraph_around(text, answer[0])
    # A list of amounts is of no use without its end, and a row of none without the names of its columns.
    is_told_whole = whole is not None and len(text[slice(*whole)].split()) <= _LONGEST_PARAGRAPH
    if short:
        if table and is_told_whole:
            return table
        goes_on = text[slice(*answer)].rstrip().endswith((":", ";", ","))
        return trim(text, answer[0], max(answer[1], whole[1])) if whole and is_told_whole and goes_on else answer
    start, end = span_of_article(text, answer, legal)
    if len(text[start:end].split()) <= _WHOLE_WORDS:
        return trim(text, start, end)
    around = next((span for span in segments(text) if span[0] <= answer[0] < span[1]), answer)
    if whole and is_told_whole:
        around = min(around[0], whole[0]), max(around[1], whole[1])
    return trim(text, min(max(around[0], start), answer[0]), max(min(around[1], end), answer[1]))


def cite(
    evidence: Evidence,
    quote: Span,
    answer: Span,
    labels: Labels,
    *,
    as_of: str,
    successor: str = "",
    successor_url: str = "",
) -> Citation:
    """Build the citation of a passage; its marker is placed later."""
    text = evidence.passage.text[quote[0] : quote[1]]
    inside = (max(answer[0] - quote[0], 0), max(min(answer[1], quote[1]) - quote[0], 0))
    document = evidence.document
    return Citation(
        passage_id=evidence.passage.passage_id,
        doc_id=document.doc_id,
        title=document.citation or document.title,
        article=labels.part(evidence.passage),
        quote=text,
        status=evidence.status.status,
        url=passage_path(evidence.passage.passage_id),
        as_of=document.coverage_date or as_of,
        successor=successor,
        publisher=document.publisher,
        licence=document.licence,
        retrieved=document.retrieved,
        language=evidence.language,
        answer_span=inside,
        standing=evidence.standing,
        jurisdiction=document.jurisdiction,
        successor_url=successor_url,
        quote_start=quote[0],
    )
