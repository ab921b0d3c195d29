# SPDX-License-Identifier: Apache-2.0
"""Does this passage still hold? A document, one of its passages and a `RelationBook` in, a `PassageStatus` out.

The answer is by article: an amendment of article 7 leaves article 8 as it was. "In force" is said only of what somebody
checked; where nobody did, the status is unknown, and that some later text is at hand is no check: others may not be. A
regulation made under an act that was revoked is told with a caution. It never looks at the clock: the day asked about
is passed in.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from daulat.knowledge.legal.relations import OWN_TEXT, RelationBook, Restatement
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
    under : str
        The act that a regulation was made under, where that is what was revoked.
    now : tuple of (language, sentence)
        What holds since the change, where a curator wrote it down.
    ahead : Relation or None
        The first change of this very passage that is decided and had not begun on the day asked about.
    completed_by : tuple of Relation
        Acts that rule on the same matter beside this passage, which stays as it is.
    """

    status: LegalStatus
    by: str = ""
    by_title: str = ""
    since: str = ""
    source: str = ""
    newer_passage_id: str | None = None
    note: str = ""
    under: str = ""
    now: tuple[tuple[str, str], ...] = ()
    ahead: Relation | None = None
    completed_by: tuple[Relation, ...] = ()


class Within(NamedTuple):
    """The standing of another article that stands in a passage."""

    article: str
    section: str
    status: PassageStatus


def status_of(
    document: Document, passage: Passage | None, book: RelationBook, rules: LegalRules | None, *, on: str = ""
) -> PassageStatus:
    """Say whether a passage is the law.

    What is recorded of an act counts whether or not its kind is known: a revoked one is never told as law in force.

    Parameters
    ----------
    document : Document
        The passage's document.
    passage : Passage or None
        None asks about the document as a whole.
    book : RelationBook
        Which should have learned all documents of the release, so that newer texts are found.
    rules : LegalRules or None
        None: no pack says which kinds are law; what a document declares itself then stands.
    on : str
        ISO date; relations that begin later change no status and are told as `ahead`. Empty: all that is known.
    """
    return statuses_of(document, (passage,), book, rules, on=on)[0]


def statuses_of(
    document: Document,
    passages: Sequence[Passage | None],
    book: RelationBook,
    rules: LegalRules | None,
    *,
    on: str = "",
) -> list[PassageStatus]:
    """Say the same of several passages of a document: what is recorded of it is looked up once."""
    if not _is_law(document, book, rules):
        return [PassageStatus("not_law" if rules and document.status == "unknown" else document.status)] * len(passages)
    base = book.amends.get(document.doc_id, "")
    number = rules.number if rules else _bare_number
    changes, base_changes = (_with_numbers(_begun(act, book, on), number) for act in (document.doc_id, base))
    whole = _gone(document, base, changes, base_changes, book)
    if whole:
        numbers = (_number_of(passage, base, rules) for passage in passages)
        instead = _with_numbers(book.instead.get(document.doc_id, ()), number)
        return [_instead(article, instead, whole) for article in numbers]
    coming = _with_numbers(_coming((document.doc_id, base), book, on), number)
    found = []
    for passage in passages:
        article = _number_of(passage, base, rules)
        status = _status_of_article(document, passage, base, article, changes, book, on)
        completed = _completed(status, article, changes) if passage is not None else ()
        found.append(replace(status, ahead=_ahead(status, article, coming), completed_by=completed))
    return found


def _number_of(passage: Passage | None, base: str, rules: LegalRules | None) -> str:
    """Return the number of a passage's article; nothing for an amending act's own, which has a number of the law that
    it amends only by chance."""
    if passage is None or not passage.article or (base and rules and rules.is_own(passage.article)):
        return ""
    return rules.number(passage.article) if rules else _bare_number(passage.article)


def _begun(act: str, book: RelationBook, on: str) -> list[Relation]:
    return [change for change in book.changes.get(act, ()) if not on or change.since <= on]


def _coming(acts: Iterable[str], book: RelationBook, on: str) -> list[Relation]:
    """Return what will change an act after a day, the first first; what amends a law will be revoked with that."""
    own, *others = acts
    later = [change for change in book.changes.get(own, ()) if change.kind != "completed_by"]
    later += [change for act in others for change in book.changes.get(act, ()) if change.kind == "revoked_by"]
    return sorted((change for change in later if on and change.since > on), key=lambda change: change.since)


def _ahead(status: PassageStatus, article: str, coming: Iterable[Relation]) -> Relation | None:
    """Return the first change to come of the whole, or of an article; what is history already has none."""
    if status.status == "revoked" or status.newer_passage_id:
        return None
    return next((each for each in coming if each.kind == "revoked_by" or (article and article in each.articles)), None)


def _completed(status: PassageStatus, article: str, changes: Iterable[Relation]) -> tuple[Relation, ...]:
    """Return the acts that add to an article; none to what is history, whose successor says what holds."""
    if status.status == "revoked" or status.newer_passage_id:
        return ()
    adding = (change for change in changes if change.kind == "completed_by")
    return tuple(change for change in adding if not change.articles or article in change.articles)


