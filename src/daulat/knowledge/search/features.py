# SPDX-License-Identifier: Apache-2.0
"""What speaks for a passage: a question's forms and a candidate in, named numbers out.

Each feature has one meaning and a bounded range, so that one linear model ranks passages of laws and of any other
text, and a reader of its weights sees why a passage came first. Nothing here is learnt; the weights are (see
`ranking`).
"""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from functools import cache

import numpy as np
from numpy.typing import NDArray

from daulat.knowledge.everyday import EVERYDAY_FEATURES
from daulat.knowledge.legal import LegalRules
from daulat.knowledge.search.asked import Asked
from daulat.knowledge.search.questions import QuestionPatterns
from daulat.knowledge.search.term import Term
from daulat.knowledge.search.words import Sought, word_columns
from daulat.knowledge.types import Document, Passage

FEATURES = (
    "dense",  # cosine of the nearest segment with the question in the language and the words of the law
    "dense_gap",  # the same, less that of the best candidate
    "dense_own",  # the same cosine in the asker's own language (equal where it is the law's)
    "words",  # BM25 share of the best that the question's terms could score, 0 to 1
    "words_gap",  # the same, less that of the best candidate
    "cover",  # share of the question's terms, by rarity, that the passage holds
    "focus",  # the largest such share in one clause
    "title",  # share of the question's terms, by rarity, that the title holds (of other text than law, the heading too)
    "rarest",  # 1 if the question's rarest term is in passage or title
    "phrase",  # share of neighbouring terms of the question that are neighbours in the passage
    "wording",  # the largest share of one of the law's own phrases for it that stands together here
    "early",  # how early the passage speaks of the question's terms, 0 to 1
    "defines",  # 1 if the passage opens a definition of the term asked for, 0.9 of one that begins so, 0.5 if it has it
    "kind",  # 1 if the clause nearest to the question shows the kind of answer asked for
    "topic",  # 1 if the document is of a topic that the question touches
    "named",  # 1 if the question names this document
    "other",  # 1 if the question names documents and not this one
    "article",  # 1 if the question names this article (of this document, or of none)
    "preamble",  # 1 for a preamble
    "elucidation",  # 1 for an elucidation
    "past",  # 1 if the passage is revoked or has a newer text
    "rank",  # 1 for a statute or higher, falling with each rank below; 0 for what is no law
    "recent",  # year of the document, 0 for the first of the country's own law to 1 for 80 later; 0.5 where unknown
    "long",  # logarithm of its words, 0 to 1
    "sprawl",  # how far beyond the length of any article: a stretch that could not be cut, 0 to 1
    "empty",  # 1 for a passage of hardly any words ("self-evident")
    *EVERYDAY_FEATURES,  # how near the everyday questions that name it (see `daulat.knowledge.everyday.matching`)
)
_INDEX = {name: i for i, name in enumerate(FEATURES)}
_OWN = len(FEATURES) - len(EVERYDAY_FEATURES)

_HARDLY_ANY = 4  # terms
_READ = 4_000  # characters of a passage in which the kind of answer is looked for
_YEARS = 80
_SPRAWL = 400  # terms
_LONG = math.log(250)


def features_of(
    asked: Asked,
    sought: Sought,
    passages: Sequence[Passage],
    documents: Sequence[Document],
    terms: Sequence[NDArray[np.uint32]],
    headings: Sequence[frozenset[int]],
    average_terms: float,
    legal: LegalRules | None,
    questions: QuestionPatterns,
) -> NDArray[np.float32]:
    """Return the features of candidates, without those that compare them (see `compare`): float32[n, len(FEATURES)].

    Parameters
    ----------
    passages, documents : sequences
        Of each candidate.
    terms : sequence of uint32
        Of each passage's own text, each clause ended by 0.
    headings : sequence of frozenset of int
        Terms of its document's title and its heading.
    average_terms : float
        Of a passage in this release.
    legal : LegalRules, optional
        The country's; without them no document has a rank, and no year says anything.
    questions : QuestionPatterns
    """
    rows = np.zeros((len(passages), len(FEATURES)), np.float32)
    if not len(rows):
        return rows
    for name, column in word_columns(sought, terms, headings, average_terms).items():
        rows[:, _INDEX[name]] = column
    lengths = np.array([len(each) for each in terms], np.float64)
    rows[:, _INDEX["long"]] = np.minimum(np.log1p(lengths) / _LONG, 1.0)
    rows[:, _INDEX["sprawl"]] = np.clip(np.log(np.maximum(lengths, 1.0) / _SPRAWL), 0.0, 2.0) / 2
    rows[:, _INDEX["empty"]] = lengths < _HARDLY_ANY
    topics = set(asked.topics)
    columns: dict[str, Sequence[float]] = {
        "topic": [not topics.isdisjoint(document.services) for document in documents],
        "preamble": [passage.section == "preamble" for passage in passages],
        "elucidation": [passage.section in ("elucidation", "elucidation_general") for passage in passages],
        "past": [
            passage.status in ("revoked", "amended") and document.rank is not None
            for passage, document in zip(passages, documents, strict=True)
        ],
    }
    if asked.defined_forms:
        term = Term(asked.defined_forms, questions)
        columns["defines"] = [term.share_in(passage.text) for passage in passages]
    if asked.kind:
        columns["kind"] = [asked.kind.found.search(passage.text, 0, _READ) is not None for passage in passages]
    for name, values in columns.items():
        rows[:, _INDEX[name]] = values
    if asked.mentions:
        rows[:, [_INDEX[name] for name in ("named", "other", "article")]] = _named(asked, passages)
    rows[:, [_INDEX["rank"], _INDEX["recent"]]] = [_standing(document, legal) for document in documents]
    return rows


