# SPDX-License-Identifier: Apache-2.0
"""Where a named article stands: a law as a question names it in, the texts of a release that hold its article out.

People name an article that was inserted or restated by the law that they know, not by the act that brought it; and some
texts were cut so that one article's passage holds the next. Which act amends which is read from what is recorded in the
release; nothing here says whether a text holds.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace

from daulat.knowledge.legal import LegalRules, place_of
from daulat.knowledge.legal.citations import LawMention
from daulat.knowledge.release.reader import Release
from daulat.knowledge.search.asked import Asked

_ARTICLE_NUMBER = re.compile(r"\d+")


def placed(mentions: Iterable[LawMention], release: Release, legal: LegalRules) -> tuple[LawMention, ...]:
    """Add where the named articles stand, where no text of the law itself has them as passages of their own.

    That is the amending acts that have the article, else the passage of another article that holds it too.
    """
    return tuple(_placed(mention, release, legal) for mention in mentions)


def holds(mention: LawMention, release: Release) -> bool:
    """Say whether the article that a placed mention names stands somewhere in its laws."""
    return bool(mention.stands_in) or any(_has(release, doc_id, mention.article) for doc_id in mention.doc_ids)


def lacks_article(asked: Asked, release: Release) -> bool:
    """Say whether a question names an article that its law has not, or whose text is not here.

    That is one beyond the last of a law that is here, or one that stands nowhere in it where next to nothing is asked
    beside: who asks a whole question and has the number wrong is answered from the law.
    """
    named = [law for law in asked.mentions if law.article and law.doc_id in release.document_rows]
    absent = [law for law in named if not holds(law, release)]
    return any(asked.asks_little or _number(law.article) > _last_article(release, law.doc_id) > 0 for law in absent)


def _last_article(release: Release, doc_id: str) -> int:
    passages = (release.stored(row).passage for row in release.rows_of_document(doc_id))
    return max((_number(each.article or "") for each in passages), default=0)


def _number(article: str) -> int:
    """Return the number of an article such as 95A or Section 9; 0 where there is none."""
    found = _ARTICLE_NUMBER.search(article)
    return int(found.group()) if found else 0


def _placed(mention: LawMention, release: Release, legal: LegalRules) -> LawMention:
    if not mention.article or holds(mention, release):
        return mention
    laws = mention.doc_ids
    acts = [act for doc_id in laws for act in _amending_acts(release, doc_id, legal)]
    having = [act for act in acts if _has(release, act, mention.article)]
    if having:
        return replace(mention, candidates=(*laws, *having))
    for doc_id in (*laws, *acts):
        if host := _host(release, doc_id, mention.article, legal):
            return replace(mention, candidates=tuple(dict.fromkeys((*laws, doc_id))), stands_in=host)
    return mention


def _host(release: Release, doc_id: str, article: str, legal: LegalRules) -> str:
    """Return the passage of another article that holds this one; empty where none does."""
    passages = (release.stored(row).passage for row in release.rows_of_document(doc_id))
    return next((each.passage_id for each in passages if place_of(each, article, legal) is not None), "")


def _amending_acts(release: Release, doc_id: str, legal: LegalRules) -> list[str]:
    """Return the acts made to amend a law, of those that are here; another law that changes it has its own articles."""
    ordinal = release.document_rows.get(doc_id)
    if ordinal is None:
        return []
    acts = [each.other for each in release.documents[ordinal].relations if each.kind == "amended_by"]
    here = {act: release.documents[release.document_rows[act]] for act in acts if act in release.document_rows}
    return [act for act, document in here.items() if legal.amends.search(document.title)]


def _has(release: Release, doc_id: str, article: str) -> bool:
    """Say whether an article is a passage of its own; what explains it is not the article."""
    passages = (release.stored(row).passage for row in release.rows_of_document(doc_id))
    return any(each.article == article and each.section != "elucidation" for each in passages)
