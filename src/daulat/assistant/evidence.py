# SPDX-License-Identifier: Apache-2.0
"""From hits to evidence: ranked passages in; what an answer may stand on, with its legal standing, out.

A passage that has a newer text in the release is replaced by that text. One that was revoked, or changed by a text
that is not here, is kept as history and says what succeeded it; it is never evidence of the law in force. Nothing
here reads the question.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from daulat.assistant.types import Standing
from daulat.knowledge.legal import PassageStatus, Within
from daulat.knowledge.release import Release, StoredPassage
from daulat.knowledge.types import Document, Hit, Passage


@dataclass(frozen=True, slots=True)
class Evidence:
    """A passage that may be cited. `hit` is what the search found; `passage` its newest text where that is another.

    `within` has the standing of other articles that stand in it.
    """

    hit: Hit
    passage: Passage
    document: Document
    status: PassageStatus
    standing: Standing
    within: tuple[Within, ...] = ()

    @property
    def language(self) -> str:
        """The language of the passage."""
        return self.passage.language or self.document.language

    @property
    def score(self) -> float:
        """The score of the hit that led here."""
        return self.hit.score


def gather_evidence(hits: Iterable[Hit], release: Release) -> list[Evidence]:
    """Turn hits into evidence, best first; each passage once.

    Parameters
    ----------
    hits : iterable of Hit
        Best first.
    release : Release
        That they were found in.
    """
    found: dict[str, Evidence] = {}
    for hit in hits:
        evidence = _newest(hit, release)
        found.setdefault(evidence.passage.passage_id, evidence)
    return list(found.values())


def _newest(hit: Hit, release: Release) -> Evidence:
    row = release.row_of(hit.passage.passage_id)
    if row is None:
        return _evidence(hit, StoredPassage(hit.passage, PassageStatus(hit.document.status)), hit.document)
    stored = release.stored(row)
    newer_id = stored.changed.newer_passage_id if stored.changed else None
    newer = release.row_of(newer_id) if newer_id else None
    if newer is None:
        return _evidence(hit, stored, hit.document)
    return _evidence(hit, release.stored(newer), release.document_of(newer))


def _evidence(hit: Hit, stored: StoredPassage, document: Document) -> Evidence:
    passage = stored.passage
    status = stored.changed or PassageStatus(passage.status or document.status)
    return Evidence(hit, passage, document, status, standing_of(status, passage, document), stored.within)


def standing_of(status: PassageStatus, passage: Passage, document: Document) -> Standing:
    """Say what may be made of a passage whose status is known."""
    if status.status == "revoked":
        return "history"
    if status.status == "partly_revoked":
        return "caution"
    if status.status == "amended":
        # An amendment that names this article, or this part of the act, changed this very text; one that names none
        # changed the law somewhere.
        named = any(
            passage.article in change.articles or passage.section in change.articles
            for change in document.relations
            if change.kind == "amended_by" and change.other == status.by
        )
        return "history" if named or status.newer_passage_id else "caution"
    return "current"
