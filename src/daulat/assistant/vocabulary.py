# SPDX-License-Identifier: Apache-2.0
"""Vocabulary: the words that decide whether two sentences say the same.

Comes in: the word lists of a country's languages. Goes out: for a language of the law and a language that is written,
the phrases that stand for a duty, a bound, a role or a number, and the plain words that mean what the law's words mean.
Nothing here knows a language or a country.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Literal

from daulat.assistant.word_lists import WordLists, load_word_lists
from daulat.language import PackFiles, primary
from daulat.language.analysis import fold

Kind = Literal["sense", "term", "free", "same", "value", "times", "teen"]

_WORD = re.compile(r"[^\W\d_]+|%")
_NEVER = re.compile(r"(?!)")


@dataclass(frozen=True, slots=True)
class Phrase:
    """Words that stand for something: a sense, a term, a number; `same` for other words that say it."""

    words: tuple[str, ...]
    kind: Kind
    value: str


@dataclass(frozen=True)
class Vocabulary:
    """What is particular to the words of one language, or of one that is written about the law of another.

    Parameters
    ----------
    phrases : mapping of str to tuple of Phrase
        By their first word, the longest first.
    roots : mapping of str to str
        Stems of plain words to the stems of the law's words.
    units, labels : frozenset of str
        Terms that a number counts, and terms that a number names.
    active, passive : pattern
        How a verb begins whose doer stands before it, or whose doer stands after it.
    terms : callable
        The stems of a word of the law's language.
    ending : pattern
        What may be hung on a word that a list knows without it.
    gloss : callable or None
        From words of another language to those of the law; None where both are one.
    """

    phrases: Mapping[str, tuple[Phrase, ...]]
    roots: Mapping[str, str]
    units: frozenset[str]
    labels: frozenset[str]
    active: re.Pattern[str]
    passive: re.Pattern[str]
    terms: Callable[[str], list[str]]
    ending: re.Pattern[str] = _NEVER
    gloss: Callable[[str], str] | None = None
    law: Vocabulary | None = field(default=None, repr=False)

    @cached_property
    def listed(self) -> frozenset[str]:
        """Every word of a phrase."""
        return frozenset(word for each in self.phrases.values() for phrase in each for word in phrase.words)


def words_of(text: str) -> tuple[str, ...]:
    """Return the words of a phrase as they are compared.

    >>> words_of("Tid\u00e1k dap\u00e1t/bisa")
    ('tidak', 'dapat', 'bisa')
    """
    return tuple(fold(word) for word in _WORD.findall(text.casefold()))


class Vocabularies:
    """The vocabularies of one country, each read once.

    Parameters
    ----------
    pack : PackFiles or None
    terms : callable
        Stems of a text, by the tag of its language and the text.
    gloss : callable
        From words of a language to those of the law, by text and tag.

    Raises
    ------
    AssistantError
        With every fault of a list.
    """

    def __init__(
        self, pack: PackFiles | None, terms: Callable[[str, str], list[str]], gloss: Callable[[str, str], str]
    ) -> None:
        self._lists = load_word_lists(pack)
        self._terms, self._gloss = terms, gloss
        self._read: dict[tuple[str, str], Vocabulary | None] = {}

    def between(self, written: str, law: str) -> Vocabulary | None:
        """Return the vocabulary for sentences in one language about text in another; None where they cannot be judged.

        Parameters
        ----------
        written, law : str
            BCP 47 tags; of both only the primary subtag decides.
        """
        key = primary(written), primary(law)
        if key not in self._read:
            self._read[key] = self._between(*key)
        return self._read[key]

    def _between(self, written: str, law: str) -> Vocabulary | None:
        lists = self._lists.get(written)
        if law not in self._lists or (written != law and (lists is None or lists.into != law)):
            return None
        own = _vocabulary(self._lists[law], lambda word: self._terms(law, word))
        if lists is None or written == law:
            return own
        return _across(lists, own, lambda words: self._gloss(words, written))


def _across(lists: WordLists, law: Vocabulary, gloss: Callable[[str], str]) -> Vocabulary:
    """Put the words of another language before those of the law, which the official names of things are in."""
    other = _vocabulary(lists, law.terms)
    phrases: dict[str, tuple[Phrase, ...]] = dict(law.phrases)
    for first, mine in other.phrases.items():
        taken = {phrase.words for phrase in mine}
        rest = [phrase for phrase in law.phrases.get(first, ()) if phrase.words not in taken]
        phrases[first] = tuple(sorted([*mine, *rest], key=lambda phrase: -len(phrase.words)))
    return Vocabulary(
        phrases,
        law.roots,
        law.units,
        law.labels,
        law.active,
        law.passive,
        law.terms,
        other.ending,
        gloss,
        law,
    )


def _vocabulary(lists: WordLists, terms: Callable[[str], list[str]]) -> Vocabulary:
    found: dict[str, list[Phrase]] = {}
    seen: set[tuple[str, ...]] = set()
    for phrase in _phrases(lists):
        if phrase.words and phrase.words not in seen:
            seen.add(phrase.words)
            found.setdefault(phrase.words[0], []).append(phrase)
    roots = {stem: root for root, one in _each(lists.roots) for stem in terms(one)[:1]}
    return Vocabulary(
        {first: tuple(sorted(each, key=lambda phrase: -len(phrase.words))) for first, each in found.items()},
        roots,
        frozenset(lists.units.split("|")),
        frozenset(lists.labels.split("|")),
        lists.active or _NEVER,
        lists.passive or _NEVER,
        terms,
        lists.ending or _NEVER,
    )


def _phrases(lists: WordLists) -> Iterator[Phrase]:
    """Yield the phrases of a language; of two with the same words the first counts."""
    worded: tuple[tuple[Kind, Mapping[Any, str]], ...] = (
        ("sense", lists.senses),
        ("term", lists.terms),
        ("same", lists.same),
        ("free", {"": lists.free}),
    )
    counted: tuple[tuple[Kind, Mapping[str, float]], ...] = (
        ("value", lists.values),
        ("times", lists.times),
        ("teen", lists.teens),
    )
    for kind, table in worded:
        yield from (Phrase(words_of(one), kind, value) for value, one in _each(table))
    for kind, numbers in counted:
        yield from (Phrase(words_of(one), kind, str(number)) for one, number in numbers.items())


def _each(table: Mapping[Any, str]) -> Iterator[tuple[str, str]]:
    return ((value, one) for value, written in table.items() for one in written.split("|"))
