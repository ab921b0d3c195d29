# SPDX-License-Identifier: Apache-2.0
"""Phrase tables: find the phrases of a list in a text, the longest first, and put something in their place.

Comes in: pairs of a phrase and its replacement, and a text. Goes out: where which phrase stands. Case and diacritics do
not matter; a phrase never crosses a punctuation mark. Nothing here knows what the phrases are for.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from daulat.language.analysis import fold

_TOKEN = re.compile(r"[^\W_]+(?:['’.\-][^\W_]+)*")
_GAP = re.compile(r"\s+")
_REMEMBERED = 20_000  # words
_LAST = 2**31  # a rank behind all others

Forms = Callable[[str], Sequence[str]]


@dataclass(frozen=True, slots=True)
class _Word:
    """A word of a text: the forms that it may have in the table, and those of them that a phrase begins with."""

    forms: tuple[str, ...]
    firsts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Phrase:
    """A phrase of the table; of those that begin with the same word the longest ranks first."""

    rank: int
    words: tuple[str, ...]
    replacement: str


@dataclass(frozen=True, slots=True)
class Match:
    """A phrase of the table, found at characters `start` to `end` of the text."""

    start: int
    end: int
    replacement: str


class PhraseTable:
    """A list of phrases, ready to be found.

    Parameters
    ----------
    pairs : Iterable[tuple[str, str]]
        Phrase and replacement; of two with the same phrase the first stays. Words that `_` joins are found only side
        by side and in their order.
    forms : Callable[[str], Sequence[str]]
        The forms of a folded word that may stand in the table, the word itself first.

    Examples
    --------
    >>> table = PhraseTable([("akta lahir", "akta kelahiran"), ("akta", "surat")])
    >>> table.replace("Akta lahir, atau akta?")
    'akta kelahiran, atau surat?'
    """

    def __init__(self, pairs: Iterable[tuple[str, str]], forms: Forms = lambda word: (word,)) -> None:
        self._forms = forms
        self._read: dict[str, _Word] = {}
        # By the first word, then by the second, "" where there is none; each list by rank.
        self._by_words: dict[str, dict[str, list[_Phrase]]] = {}
        self._apart: dict[str, list[tuple[frozenset[str], tuple[str, ...], str]]] = {}
        by_first: dict[str, list[tuple[tuple[str, ...], str]]] = {}
        seen: set[tuple[str, ...]] = set()
        for phrase, replacement in pairs:
            words = tuple(fold(token.casefold()) for token in _TOKEN.findall(phrase))
            if words and words not in seen:
                seen.add(words)
                by_first.setdefault(words[0], []).append((words, replacement))
                if len(words) > 1 and "_" not in phrase:
                    self._apart.setdefault(words[0], []).append((frozenset(words), words, replacement))
        for first, phrases in by_first.items():
            seconds = self._by_words.setdefault(first, {})
            for rank, (words, replacement) in enumerate(sorted(phrases, key=lambda phrase: -len(phrase[0]))):
                seconds.setdefault(words[1] if len(words) > 1 else "", []).append(_Phrase(rank, words, replacement))
        for loose in self._apart.values():
            loose.sort(key=lambda phrase: -len(phrase[1]))

    def matches(self, text: str) -> list[Match]:
        """Return the phrases that stand in `text`, from left to right, without overlap; longer ones win."""
        return [match for match, _ in self._side_by_side(text)]

    def replace(self, text: str, chosen: Callable[[str], str] = str) -> str:
        """Return `text` with every phrase replaced by what `chosen` makes of its replacement; all else stays."""
        return replaced(text, self.matches(text), chosen)

    def heard(self, text: str, slack: int) -> list[str]:
        """Return the replacements of phrases that stand in `text`, then of those whose words only stand close together.

        The latter are phrases of two or more words, in any order, told once each. Joined phrases are not among them,
        nor are parts of a longer phrase that stands side by side: who says `leave when a wife gives birth` does not ask
        for the leave of who gives birth.

        Parameters
        ----------
        text : str
            The text; marks between the words matter only to phrases that stand side by side.
        slack : int
            How many other words may stand among those of the phrase.

        Examples
        --------
        >>> PhraseTable([("wage late", "arrears"), ("wage", "pay")]).heard("Always late, my wage!", slack=2)
        ['pay', 'arrears']
        """
        side_by_side = self._side_by_side(text)
        longer = [frozenset(words) for _, words in side_by_side]
        words_here = [self._word(token) for token in _TOKEN.findall(text)]
        forms = [word.forms for word in words_here]
        present = frozenset().union(*forms)
        found: dict[str, None] = {}
        for at, here in enumerate(words_here):
            for first in sorted(here.firsts):
                for whole, words, replacement in self._apart.get(first, ()):
                    if not whole <= present or any(whole < other for other in longer):
                        continue
                    reach = len(words) + slack
                    if _stand_together(words, forms[max(0, at - reach + 1) : at + reach], reach):
                        found[replacement] = None
        beside = [match.replacement for match, _ in side_by_side]
        return [*beside, *(replacement for replacement in found if replacement not in beside)]

    def _word(self, token: str) -> _Word:
        """Return a word as written with its forms, remembered: questions share most of their words."""
        known = self._read.get(token)
        if known is None:
            if len(self._read) >= _REMEMBERED:
                self._read.clear()
            forms = tuple(dict.fromkeys(self._forms(fold(token.casefold()))))
            known = self._read[token] = _Word(forms, tuple(form for form in forms if form in self._by_words))
        return known

    def _side_by_side(self, text: str) -> list[tuple[Match, tuple[str, ...]]]:
        """Return what `matches` does, each with the words of its phrase."""
        tokens = list(_TOKEN.finditer(text))
        words_here = [self._word(token[0]) for token in tokens]
        found: list[tuple[Match, tuple[str, ...]]] = []
        at = 0
        while at < len(tokens):
            words, replacement = self._longest(text, tokens, words_here, at) if words_here[at].firsts else ((), "")
            if words:
                found.append((Match(tokens[at].start(), tokens[at + len(words) - 1].end(), replacement), words))
            at += max(1, len(words))
        return found

    def _longest(
        self, text: str, tokens: list[re.Match[str]], words_here: list[_Word], at: int
    ) -> tuple[tuple[str, ...], str]:
        """Return the longest phrase at `at` and its replacement; empty when there is none."""
        best: tuple[str, ...] = ()
        chosen = ""
        beside = (*words_here[at + 1].forms, "") if at + 1 < len(tokens) else ("",)
        for first in words_here[at].firsts:
            seconds, rank, shorter = self._by_words[first], _LAST, len(best)
            for phrase in itertools.chain.from_iterable(seconds[word] for word in beside if word in seconds):
                size = len(phrase.words)
                if phrase.rank > rank or size <= shorter or at + size > len(tokens):
                    continue
                if any(phrase.words[i] not in words_here[at + i].forms for i in range(2, size)):
                    continue
                gaps = zip(tokens[at : at + size - 1], tokens[at + 1 : at + size], strict=True)
                if all(_GAP.fullmatch(text, left.end(), right.start()) for left, right in gaps):
                    best, chosen, rank = phrase.words, phrase.replacement, phrase.rank
        return best, chosen


def replaced(text: str, matches: Iterable[Match], chosen: Callable[[str], str] = str) -> str:
    """Return `text` with each of its matches, from left to right, replaced by what `chosen` makes of its replacement.

    >>> replaced("a b", [Match(0, 1, "x; y")], str.upper)
    'X; Y b'
    """
    parts: list[str] = []
    at = 0
    for match in matches:
        parts += text[at : match.start], chosen(match.replacement)
        at = match.end
    return " ".join("".join([*parts, text[at:]]).split())


def _stand_together(words: tuple[str, ...], forms: list[tuple[str, ...]], reach: int) -> bool:
    places = [[i for i, here in enumerate(forms) if word in here] for word in words]
    return all(places) and any(
        all(any(start <= place < start + reach for place in spots) for spots in places)
        for start in {place for spots in places for place in spots}
    )


@dataclass(frozen=True, slots=True)
class Affixes:
    """The endings and beginnings that a word may carry, so that the bare word is looked up too.

    Parameters
    ----------
    endings : tuple[str, ...]
        Stripped from the end, longest first.
    beginnings : tuple[tuple[str, str], ...]
        Prefix and what stands in its place in the bare word.

    Examples
    --------
    >>> Affixes(("ne",), (("ny", "s"),)).forms("nyimpenne")
    ('nyimpenne', 'nyimpen', 'simpenne', 'simpen')
    """

    endings: tuple[str, ...] = ()
    beginnings: tuple[tuple[str, str], ...] = ()

    def forms(self, word: str) -> tuple[str, ...]:
        """Return the word, then its barer forms of three letters or more, without repeats."""
        bases = [word, *(word[: -len(end)] for end in self.endings if word.endswith(end))]
        bare = [new + base[len(old) :] for old, new in self.beginnings for base in bases if base.startswith(old)]
        return (word, *dict.fromkeys(form for form in [*bases[1:], *bare] if len(form) >= 3 and form != word))
