# SPDX-License-Identifier: Apache-2.0
"""How well a text was read, and how to search one that was read badly.

Comes in: the text of a document, words of its language, a pack's table of misreadings. Goes out: a quality in [0, 1],
and a `search_form` with the usual misreadings undone. The stored text is what was published, letter for letter, and is
never altered: the search form exists for the index only.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from daulat.knowledge._declared import Declared, load_declared

OOV_OF_NOISE = 0.10  # share of unknown words at which a text is called unreadable; the bundled scans lie at 0.04-0.10
_WORD = re.compile(r"[^\W\d_]{3,}")
_ODD = re.compile(r"[^\w\s.,;:!?()\[\]\"'“”‘’…/%&+*=§°–—-]")


@dataclass(frozen=True)
class SearchForm:
    """How misreadings of one language are undone, for search only.

    Parameters
    ----------
    words : mapping of str to str
        Misread word, in lower case, to the right one.
    letters : tuple of (pattern, replacement)
        Applied to each word that is not in `vocabulary`; the result is taken only if `vocabulary` holds it.
    digits : translation table
        Letters that stand for digits inside a number.
    vocabulary : collection of str
        Lower case words of the language. Without one, `letters` change nothing.
    """

    words: Mapping[str, str] = field(default_factory=dict)
    letters: tuple[tuple[re.Pattern[str], str], ...] = ()
    digits: Mapping[int, str] = field(default_factory=dict)
    vocabulary: Collection[str] = frozenset()


class _SearchFormFile(Declared):
    format: int
    words: dict[str, str]
    letters: tuple[tuple[str, str], ...]
    digits: dict[str, str]


def load_search_form(path: Path, vocabulary: Collection[str] = frozenset()) -> SearchForm:
    """Read a pack's table of misreadings.

    Raises
    ------
    SourceError
        With every fault of the file, each with its line.
    """
    file = load_declared(path, _SearchFormFile)
    letters = tuple((re.compile(wrong), right) for wrong, right in file.letters)
    return SearchForm(file.words, letters, str.maketrans(file.digits), vocabulary)


_TOKEN = re.compile(r"[\w{}|!,]*\w[\w{}|!]*")
_NUMBERISH = re.compile(r"\d[\dOoQlIi]{1,3}|[lI]9\d\d|[lI][.,]?\d{2,3}")


def search_form(text: str, rules: SearchForm) -> str:
    """Write a text as a reader meant it, for search only.

    Examples
    --------
    >>> rules = SearchForm({}, ((re.compile("I"), "l"), (re.compile("I,"), "L")), {}, {"layanan", "dalam"})
    >>> search_form("Iayanan publik", rules)
    'layanan publik'
    """
    known: dict[str, str] = {}

    def mend(match: re.Match[str]) -> str:
        token = match.group()
        mended = known.get(token)
        if mended is None:
            mended = known[token] = _mended(token, rules)
        return mended

    return _TOKEN.sub(mend, text)


def _mended(token: str, rules: SearchForm) -> str:
    lower = token.lower()
    if lower in rules.vocabulary:
        return token
    if lower in rules.words:
        return rules.words[lower]
    if rules.digits and _NUMBERISH.fullmatch(token) and not token.isdigit():
        return token.translate(rules.digits)
    if not rules.vocabulary:
        return token
    for wrong, right in rules.letters:
        mended = wrong.sub(right, token)
        if mended != token and mended.lower() in rules.vocabulary:
            return mended
    return token


def quality(text: str, vocabulary: Collection[str] = frozenset(), *, oov_rate: float | None = None) -> float:
    """Score how well a text was read.

    Parameters
    ----------
    text : str
        Of the whole document; a sample of 200,000 characters is looked at.
    vocabulary : collection of str
        Lower case words of the language; empty: only odd characters count.
    oov_rate : float, optional
        Share of words outside a dictionary, in [0, 1], where the source gives it. Otherwise it is counted.

    Returns
    -------
    float
        1 for a clean text, 0 for an unreadable one.

    Examples
    --------
    >>> quality("Setiap warga negara berhak.", oov_rate=0.0), quality("", oov_rate=None)
    (1.0, 0.0)
    >>> quality("Setiap warga negara berhak.", oov_rate=0.05)
    0.5
    """
    sample = text[:200_000]
    if not sample.strip():
        return 0.0
    unknown = oov_rate if oov_rate is not None else _unknown_share(sample, vocabulary)
    odd = len(_ODD.findall(sample)) / len(sample)
    return round(max(0.0, 1.0 - unknown / OOV_OF_NOISE) * max(0.0, 1.0 - odd * 20), 3)


def _unknown_share(sample: str, vocabulary: Collection[str]) -> float:
    words = _WORD.findall(sample.lower())
    if not vocabulary or not words:
        return 0.0
    return sum(1 for word in words if word not in vocabulary) / len(words)
