# SPDX-License-Identifier: Apache-2.0
"""A sentence taken apart: a span of a text in; its words, their places and their terms out.

It weighs nothing; see `sentence` and `pairs`, which read what it returns.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from daulat.knowledge.search import Reader

WORD = re.compile(r"\w+(?:[.,/:'’\-]\w+)*")


def names_in(question: str) -> list[str]:
    """Return the words of a question that look like names, in lower case: capitalised, and not its first.

    Where all is in capitals they tell nothing.

    Examples
    --------
    >>> names_in("Where is Exampland?"), names_in("WHERE IS MY DOG?")
    (['exampland'], [])
    """
    if question.isupper():
        return []
    return [match[0].casefold() for match in WORD.finditer(question) if match.start() and match[0][0].isupper()]


@dataclass(frozen=True, slots=True)
class ReadSentence:
    """A sentence: its text, its words with their places, and the terms of each word."""

    text: str
    words: tuple[str, ...]
    starts: tuple[int, ...]
    terms: tuple[tuple[str, ...], ...]
    held: frozenset[str]


def read_sentence(
    text: str, span: tuple[int, int], language: str, reader: Reader, known: dict[str, tuple[str, ...]] | None = None
) -> ReadSentence:
    """Take a sentence of a text apart. `known` remembers the terms of words from one sentence to the next."""
    known = {} if known is None else known
    part = text[span[0] : span[1]]
    found = list(WORD.finditer(part))
    for match in found:
        if match[0] not in known:
            known[match[0]] = tuple(reader.terms(language, match[0]))
    terms = tuple(known[match[0]] for match in found)
    return ReadSentence(
        part,
        tuple(match[0] for match in found),
        tuple(match.start() for match in found),
        terms,
        frozenset(term for word in terms for term in word),
    )
