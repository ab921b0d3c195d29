# SPDX-License-Identifier: Apache-2.0
"""Does this passage still hold? A document, one of its passages and a `RelationBook` in, a `PassageStatus` out.

The answer is by article: an amendment of article 7 leaves article 8 as it was. "In force" is said only of what somebody
checked; where nobody did, the status is unknown. It never looks at the clock: the day asked about is passed in.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from daulat.knowledge.legal.relations import RelationBook, Restatement
from daulat.knowledge.legal.rules import LegalRules
from daulat.knowledge.types import Document, LegalStatus, Passage, Relation


@dataclass(frozen=True, slots=True)
class PassageStatus:
    """Whether a passage holds.

    Parameters
    ----------
    status : LegalStatus
        ``amended`` and ``revoked`` mean that this very passage is no longer the law; ``amended`` without
        `newer_passage_id` may also mean that the law was amended and nobody recorded in which articles.
    by, by_title : str
        The act that changed it, and its title.
    since : str
        ISO date or year; empty if not recorded.
    source : str
        Who says so.
    newer_passage_id : str or None
        The passage with the newer text, where one is among the documents.
    note : str
        What a reader should know beside that.
    """

    status: LegalStatus
    by: str = ""
    by_title: str = ""
    since: str = ""
    source: str = ""
    newer_passage_id: str | None = None
    note: str = ""


def status_of(
    document: Document, passage: Passage | None, book: RelationBook, rules: LegalRules, *, on: str = ""
) -> PassageStatus:
    """Say whether a passage is the law.

    Parameters
    ----------
    document : Document
        The passage's document.
    passage : Passage or None
        None asks about the document as a whole.
    book : RelationBook
        Which should have learned all documents of the release, so that newer texts are found.
    on : str
        ISO date; relations that begin later are left out. Empty: all that is known.
    """
    if rules.kind_named(document.kind) is None:
        return PassageStatus(document.status if document.status != "unknown" else "not_law")
    changes = [change for change in book.changes.get(document.doc_id, ()) if not on or change.since <= on]
    base = book.amends.get(document.doc_id, "")
    base_changes = [change for change in book.changes.get(base, ()) if not on or change.since <= on]
    article = rules.number(passage.article) if passage and passage.article else ""

    revoked = _first(changes, "revoked_by")
    if revoked:
        return _changed("revoked", revoked, book)
    fallen = _first(base_changes, "revoked_by")
    if fallen:
        return _changed("revoked", fallen, book, note=f"revoked together with {base}, which it amends")
    for change in changes:
        if change.kind == "partly_revoked_by" and article and article in change.articles:
            return _changed("revoked", change, book)
    newer = _newer(document, passage, base, article, book, on)
    if newer:
        title = newer.by_title or book.titles.get(newer.by, "")
        source = f"{newer.by}: its own text"
        return PassageStatus("amended", newer.by, title, newer.since, source, newer.passage_id or None)
    return _amended_or_not(document, article, changes, book)


def _amended_or_not(document: Document, article: str, changes: list[Relation], book: RelationBook) -> PassageStatus:
    latest = sorted(changes, key=lambda change: change.since, reverse=True)
    concerning = [change for change in latest if not change.articles or not article or article in change.articles]
    amended, partly = _first(concerning, "amended_by"), _first(concerning, "partly_revoked_by")
    if amended:
        return _changed("amended", amended, book)
    if partly:
        return _changed("partly_revoked", partly, book)
    checked = book.in_force.get(document.doc_id) or (document.publisher if document.status == "in_force" else "")
    if not checked and (latest or document.relations):
        # Somebody listed what changed this act, and this article or act is not among it.
        checked = (*latest, *document.relations)[0].source
    return PassageStatus("in_force", source=checked) if checked else PassageStatus(document.status)


def _newer(
    document: Document, passage: Passage | None, base: str, article: str, book: RelationBook, on: str
) -> Restatement | None:
    """Return the newest restatement of this article that came after this document."""
    if not article or passage is None:
        return None
    own = (document.year or 0, int(document.number) if document.number.isdigit() else 0)
    section = "elucidation" if passage.section == "elucidation" else "body"
    later = [
        restatement
        for restatement in book.restated.get((base or document.doc_id, article), ())
        if restatement.by != document.doc_id and restatement.order > own and (not on or restatement.since <= on)
    ]
    if not any(restatement.section == "body" for restatement in later):
        return None
    same = [restatement for restatement in later if restatement.section == section]
    with_text = [restatement for restatement in same if restatement.passage_id]
    return (with_text or same or later)[-1]


def _changed(status: LegalStatus, change: Relation, book: RelationBook, note: str = "") -> PassageStatus:
    title = change.other_title or book.titles.get(change.other, "")
    said = "; ".join(filter(None, (note, change.note)))
    return PassageStatus(status, change.other, title, change.since, change.source, None, said)


def _first(changes: Iterable[Relation], kind: str) -> Relation | None:
    return next((change for change in changes if change.kind == kind), None)