def _instead(article: str, instead: Iterable[Relation], whole: PassageStatus) -> PassageStatus:
    """Add what holds in place of an article, where the act that revoked the whole is known to say so."""
    for said in instead:
        if said.other == whole.by and article and article in said.articles:
            return replace(whole, now=said.now, source=said.source)
    return whole


def _gone(
    document: Document, base: str, changes: list[Relation], base_changes: list[Relation], book: RelationBook
) -> PassageStatus | None:
    """Say that a whole document is revoked, if it is."""
    revoked = _first(changes, "revoked_by")
    if revoked:
        return _changed("revoked", revoked, book)
    fallen = _first(base_changes, "revoked_by")
    if fallen:
        return _changed("revoked", fallen, book, note=f"revoked together with {base}, which it amends")
    if _is_declared("revoked", "revoked_by", document, base, book):
        return PassageStatus("revoked", source=document.publisher)
    return None


def _status_of_article(
    document: Document,
    passage: Passage | None,
    base: str,
    article: str,
    changes: list[Relation],
    book: RelationBook,
    on: str,
) -> PassageStatus:
    for change in changes:
        if change.kind == "partly_revoked_by" and article and article in change.articles:
            return _changed("revoked", change, book)
    newer = _newer(document, passage, base, article, book, on)
    if newer:
        title = newer.by_title or book.titles.get(newer.by, "")
        source = f"{newer.by}: {OWN_TEXT}"
        return PassageStatus("amended", newer.by, title, newer.since, source, newer.passage_id or None)
    found = _amended_or_not(document, article, passage.section if passage else "", changes, book)
    orphaned = _orphaned(document, base, book, on) if found.status in ("in_force", "unknown") else None
    return orphaned or found


def _orphaned(document: Document, base: str, book: RelationBook, on: str) -> PassageStatus | None:
    """Say that the act which a regulation was made under is revoked, if it is: the regulation may have gone with it."""
    under = book.made_under.get(document.doc_id) or book.made_under.get(base, "")
    fallen = _first((change for change in book.changes.get(under, ()) if not on or change.since <= on), "revoked_by")
    if fallen is None or document.doc_id in book.in_force:
        return None
    return replace(_changed("partly_revoked", fallen, book, note=f"made under {under}, which it revokes"), under=under)


def _bare_number(article: str) -> str:
    """Return an article as relations name it, without the word before it: ``Section 7`` is 7, and so is ``§ 7``."""
    return re.sub(r"^\D+\s(?=\S+$)", "", article.strip())


def _with_numbers(changes: Iterable[Relation], number: Callable[[str], str]) -> list[Relation]:
    """Write the articles of relations both as they are given and as numbers, whichever a text uses."""
    return [
        replace(change, articles=tuple(dict.fromkeys((*change.articles, *map(number, change.articles)))))
        for change in changes
    ]


def _is_law(document: Document, book: RelationBook, rules: LegalRules | None) -> bool:
    """Say whether a document has a legal life: by its kind, or because somebody recorded some of it."""
    recorded = (book.changes, book.amends, book.in_force, book.made_under)
    if document.relations or any(document.doc_id in said for said in recorded):
        return True
    return document.status != "not_law" if rules is None else rules.kind_named(document.kind) is not None


def _is_declared(status: LegalStatus, kind: str, document: Document, base: str, book: RelationBook) -> bool:
    """Say whether a document has a status by declaration alone. One that comes from an act has a day of its own."""
    acts = (*book.changes.get(document.doc_id, ()), *book.changes.get(base, ()))
    return document.status == status and _first(acts, kind) is None


def _amended_or_not(
    document: Document, article: str, section: str, changes: list[Relation], book: RelationBook
) -> PassageStatus:
    latest = sorted(changes, key=lambda change: change.since, reverse=True)
    # What names this article, or this part of the act, says more than a later act that names others, or not all.
    latest.sort(key=lambda change: {article, section}.isdisjoint(change.articles))
    concerning = [
        change
        for change in latest
        if not change.articles or not change.complete or not article or article in change.articles
    ]
    amended, partly = _first(concerning, "amended_by"), _first(concerning, "partly_revoked_by")
    if amended:
        return _changed("amended", amended, book)
    if partly:
        return _changed("partly_revoked", partly, book)
    if _is_declared("amended", "amended_by", document, "", book):
        return PassageStatus("amended", source=document.publisher)
    if _is_declared("partly_revoked", "partly_revoked_by", document, "", book):
        return PassageStatus("partly_revoked", source=document.publisher)
    checked = book.in_force.get(document.doc_id) or (document.publisher if document.status == "in_force" else "")
    listed = [change for change in (*latest, *document.relations) if not change.source.endswith(OWN_TEXT)]
    if not checked and any(change.kind not in ("partly_revoked_by", "completed_by") for change in listed):
        # Somebody listed what changed this act, and this article or act is not among it.
        checked = listed[0].source
    if document.status == "not_law":
        return PassageStatus("not_law")
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
    return PassageStatus(status, change.other, title, change.since, change.source, None, said, now=change.now)


def _first(changes: Iterable[Relation], kind: str) -> Relation | None:
    return next((change for change in changes if change.kind == kind), None)
