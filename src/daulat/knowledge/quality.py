# SPDX-License-Identifier: Apache-2.0
"""How well a text was read, and how to search one that was read badly.

Comes in: the text of a document, words of its language, a pack's table of misreadings. Goes out: a quality in [0, 1]
where there is something to judge it by, and a `search_form` with the usual misreadings undone. The stored text is what
was published, letter for letter, and is never altered: the search form exists for the index only.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from pydantic import Field

from daulat.knowledge._declared import Declared, load_declared
from daulat.knowledge.readers import CELLS
from daulat.language import read_vocabulary

_MOST_KNOWN = 200_000  # tokens remembered
_SHORTEST = 4  # letters; a shorter word has too many neighbours
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
    _known: dict[str, str] = field(default_factory=dict, compare=False, repr=False)

    def mend(self, token: str) -> str:
        """Return what a token was meant to be; remembered, since the same words come again and again."""
        mended = self._known.get(token)
        if mended is None:
            mended = _mended(token, self)
            if len(self._known) < _MOST_KNOWN:
                self._known[token] = mended
        return mended


class _Misreadings(Declared):
    words: dict[str, str] = Field(default_factory=dict)
    letters: tuple[tuple[str, str], ...] = ()
    digits: dict[str, str] = Field(default_factory=dict)


class _MisreadingsFile(Declared):
    format: int
    languages: dict[str, _Misreadings]


def load_search_forms(root: Path) -> dict[str, SearchForm]:
    """Read a pack's `misreadings.yaml` and, where it is there, `words.txt.gz`; by language, empty without the former.

    Raises
    ------
    SourceError
        With every fault of the file, each with its line.
    """
    path = root / "misreadings.yaml"
    if not path.exists():
        return {}
    vocabulary = read_vocabulary(root)
    file = load_declared(path, _MisreadingsFile)
    return {
        language: SearchForm(
            {wrong.lower(): right for wrong, right in data.words.items()},
            tuple((re.compile(wrong), right) for wrong, right in data.letters),
            str.maketrans(data.digits),
            vocabulary,
        )
        for language, data in file.languages.items()
    }


_TOKEN = re.compile(r"\w+(?:[{}|!,]+\w+)*")
_NUMBERISH = re.compile(r"(?=.*\d)[\dlI][\dOoQlIi]{1,3}")


def search_form(text: str, rules: SearchForm) -> str:
    """Write a text as a reader meant it, for search only.

    Examples
    --------
    >>> rules = SearchForm({}, ((re.compile("I"), "l"), (re.compile("I,"), "L")), {}, {"layanan", "dalam"})
    >>> search_form("Iayanan publik", rules)
    'layanan publik'
    """
    return _TOKEN.sub(lambda match: rules.mend(match.group()), text)


def _mended(token: str, rules: SearchForm) -> str:
    lower = token.lower()
    if lower in rules.words:
        return rules.words[lower]
    if lower in rules.vocabulary or token.isdigit():
        return token
    if rules.digits and _NUMBERISH.fullmatch(token):
        return token.translate(rules.digits)
    if not rules.vocabulary or len(token) < _SHORTEST:
        return token
    return next((mended for mended in _mendings(token, rules) if mended.lower() in rules.vocabulary), token)


def _mendings(token: str, rules: SearchForm) -> Iterator[str]:
    """Yield what a token may have been: each rule at all its places, then at each place alone."""
    for wrong, right in rules.letters:
        places = list(wrong.finditer(token))
        if places:
            yield wrong.sub(right, token)
        if len(places) > 1:
            yield from (token[: place.start()] + right + token[place.end() :] for place in places)


def quality(text: str, vocabulary: Collection[str] = frozenset(), *, oov_rate: float | None = None) -> float | None:
    """Score how well a text was read.

    Parameters
    ----------
    text : str
        Of the whole document; a sample of 200,000 characters is looked at.
    vocabulary : collection of str
        Lower case words of the language.
    oov_rate : float, optional
        Share of words outside a dictionary, in [0, 1], where the source gives it. Otherwise it is counted.

    Returns
    -------
    float or None
        1 for a clean text, 0 for an unreadable one; None where neither words nor a share say which it is.

    Examples
    --------
    >>> quality("Setiap warga negara berhak.", oov_rate=0.0), quality("", oov_rate=None)
    (1.0, 0.0)
    >>> quality("Setiap warga negara berhak.", oov_rate=0.05)
    0.5
    >>> quality("Be ae aoe ke") is None
    True
    """
    sample = text[:200_000]
    if not sample.strip():
        return 0.0
    if oov_rate is None and not vocabulary:
        return None
    unknown = oov_rate if oov_rate is not None else _unknown_share(sample, vocabulary)
    odd = len(_ODD.findall(sample.replace(CELLS, " "))) / len(sample)
    return round(max(0.0, 1.0 - unknown / OOV_OF_NOISE) * max(0.0, 1.0 - odd * 20), 3)


def _unknown_share(sample: str, vocabulary: Collection[str]) -> float:
    words = _WORD.findall(sample.lower())
    if not words:
        return 0.0
    return sum(1 for word in words if word not in vocabulary) / len(words)
