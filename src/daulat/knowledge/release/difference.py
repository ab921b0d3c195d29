# SPDX-License-Identifier: Apache-2.0
"""What one release would change of another: two open releases in; documents added, gone and changed, statuses, and how
many everyday questions, out.

Every passage of both is read once. It judges nothing: whether a law should go is for whoever publishes.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace

from daulat.knowledge.release.reader import Release
from daulat.knowledge.types import Document, LegalStatus


@dataclass(frozen=True, slots=True)
class StatusChange:
    """The status of a document before and after; `passages` counts those of its passages whose own status changes."""

    doc_id: str
    before: LegalStatus
    after: LegalStatus
    passages: int


@dataclass(frozen=True, slots=True)
class Difference:
    """Ids of documents, in the order of their release. `changed` have another text, or are told otherwise.

    Everyday questions are counted; one that leads to other passages than before is a new one, and the old one is gone.
    """

    added: tuple[str, ...] = ()
    gone: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()
    statuses: tuple[StatusChange, ...] = ()
    questions_added: int = 0
    questions_gone: int = 0

    def __bool__(self) -> bool:
        documents = self.added or self.gone or self.changed or self.statuses
        return bool(documents or self.questions_added or self.questions_gone)


@dataclass(frozen=True, slots=True)
class _Held:
    """A document as a release holds it: its text and particulars in a hash, and each passage's status."""

    document: Document
    content: str
    statuses: dict[str, LegalStatus | None]


def difference(old: Release | None, new: Release) -> Difference:
    """Compare what is in use, if anything is, with what would be."""
    before, after = _held(old) if old else {}, _held(new)
    both = [doc_id for doc_id in after if doc_id in before]
    asked_before, asked = _asked(old) if old else frozenset(), _asked(new)
    return Difference(
        added=tuple(doc_id for doc_id in after if doc_id not in before),
        gone=tuple(doc_id for doc_id in before if doc_id not in after),
        changed=tuple(doc_id for doc_id in both if before[doc_id].content != after[doc_id].content),
        statuses=tuple(filter(None, (_status_change(before[doc_id], after[doc_id]) for doc_id in both))),
        questions_added=len(asked - asked_before),
        questions_gone=len(asked_before - asked),
    )


def _asked(release: Release) -> frozenset[tuple[str, str, tuple[str, ...]]]:
    """Return the everyday questions of a release: what is asked, in which language, and the passages that answer."""
    everyday = release.everyday
    if everyday is None:
        return frozenset()
    rows = everyday.rows
    return frozenset((each.text, each.language, rows[each.row].passages) for each in everyday.read_questions())


def _held(release: Release) -> dict[str, _Held]:
    found: dict[str, _Held] = {}
    for document in release.documents:
        # What becomes of a law is told by its status, and a later fetch of the same text is no change of it.
        told = replace(document, status="unknown", relations=(), retrieved="", coverage_date="")
        content = hashlib.sha256(repr(told).encode("utf-8", "surrogatepass"))
        statuses: dict[str, LegalStatus | None] = {}
        for row in release.rows_of_document(document.doc_id):
            passage = release.stored(row).passage
            content.update(repr(replace(passage, status=None)).encode("utf-8", "surrogatepass"))
            statuses[passage.passage_id] = passage.status
        found[document.doc_id] = _Held(document, content.hexdigest(), statuses)
    return found


def _status_change(before: _Held, after: _Held) -> StatusChange | None:
    old, new = before.document.status, after.document.status
    both = after.statuses.keys() & before.statuses.keys()
    passages = sum((before.statuses[each] or old) != (after.statuses[each] or new) for each in both)
    return StatusChange(after.document.doc_id, old, new, passages) if old != new or passages else None