def _standing(document: Document, legal: LegalRules | None) -> tuple[float, float]:
    """Return how high a document stands among the country's law, and how late it came."""
    if legal is None:
        return 0.0, 0.5
    rank = legal.statute_rank / max(document.rank, legal.statute_rank) if document.rank else 0.0
    recent = min(max((document.year - legal.first_year) / _YEARS, 0.0), 1.0) if document.year else 0.5
    return rank, recent


def compare(rows: NDArray[np.float32], dense: NDArray[np.float32], own: NDArray[np.float32]) -> None:
    """Fill in the features that compare candidates, in place. rows: float32[n, len(FEATURES)]."""
    if not len(rows):
        return
    rows[:, _INDEX["dense"]], rows[:, _INDEX["dense_own"]] = dense, own
    rows[:, _INDEX["dense_gap"]] = dense - dense.max()
    words = rows[:, _INDEX["words"]]
    rows[:, _INDEX["words_gap"]] = words - words.max()


def fill_everyday(rows: NDArray[np.float32], columns: NDArray[np.float32]) -> None:
    """Fill in what everyday questions say, in place. columns: float32[n, len(EVERYDAY_FEATURES)]."""
    rows[:, _OWN:] = columns


_WANTED = ("named", "article", "defines", "other", "elucidation", "preamble", "past", "rank", "sprawl")


def asked_for(rows: NDArray[np.float32]) -> NDArray[np.bool_]:
    """Return which passages are just what the question asks for: bool[n].

    That is the article of a law that it names by both, and the definition of the term whose meaning it asks for, in
    text that holds.
    """
    by_name = (_column(rows, "named") > 0) & (_column(rows, "article") > 0) & _is_body(rows)
    return np.asarray(by_name | (defines_term(rows) & (_column(rows, "past") == 0)))


def defines_term(rows: NDArray[np.float32]) -> NDArray[np.bool_]:
    """Return which passages of law define the term whose meaning is asked for, also in text that was changed: bool[n].

    An elucidation says what a word means in one sentence of its law, so it is none; nor is a stretch that could not be
    cut, which may hold one. Other text says of many things what they are, and settles the meaning of none.
    """
    is_law = (_column(rows, "rank") > 0) & (_column(rows, "sprawl") < 1)
    return np.asarray((_column(rows, "defines") >= 1) & (_column(rows, "other") == 0) & _is_body(rows) & is_law)


def _is_body(rows: NDArray[np.float32]) -> NDArray[np.bool_]:
    return np.asarray((_column(rows, "elucidation") == 0) & (_column(rows, "preamble") == 0))


def _column(rows: NDArray[np.float32], name: str) -> NDArray[np.float32]:
    return rows[:, _INDEX[name]]


def is_asked_for(features: Mapping[str, float]) -> bool:
    """Say the same of one hit by its features; one without features is not."""
    row = np.zeros((1, len(FEATURES)), np.float32)
    row[0, [_INDEX[name] for name in _WANTED]] = [features.get(name, 0.0) for name in _WANTED]
    return bool(asked_for(row)[0])


def as_mappings(rows: NDArray[np.float32]) -> list[dict[str, float]]:
    """Return the features of several passages by name, for people and tests."""
    return [dict(zip(FEATURES, row, strict=True)) for row in np.round(rows.astype(np.float64), 4).tolist()]


def _named(asked: Asked, passages: Sequence[Passage]) -> list[tuple[bool, bool, bool]]:
    """Say of each passage whether the question names its document, only others, and its article."""
    documents = [mention for mention in asked.mentions if mention.doc_id]
    alone = {m.article for m in asked.mentions if m.article and not m.doc_id}  # "the law on ..., its article 5"

    @cache
    def named(doc_id: str) -> tuple[bool, Collection[str]]:
        here = [m for m in documents if doc_id == m.doc_id or doc_id in m.candidates]
        return bool(here), {m.article for m in here if m.article} or (alone if here or not documents else ())

    hosts = {mention.stands_in for mention in asked.mentions if mention.stands_in}
    of_each = [(passage, *named(passage.doc_id)) for passage in passages]
    return [
        (here, bool(documents) and not here, passage.article in articles or passage.passage_id in hosts)
        for passage, here, articles in of_each
    ]
