# SPDX-License-Identifier: Apache-2.0
"""Vocabulary: the words that decide whether two sentences say the same, read from data.

Comes in: `assistant/verification.yaml` of the pack, or the core's own for languages that the pack has none for. Goes
out: for a language of the law and a language that is written, the phrases that stand for a duty, a bound, a role or a
number, and the plain words that mean what the law's words mean. Nothing here knows a language or a country.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any, Literal

import yaml

from daulat.language import PackFiles, primary
from daulat.language.analysis import fold

Kind = Literal["sense", "term", "free", "same", "value", "times", "teen"]

_FILE = "verification.yaml"
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
    """

    def __init__(
        self, pack: PackFiles | None, terms: Callable[[str, str], list[str]], gloss: Callable[[str, str], str]
    ) -> None:
        self._data = _languages(pack)
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
        if law not in self._data or (written != law and law != self._data.get(written, {}).get("into")):
            return None
        own = _vocabulary(self._data[law], lambda word: self._terms(law, word))
        if written == law:
            return own
        return _across(self._data[written], own, lambda words: self._gloss(words, written))


def _across(data: Mapping[str, Any], law: Vocabulary, gloss: Callable[[str], str]) -> Vocabulary:
    """Put the words of another language before those of the law, which the official names of things are in."""
    other = _vocabulary(data, law.terms)
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


def _vocabulary(data: Mapping[str, Any], terms: Callable[[str], list[str]]) -> Vocabulary:
    found: dict[str, list[Phrase]] = {}
    seen: set[tuple[str, ...]] = set()

    def add(kind: Kind, value: str, written: str) -> None:
        words = words_of(written)
        if words and words not in seen:
            seen.add(words)
            found.setdefault(words[0], []).append(Phrase(words, kind, value))

    for kind, table in (("sense", "senses"), ("term", "terms"), ("same", "same")):
        for value, written in (data.get(table) or {}).items():
            for one in str(written).split("|"):
                add(kind, str(value), one)  # type: ignore[arg-type]
    for one in str(data.get("free") or "").split("|"):
        add("free", "", one)
    for kind, table in (("value", "values"), ("times", "times"), ("teen", "teens")):
        for written, value in (data.get(table) or {}).items():
            add(kind, str(value), str(written))  # type: ignore[arg-type]
    roots = {
        stem: root
        for root, written in (data.get("roots") or {}).items()
        for one in str(written).split("|")
        for stem in terms(one)[:1]
    }
    return Vocabulary(
        {first: tuple(sorted(each, key=lambda phrase: -len(phrase.words))) for first, each in found.items()},
        roots,
        frozenset(str(data.get("units") or "").split("|")),
        frozenset(str(data.get("labels") or "").split("|")),
        re.compile(data["active"]) if data.get("active") else _NEVER,
        re.compile(data["passive"]) if data.get("passive") else _NEVER,
        terms,
        re.compile(data["ending"]) if data.get("ending") else _NEVER,
    )


def _languages(pack: PackFiles | None) -> Mapping[str, Mapping[str, Any]]:
    own: Mapping[str, Mapping[str, Any]] = _core()
    if pack is None or not pack.has("assistant", _FILE):
        return own
    return {**own, **pack.yaml("assistant", _FILE)["languages"]}


@lru_cache(maxsize=1)
def _core() -> Mapping[str, Mapping[str, Any]]:
    data: Mapping[str, Mapping[str, Any]] = yaml.safe_load(Path(__file__).with_name(_FILE).read_text(encoding="utf-8"))[
        "languages"
    ]
    return data
