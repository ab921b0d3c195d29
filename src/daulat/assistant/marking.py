# SPDX-License-Identifier: Apache-2.0
"""From evidence to the sentence that answers: a question and a passage in; the marked sentence with its features out.

What answers a citizen and what fits the weights mark by this one way. It searches nothing and decides nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from daulat.assistant.evidence import Evidence
from daulat.assistant.likeness import unlike
from daulat.assistant.pairs import SentenceKind
from daulat.assistant.sentence import NOTHING_HEARD, Marked, SentenceModel, mark_sentence
from daulat.assistant.words import names_in
from daulat.knowledge.cutting import SentenceRules, rows_of, sentences, table_at
from daulat.knowledge.cutting.segments import Span
from daulat.knowledge.everyday import Heard
from daulat.knowledge.legal import NO_PART, place_of, span_of_article, span_of_part, without_heading
from daulat.knowledge.search import Asked, Searcher, is_asked_for
from daulat.knowledge.search.term import Term
from daulat.knowledge.types import Passage


@dataclass(frozen=True, slots=True)
class Marker:
    """Marks sentences of one release.

    Parameters
    ----------
    searcher : Searcher
        That found the evidence; it knows the release, how texts are read and how rare their words are.
    sentence_rules : mapping
        By language; see `daulat.knowledge.cutting.sentences`.
    language : str
        BCP 47 tag, of passages whose document names none.
    models : mapping
        Those that pick the sentence of a law and of other text.
    by_letters : bool
        Whether it also tells how like the question's words look to the passage's: for languages whose words nobody
        stems (see `daulat.assistant.likeness`).
    """

    searcher: Searcher
    sentence_rules: Mapping[str, SentenceRules]
    language: str
    models: Mapping[SentenceKind, SentenceModel]
    by_letters: bool = False

    def mark(self, asked: Asked, evidence: Evidence, heard: Heard | None) -> Marked:
        """Find the sentence of the evidence that answers; the paragraph itself where the question names one.

        `heard` is what everyday questions like this one say.
        """
        row = self.searcher.release.row_of(evidence.passage.passage_id)
        is_law = evidence.document.rank is not None
        said = heard.said_of(row) if heard and row is not None else NOTHING_HEARD
        passage = evidence.passage
        marked = mark_sentence(
            asked,
            passage,
            evidence.language or self.language,
            self.searcher.reader,
            self.searcher.rarity,
            self.sentence_rules,
            self.models["law" if is_law else "text"],
            said,
        )
        defining = self._definition(asked, evidence) if is_law else None
        features = evidence.hit.features
        is_named = defining is None and features.get("article", 0.0) > 0 and is_asked_for(features)
        named = self._named(asked, passage) if is_named else None
        span = without_heading(passage.text, defining or marked.span, self.searcher.reader.legal)
        found = {**marked.features, **self._unlike(asked, evidence)} if self.by_letters else marked.features
        return replace(marked, span=named or self._row(asked, evidence, span), features=found)

    def _unlike(self, asked: Asked, evidence: Evidence) -> dict[str, float]:
        """Return how little of the question stands in the passage or above it, also in other forms of its words."""
        reader, rarity, passage = self.searcher.reader, self.searcher.rarity, evidence.passage
        above = f"{evidence.document.title} {passage.heading or ''}"
        among = frozenset(reader.terms(evidence.language or self.language, f"{above}\n{passage.text}"))
        sought = {term: rarity.of(term) for term, weight in asked.terms.items() if weight >= 1}
        return unlike(sought, names_in(asked.text), among)

    def _named(self, asked: Asked, passage: Passage) -> Span | None:
        """Return the article that is named, or its part; also where it stands in the passage of another."""
        legal, whole = self.searcher.reader.legal, (0, len(passage.text))
        inside = next((law.article for law in asked.mentions if law.stands_in == passage.passage_id), "")
        place = place_of(passage, inside, legal) if inside else None
        start, end = whole if place is None else span_of_article(passage.text, (place, place), legal)
        part = span_of_part(passage.text[start:end], asked.part)
        if part is None and place is not None:
            part = span_of_part(passage.text[start:end], NO_PART)
        return (start + part[0], start + part[1]) if part else None

    def _definition(self, asked: Asked, evidence: Evidence) -> Span | None:
        """Return the sentence of a law that defines the term whose meaning is asked for; None where none does.

        A law defines its terms one after another, and each definition is made of the others' words.
        """
        if not asked.defined_forms:
            return None
        text, term = evidence.passage.text, Term(asked.defined_forms, self.searcher.reader.questions)
        spans = sentences(text, evidence.language or self.language, self.sentence_rules)
        gaps = {span: gap for span in spans if (gap := term.gap_in(text[slice(*span)])) is not None}
        return min(gaps, key=gaps.__getitem__, default=None)

    def _row(self, asked: Asked, evidence: Evidence, span: Span) -> Span:
        """Return the row of a marked table that has most of the question's words; all of it where none stands out."""
        text = evidence.passage.text
        table = table_at(text, span[0])
        if table is None:
            return span
        reader, rarity = self.searcher.reader, self.searcher.rarity
        language = evidence.language or self.language

        def held(row: Span) -> float:
            terms = set(reader.terms(language, text[slice(*row)]))
            return sum(weight * rarity.of(term) for term, weight in asked.terms.items() if term in terms)

        by_words = sorted(((held(row), row) for row in rows_of(text, table)), reverse=True)
        most, row = by_words[0]
        return row if most > 0 and most > max((words for words, _ in by_words[1:]), default=0) else span
