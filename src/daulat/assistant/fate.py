# SPDX-License-Identifier: Apache-2.0
"""What became of a law: a question that asks just that in; a page that says what is recorded, with its citation, out.

"Is Law 1/1974 still in force?" is answered by the release's own record of what amended and revoked what, and not by the
many articles that speak of being in force. It asks nothing else of the text, and knows only what is recorded.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from daulat.assistant.citing import Labels, cite
from daulat.assistant.evidence import Evidence, gather_evidence
from daulat.assistant.quoting import Page
from daulat.assistant.speech import Speech
from daulat.assistant.types import Citation, Question
from daulat.knowledge.cutting.segments import segments
from daulat.knowledge.release import Release
from daulat.knowledge.search import Filters, Searcher
from daulat.knowledge.types import Document, Hit
from daulat.language import Said

_KEYS = {"revoked_by": "law_revoked", "partly_revoked_by": "law_partly_revoked", "amended_by": "law_amended"}
_MOST_LAWS = 3
_HEAD_WORDS = 40  # of the beginning of a law, which is its citation


@dataclass(frozen=True)
class Fates:
    """Tells what became of the laws of one release."""

    searcher: Searcher
    speech: Speech
    labels: Labels

    @property
    def _release(self) -> Release:
        return self.searcher.release

    def page(self, question: Question, language: str) -> Page | None:
        """Return what is recorded of the laws that a question asks for; None where it asks for anything else, or for
        laws that its service does not answer from."""
        service = Filters(services=frozenset({question.service}))
        asked = self._asked(question.text, language)
        documents = [each for each in asked if self.searcher.may_find(each, service)][:_MOST_LAWS]
        if not documents:
            return None
        page = Page(language)
        for document in documents:
            for place, said in enumerate(self._said(document, language)):
                if place == 0:
                    page.introduce(self._citation(document), said)
                else:
                    page.say(said)
        page.say(self.speech.as_of(documents[0].coverage_date or self._release.as_of, language))
        return page

    def _asked(self, text: str, language: str) -> Iterator[Document]:
        questions = self.searcher.reader.questions
        if not questions.asks_fate(text):
            return
        asked = self.searcher.ask(text, language)
        named = [law for law in asked.mentions if law.doc_id and not law.article]
        if not named or any(law.article for law in asked.mentions):
            return
        rest = text
        for law in sorted(asked.mentions, key=lambda law: -law.span[0]):
            rest = f"{rest[: law.span[0]]} {rest[law.span[1] :]}"
        if self.searcher.ask(questions.without_fate(rest), language).order:
            return  # something is asked of its matter too
        ids = {doc_id for law in named for doc_id in (law.doc_id, *law.candidates)}
        held = [document for document in self._release.documents if document.doc_id in ids]
        # Of a law that is not here it is known at least what it changed.
        yield from held or (
            document
            for document in self._release.documents
            if any(change.other in ids and change.kind in _KEYS for change in document.relations)
        )

    def _said(self, document: Document, language: str) -> list[Said]:
        phrases = self.speech.phrases(language)
        law = document.citation or self.labels.act(document.doc_id, document.title)
        changes = self._changes(document)
        if not changes:
            return [phrases.say("law_unchanged", law=law)]
        return [phrases.say(key, law=law, successors="; ".join(acts)) for key, acts in changes.items()]

    def _changes(self, document: Document) -> Mapping[str, Sequence[str]]:
        changes: dict[str, list[str]] = {key: [] for key in _KEYS.values()}
        for change in sorted(document.relations, key=lambda change: change.since):
            if key := _KEYS.get(change.kind):
                act = self.labels.act(change.other, change.other_title)
                changes[key] += [act] if act not in changes[key] else []
        told = [key for key, acts in changes.items() if acts]
        # What was amended before it was revoked has gone with it.
        return {key: changes[key] for key in (told[:1] if told[:1] == [_KEYS["revoked_by"]] else told)}

    def _citation(self, document: Document) -> Citation:
        """Cite the beginning of a law, which says what it is."""
        passage = self._release.stored(int(self._release.rows_of_document(document.doc_id)[0])).passage
        evidence: Evidence = gather_evidence([Hit(passage, document, 0.0)], self._release)[0]
        head = segments(evidence.passage.text, _HEAD_WORDS)[0]
        return cite(evidence, head, head, self.labels, as_of=self._release.as_of)
