# SPDX-License-Identifier: Apache-2.0
"""What became of a law: a question that asks just that in; a page that says what is recorded, cited if it can be, out.

"Is Law 1/1974 still in force?" is answered by the release's own record of what amended and revoked what, and not by the
many articles that speak of being in force. It asks nothing else of the text, and knows only what is recorded.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace

from daulat.assistant.citing import Labels, cite
from daulat.assistant.evidence import Evidence, gather_evidence
from daulat.assistant.quoting import Page
from daulat.assistant.speech import Speech
from daulat.assistant.types import Citation, Question
from daulat.knowledge.cutting.segments import segments
from daulat.knowledge.release import Release
from daulat.knowledge.search import Filters, Searcher
from daulat.knowledge.types import Act, Document, Hit
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
        if not asked:
            return None
        held = [document for document in self._release.documents if document.doc_id in asked]
        acts = [] if held else [act for act in self._release.acts if act.doc_id in asked]
        # Of a law that is not here it is known what became of it, and what it changed.
        about = held or [
            changed for each in self._release.documents if (changed := _as_changed_by(each, asked)).relations
        ]
        documents = [each for each in about if self.searcher.may_find(each, service)][:_MOST_LAWS]
        if not documents and (about or not acts):
            return None
        page = Page(language)
        phrases = self.speech.phrases(language)
        for act in acts:
            said = self._said(self.labels.act(act.doc_id, act.title), act, language)
            here = [phrases.say("law_changed_here")] if documents else []
            page.say(*said, phrases.say("law_not_held"), *here)
        for document in documents:
            self._tell(page, document)
        covered = documents[0].coverage_date if documents else ""
        page.say(self.speech.as_of(covered or self._release.as_of, language))
        return page

    def _tell(self, page: Page, document: Document) -> None:
        """Say what became of a document, and cite its beginning; one that nothing was read from has none to cite."""
        law = self.labels.law(document)
        first, *others = self._said(law, document, page.language)
        if self._release.rows_of_document(document.doc_id):
            beginning = self._beginning(document)
            page.introduce(self._citation(beginning), first)
            others += self.speech.ahead(beginning, self.labels, page.language)
        else:
            page.say(first)
            others.append(self.speech.phrases(page.language).say("law_not_held"))
        for said in others:
            page.say(said)

    def _asked(self, text: str, language: str) -> frozenset[str]:
        """Return the ids of the laws of which a question asks what became of them, and nothing else."""
        questions = self.searcher.reader.questions
        if not questions.asks_fate(text):
            return frozenset()
        asked = self.searcher.ask(text, language)
        named = [law for law in asked.mentions if law.doc_id and not law.article]
        if not named or any(law.article for law in asked.mentions):
            return frozenset()
        rest = text
        for law in sorted(asked.mentions, key=lambda law: -law.span[0]):
            rest = f"{rest[: law.span[0]]} {rest[law.span[1] :]}"
        if self.searcher.ask(questions.without_fate(rest), language).order:
            return frozenset()  # something is asked of its matter too
        return frozenset(doc_id for law in named for doc_id in law.doc_ids)

    def _said(self, law: str, of: Document | Act, language: str) -> list[Said]:
        phrases = self.speech.phrases(language)
        changes = self._changes(of)
        if not changes:
            return [phrases.say("law_unchanged", law=law)]
        return [phrases.say(key, law=law, successors="; ".join(acts)) for key, acts in changes.items()]

    def _changes(self, of: Document | Act) -> Mapping[str, Sequence[str]]:
        changes: dict[str, list[str]] = {key: [] for key in _KEYS.values()}
        for change in sorted(of.relations, key=lambda change: change.since):
            if key := _KEYS.get(change.kind):
                act = self.labels.act(change.other, change.other_title)
                changes[key] += [act] if act not in changes[key] else []
        told = [key for key, acts in changes.items() if acts]
        # What was amended before it was revoked has gone with it.
        return {key: changes[key] for key in (told[:1] if told[:1] == [_KEYS["revoked_by"]] else told)}

    def _beginning(self, document: Document) -> Evidence:
        passage = self._release.stored(int(self._release.rows_of_document(document.doc_id)[0])).passage
        return gather_evidence([Hit(passage, document, 0.0)], self._release)[0]

    def _citation(self, evidence: Evidence) -> Citation:
        """Cite the beginning of a law, which says what it is."""
        head = segments(evidence.passage.text, _HEAD_WORDS)[0]
        # It says what the law is, and not what became of it: nothing in it is marked as the answer.
        return cite(evidence, head, (head[0], head[0]), self.labels, as_of=self._release.as_of)


def _as_changed_by(document: Document, acts: Collection[str]) -> Document:
    """Return a document with nothing recorded but what these acts changed in it."""
    changes = (change for change in document.relations if change.other in acts and change.kind in _KEYS)
    return replace(document, relations=tuple(changes))
