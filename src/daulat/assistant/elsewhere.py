# SPDX-License-Identifier: Apache-2.0
"""Laws that do not answer: a question in; the laws it names that its service does not answer from, what to say of them
and of those that are not here or that rule on what is asked and are not here, out.

"I found nothing" would be untrue of a law that is here, and says too little of one that is not. Which service answers
from a law is said by its name.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from daulat.assistant.citing import Labels
from daulat.assistant.speech import Speech
from daulat.knowledge.legal import LawMention
from daulat.knowledge.search import Asked, Filters, Searcher
from daulat.knowledge.search.places import holds
from daulat.knowledge.types import Document
from daulat.language import Ruling, Rulings, Said

_MOST_SERVICES = 3


@dataclass(frozen=True)
class Elsewhere:
    """Tells which service answers from the laws that a question names.

    Parameters
    ----------
    searcher, speech, labels
        Which texts a service may find; the country's sentences and names of acts.
    services : mapping
        Names of the nation's services, by id and language.
    rulings : Rulings, optional
        Which acts rule on what no text here does.
    """

    searcher: Searcher
    speech: Speech
    labels: Labels
    services: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    rulings: Rulings | None = None

    def laws(self, asked: Asked, service: str) -> Sequence[Document]:
        """Return the laws named, where they are here and the service answers from none of them."""
        named = {doc_id for law in asked.mentions for doc_id in law.doc_ids}
        held = [document for document in self.searcher.release.documents if document.doc_id in named]
        return [] if any(self._answers_from(each, service) for each in held) else held

    def said(self, law: Document, service: str, language: str) -> Said:
        """Say that the service does not answer from a law, and which do."""
        phrases = self.speech.phrases(language)
        name = self.labels.law(law)
        others = [each for each in self.services if each != service and self._answers_from(law, each)]
        if not others:
            return phrases.say("law_not_served", law=name)
        tag = phrases.spoken_in("law_served_by")
        services = ", ".join(self._named(each, tag) for each in others[:_MOST_SERVICES])
        return phrases.say("law_served_by", law=name, services=services)

    def ruling(self, asked: Asked) -> Ruling | None:
        """Return which act that is not here rules on what is asked, where the question names no law itself.

        What is near then is the rule of another matter: the penalty for a lie to the registry is none for any lie.
        """
        if self.rulings is None or asked.mentions:
            return None
        found = self.rulings.of(asked.text, asked.language)
        return found if found and found.doc_id not in self.searcher.release.document_rows else None

    def declined(self, asked: Asked, ruling: Ruling | None, language: str) -> Said:
        """Say that no source answers: the law or article that is named or rules is not here, or nothing was found."""
        phrases = self.speech.phrases(language)
        missing = next(filter(None, map(self._missing, asked.mentions)), "")
        if missing:
            return phrases.say("not_held", named=missing)
        return phrases.say("ruled_elsewhere", named=self._named_ruling(ruling)) if ruling else phrases.say("declined")

    def _named_ruling(self, ruling: Ruling) -> str:
        titles = {act.doc_id: act.title for act in self.searcher.release.acts}
        law = self.labels.act(ruling.doc_id, ruling.title or titles.get(ruling.doc_id, ""))
        return self.labels.article_of(ruling.article, law) if ruling.article else law

    def _missing(self, law: LawMention) -> str:
        """Name a law that is not here, or the article that one here lacks; empty where nothing is missing."""
        release = self.searcher.release
        if not law.doc_id:
            return ""
        here = next((release.document_rows[each] for each in law.doc_ids if each in release.document_rows), None)
        if here is None:
            titles = {act.doc_id: act.title for act in release.acts}
            return self.labels.act(law.doc_id, titles.get(law.doc_id, ""))
        if not law.article or holds(law, release):
            return ""
        return self.labels.article_of(law.article, self.labels.law(release.documents[here]))

    def _answers_from(self, law: Document, service: str) -> bool:
        return self.searcher.may_find(law, Filters(services=frozenset({service})))

    def _named(self, service: str, language: str) -> str:
        names = self.services[service]
        return names.get(language) or names.get("en") or service
