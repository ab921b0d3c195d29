# SPDX-License-Identifier: Apache-2.0
"""Which laws an act says that it revokes: its passages in, the laws that a clause of repeal names out.

A clause may revoke a whole law, a part of one, or only what contradicts the act; so what is found here is for a person
to read and declare, and changes no status.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from daulat.knowledge.legal.citations import find_citations
from daulat.knowledge.legal.relations import RelationBook
from daulat.knowledge.legal.rules import LegalRules, Repeal
from daulat.knowledge.types import Document, Passage

_REVOKED = ("revoked_by", "partly_revoked_by")
_MOST_CHARS = 4_000  # of a clause; a list of forty acts with their gazettes is shorter


def repealed_in(document: Document, passages: Iterable[Passage], rules: LegalRules) -> Iterator[tuple[Passage, str]]:
    """Yield the passages of an act that revoke another one, each with the id of a law that it names.

    A law that stands above the act is only named there: nothing revokes what it is made under.
    """
    if rules.repeal is None or rules.kind_named(document.kind) is None:
        return
    told: set[str] = {document.doc_id}
    for passage in passages:
        for clause in _clauses(passage.text, rules.repeal) if passage.section == "body" else ():
            for mention in find_citations(clause, rules):
                if mention.doc_id and mention.doc_id not in told and not _stands_above(mention.kind, document, rules):
                    told.add(mention.doc_id)
                    yield passage, mention.doc_id


def is_recorded(law: str, by: str, book: RelationBook) -> bool:
    """Say whether it is recorded what became of a law by this act, or that it, or what it amends, is revoked anyhow."""
    changes = book.changes.get(law, ())
    if any(change.kind == "revoked_by" or (change.kind in _REVOKED and change.other == by) for change in changes):
        return True
    base = book.amends.get(law, "")
    return bool(base) and is_recorded(base, by, replace(book, amends={}))


def _clauses(text: str, repeal: Repeal) -> Iterator[str]:
    """Yield what stands before each verb of revocation, from where its own clause begins."""
    start = 0
    for verb in repeal.verb.finditer(text):
        before = text[max(start, verb.start() - _MOST_CHARS) : verb.start()]
        begins = max((match.end() for match in repeal.begins.finditer(before)), default=0)
        yield before[begins:]
        start = verb.end()


def _stands_above(code: str, document: Document, rules: LegalRules) -> bool:
    above, below = rules.kind_named(code), rules.kind_named(document.kind)
    return above is not None and below is not None and (above.rank or 0) < (below.rank or 0)
