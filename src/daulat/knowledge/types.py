# SPDX-License-Identifier: Apache-2.0
"""The values that travel through knowledge: Document with its Relations, Passage, Hit.

Frozen, printable, comparable. Nothing here reads a file.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal
from urllib.parse import quote

LegalStatus = Literal["in_force", "amended", "partly_revoked", "revoked", "unknown", "not_law"]
Section = Literal["preamble", "body", "elucidation_general", "elucidation", "text"]


@dataclass(frozen=True, slots=True)
class Relation:
    """One legal relation of a document, as the pack or the source declares it.

    `kind` is read from this document: ``amended_by``, ``revoked_by``, ``partly_revoked_by``, ``completed_by`` (another
    act adds to it, and it stays), ``amends``, ``revokes``.
    `articles` limits it to some articles of this document (empty: the whole); where they are not `complete`, others may
    have changed too. `source` says who says so. `now` is what holds since then, in one sentence by language.
    """

    kind: str
    other: str
    other_title: str = ""
    since: str = ""
    articles: tuple[str, ...] = ()
    note: str = ""
    source: str = ""
    complete: bool = True
    now: tuple[tuple[str, str], ...] = ()


def said_in(sentences: tuple[tuple[str, str], ...], language: str) -> tuple[str, str]:
    """Return a sentence with its language: that in the language asked for where there is one, else the first.

    >>> said_in((("en", "Pay 20."), ("id", "Bayar 20.")), "id"), said_in((("en", "Pay 20."),), "id")
    (('id', 'Bayar 20.'), ('en', 'Pay 20.'))
    """
    return next(((tag, said) for tag, said in sentences if tag == language), sentences[0])


@dataclass(frozen=True, slots=True)
class Document:
    """An official text before it is cut: who published it, what it is, and whether it still holds.

    `quality` says how well its text was read, 1 for a clean one; None where there is nothing to judge it by. `scanned`
    says that a machine read it from pictures.
    """

    doc_id: str
    title: str
    citation: str = ""
    kind: str = ""
    number: str = ""
    year: int | None = None
    rank: int | None = None
    language: str = ""
    jurisdiction: str = ""
    services: tuple[str, ...] = ()
    status: LegalStatus = "unknown"
    relations: tuple[Relation, ...] = ()
    date: str = ""
    coverage_date: str = ""
    url: str = ""
    source_id: str = ""
    publisher: str = ""
    licence: str = ""
    retrieved: str = ""
    quality: float | None = None
    scanned: bool = False


@dataclass(frozen=True, slots=True)
class Act:
    """An act of which it is known what became of it, or what it changed, and of which no text is here."""

    doc_id: str
    title: str = ""
    relations: tuple[Relation, ...] = ()


def plain_name(doc_id: str, title: str) -> str:
    """Name an act by its title, or by its id where it has none."""
    return title or doc_id


def passage_path(passage_id: str) -> str:
    """Return the path of a passage's page, the only one it has; ids hold signs that a path may not.

    Examples
    --------
    >>> passage_path("XA-1-2001:pasal-28#7")
    '/p/XA-1-2001%3Apasal-28%237'
    """
    return f"/p/{quote(passage_id, safe='')}"


def document_path(doc_id: str) -> str:
    """Return the path of a document's page.

    Examples
    --------
    >>> document_path("XA-1-2001")
    '/d/XA-1-2001'
    """
    return f"/d/{quote(doc_id, safe='')}"


@dataclass(frozen=True, slots=True)
class Passage:
    """The unit that is cited: an article of a law, or a stretch of other text under one heading.

    `language` is set where it is another than the document's.
    """

    passage_id: str
    doc_id: str
    seq: int
    section: Section
    text: str
    article: str | None = None
    heading: str | None = None
    status: LegalStatus | None = None
    language: str | None = None


@dataclass(frozen=True, slots=True)
class Hit:
    """One passage found by a search, with its document and the scores that brought it here.

    `score` is the ranking's, over all `features`: higher is better, and it has no bounds. Two of these have names of
    their own: `lexical`, the share of the best BM25 that the question's terms could score, and `dense`, the cosine.
    `segment` is the (start, end) character span of the best-matching part of the passage's text. `is_unheard` says that
    the release knows how people ask, and that nobody has said so yet for this document.
    """

    passage: Passage
    document: Document
    score: float
    lexical: float = 0.0
    dense: float = 0.0
    segment: tuple[int, int] = (0, 0)
    features: dict[str, float] = field(default_factory=dict)
    is_unheard: bool = False
