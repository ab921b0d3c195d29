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

from daulat.knowledge.cutting.segments import sentences
from daulat.knowledge.search import Reader

Fault = Literal["", "no_citation", "unknown_citation", "quote", "number", "name", "address", "negation", "unsupported"]

_MARK = re.compile(r"\[(\w{1,8})\]")
_QUOTED = re.compile(r"[\"“”«»]([^\"“”«»]{8,})[\"“”«»]")
_NUMBER = re.compile(r"\d+(?:[.,/]\d+)*")
_NAME = re.compile(r"(?<![.!?:]\s)(?<!^)\b[A-Z][a-zA-Z]{2,}(?:\s+[A-Z][a-zA-Z]{2,})*")
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
    """

    passages: Mapping[str, str]
    reader: Reader
    language: str

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
        if any(_flat(name) not in together for name in _NAME.findall(text)):
            return "name"
        if any(_flat(address) not in together for address in _ADDRESS.findall(text)):
            return "address"
        words = set(self.reader.terms(self.language, text))
        if not words:
            return "unsupported"
        spans = [source[a:b] for source in sources for a, b in sentences(source, self.language)]
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
    return [number.replace(".", "").replace(",", "") for number in _NUMBER.findall(text)]


def _flat(text: str) -> str:
    return _SPACE.sub(" ", text).strip().casefold()
