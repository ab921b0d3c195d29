# SPDX-License-Identifier: Apache-2.0
"""Verification: a sentence that a model wrote and the passages that it may cite in; whether the passages say so, out.

A step of its own after writing, never the model's promise. A sentence stands only if it cites passages that were
offered, every quoted span stands in them, every number, year, name and address in it occurs in them, it is as negative
as they are, and enough of its words are theirs. What does not stand is left out; it is never mended. Nothing here
calls a model.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from daulat.knowledge.cutting import SentenceRules, sentences
from daulat.knowledge.search import Reader
from daulat.language.analysis import plain_number

Fault = Literal["", "no_citation", "unknown_citation", "quote", "number", "name", "address", "negation", "unsupported"]

_MARK = re.compile(r"\[(\w{1,8})\]")
_QUOTED = re.compile(r"[\"“”«»]([^\"“”«»]{8,})[\"“”«»]")
_NUMBER = re.compile(r"\d+(?:[.,/]\d+)*")
_WORD = re.compile(r"[^\W\d_]+")
_OPENING = re.compile(r"[.!?:]\s")
_LEAST_NAME = 3  # letters
_ADDRESS = re.compile(r"\]\(\S*|\w+://\S+|\S+@\S+|\b[\w-]+(?:\.[\w-]+)*\.[a-z]{2,}\b")
_SPACE = re.compile(r"\s+")
_LEAST_SHARED = 0.55  # share of a sentence's content words that stand in what it cites


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether a sentence stands. `text` is the sentence without its marks; `cited` the ids that it cites, in order."""

    text: str
    cited: tuple[str, ...]
    fault: Fault = ""

    @property
    def stands(self) -> bool:
        """Whether the passages say so."""
        return not self.fault


@dataclass(frozen=True)
class Verifier:
    """Checks written sentences against the passages that were offered.

    Parameters
    ----------
    passages : mapping of str to str
        Text by the id that was minted for it.
    reader : Reader
        Of the country: terms and negations.
    language : str
        Of the passages.
    sentence_rules : mapping of str to SentenceRules
        By which passages, and what is written, are cut into sentences, by language.
    """

    passages: Mapping[str, str]
    reader: Reader
    language: str
    sentence_rules: Mapping[str, SentenceRules]

    def check(self, sentence: str) -> Verdict:
        """Check one sentence, marks included.

        Parameters
        ----------
        sentence : str
            As written, e.g. ``A birth is reported within 60 days [P1].``
        """
        cited = tuple(dict.fromkeys(_MARK.findall(sentence)))
        text = _SPACE.sub(" ", _MARK.sub("", sentence)).replace(" .", ".").strip()
        fault: Fault = ""
        if not cited:
            fault = "no_citation"
        elif any(mark not in self.passages for mark in cited):
            fault = "unknown_citation"
        else:
            fault = self._fault(text, [self.passages[mark] for mark in cited])
        return Verdict(text, cited, fault)

    def _fault(self, text: str, sources: Sequence[str]) -> Fault:
        together = _flat(" ".join(sources))
        if any(_flat(span) not in together for span in _QUOTED.findall(text)):
            return "quote"
        if not set(_numbers(text)) <= set(_numbers(together)):
            return "number"
        if any(_flat(name) not in together for name in _names(text)):
            return "name"
        if any(_flat(address) not in together for address in _ADDRESS.findall(text)):
            return "address"
        words = set(self.reader.terms(self.language, text))
        if not words:
            return "unsupported"
        spans = [s[a:b] for s in sources for a, b in sentences(s, self.language, self.sentence_rules)]
        nearest = max(spans, key=lambda span: _shared(words, self.reader.terms(self.language, span)), default="")
        if self._is_negative(text) != self._is_negative(nearest):
            return "negation"
        shared = _shared(words, [term for source in sources for term in self.reader.terms(self.language, source)])
        return "" if shared >= _LEAST_SHARED else "unsupported"

    def _is_negative(self, text: str) -> bool:
        return bool(self.reader.questions.negations.search(text))


def _shared(words: set[str], others: Sequence[str]) -> float:
    return len(words & set(others)) / len(words)


def _numbers(text: str) -> list[str]:
    """Return every number as a machine writes it.

    >>> _numbers("1,5% of Rp2.000.000,00 (UU 24/2013)")
    ['1.5', '2000000', '24/2013']
    """
    return ["/".join(map(plain_number, number.split("/"))) for number in _NUMBER.findall(text)]


def _names(text: str) -> list[str]:
    """Return the words inside sentences that begin with a capital, those that follow each other together.

    >>> _names("Every death is told to Ülle Õunapuu. Ask the Head of Office.")
    ['Ülle Õunapuu', 'Head', 'Office']
    """
    names: list[str] = []
    last = -1
    for word in _WORD.finditer(text):
        start, end = word.span()
        opens = start == 0 or _OPENING.fullmatch(text, start - 2, start)
        if opens or not word[0][0].isupper() or len(word[0]) < _LEAST_NAME:
            continue
        if names and text[last:start].isspace():
            names[-1] += text[last:end]
        else:
            names.append(word[0])
        last = end
    return names


def _flat(text: str) -> str:
    return _SPACE.sub(" ", text).strip().casefold()
