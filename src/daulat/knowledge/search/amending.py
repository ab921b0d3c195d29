# SPDX-License-Identifier: Apache-2.0
"""Articles that stand in an amending act alone: a law as a question names it in, the acts that hold its article out.

People name an article that was inserted or restated by the law that they know, not by the act that brought it. Which
act amends which is read from what is recorded in the release; nothing here says whether a text holds.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from daulat.knowledge.legal import LegalRules
from daulat.knowledge.legal.citations import LawMention
from daulat.knowledge.release.reader import Release


def with_amending_acts(mentions: Iterable[LawMention], release: Release, legal: LegalRules) -> tuple[LawMention, ...]:
    """Add the amending acts that have the named article, where no text of the law itself that is here has it."""
    return tuple(_with_acts(mention, release, legal) for mention in mentions)


def _with_acts(mention: LawMention, release: Release, legal: LegalRules) -> LawMention:
    if not mention.article or any(_has(release, doc_id, mention.article) for doc_id in mention.doc_ids):
        return mention
    acts = [
        act
        for doc_id in mention.doc_ids
        for act in _amending_acts(release, doc_id, legal)
        if _has(release, act, mention.article)
    ]
    return replace(mention, candidates=(*mention.doc_ids, *acts)) if acts else mention


def _amending_acts(release: Release, doc_id: str, legal: LegalRules) -> list[str]:
    """Return the acts made to amend a law, of those that are here; another law that changes it has its own articles."""
    ordinal = release.document_rows.get(doc_id)
    if ordinal is None:
        return []
    acts = [each.other for each in release.documents[ordinal].relations if each.kind == "amended_by"]
    here = {act: release.documents[release.document_rows[act]] for act in acts if act in release.document_rows}
    return [act for act, document in here.items() if legal.amends.search(document.title)]


def _has(release: Release, doc_id: str, article: str) -> bool:
    return any(release.stored(row).passage.article == article for row in release.rows_of_document(doc_id))
