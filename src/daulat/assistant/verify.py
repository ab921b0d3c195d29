# SPDX-License-Identifier: Apache-2.0
"""Verification: a sentence that a model wrote and the passages that it may cite in; whether the passages say so, out.

A step of its own after writing, never the model's promise. A sentence stands only if one passage that it cites says all
of it: in the very words, or in words of which every one commits to nothing that the passage does not say
(`daulat.assistant.agreement`). What does not stand is left out; it is never mended. Nothing here calls a model.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Literal

from daulat.assistant.agreement import Disagreement, disagreement
from daulat.assistant.claims import Claims, claims_of, statements_of
from daulat.assistant.vocabulary import Vocabulary
from daulat.knowledge.cutting import SentenceRules, sentences

Fault = (
    Literal["no_citation", "unknown_citation", "letters", "quote", "number", "name", "address", "language"]
    | Disagreement
)

_MARK = re.compile(r"\[(\w{1,8})\]")
_QUOTED = re.compile(r"[\"“”«»]([^\"“”«»]{8,})[\"“”«»]")
_WORD = re.compile(r"[^\W\d_]+")
_OPENING = re.compile(r"[.!?:]\s")
_LEAST_NAME = 3  # letters
_ADDRESS = re.compile(
    r"\]\(\S*|\w+://\S+|\S*@\S+|www\.\S+|\S+\[\.\]\S+|\S+\s?[(\[{](?:dot|at)[)\]}]\s?\S+"
    r"|\S+。\S+|\b[\w-]+(?:\.[\w-]+)*\.[a-z]{2,}\b",
    re.IGNORECASE,
)
_SPACE = re.compile(r"\s+")
# What may stand in a sentence beside letters, digits and money; any other sign must be in the passage.
_SIGNS = frozenset(" .,;:!?()/-–—'’‘\"“”«»%&°§+=…")


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
    vocabulary : Vocabulary or None
        Of the language that is written about the passages' own; with none, only their own sentences stand.
    language : str
        Of the passages.
    sentence_rules : mapping of str to SentenceRules
        By which passages are cut into sentences, by language.
    """

    passages: Mapping[str, str]
    vocabulary: Vocabulary | None
    language: str
    sentence_rules: Mapping[str, SentenceRules]
    _statements: dict[str, list[list[Claims]]] = field(default_factory=dict, init=False, repr=False, compare=False)

    def check(self, sentence: str) -> Verdict:
        """Check one sentence, marks included.

        Parameters
        ----------
        sentence : str
            As written, e.g. ``A birth is reported within 60 days [P1].``
        """
        seen = visible(sentence)
        cited = tuple(dict.fromkeys(_MARK.findall(seen)))
        text = _SPACE.sub(" ", _MARK.sub("", seen)).replace(" .", ".").strip()
        fault: Fault = ""
        if not cited:
            fault = "no_citation"
        elif any(mark not in self.passages for mark in cited):
            fault = "unknown_citation"
        else:
            fault = self._fault(text, [self.passages[mark] for mark in cited])
        return Verdict(text, cited, fault)

    def _fault(self, text: str, sources: Sequence[str]) -> Fault:
        if not _WORD.search(text):
            return "unsupported"
        spans = [s[a:b] for s in sources for a, b in sentences(s, self.language, self.sentence_rules)]
        if _whole(text) in {_whole(visible(span)) for span in spans}:
            return ""  # the passage's own sentence, whole
        if not all(map(_is_of_one_script, _WORD.findall(text))):
            return "letters"
        if fault := _plain_fault(text, _flat(visible(" ".join(sources)))):
            return fault
        if self.vocabulary is None:
            return "language"
        # All of it must stand in one passage: two halves of two laws are no law.
        claims = claims_of(text, self.vocabulary)
        return min((disagreement(claims, self._read(source, self.vocabulary)) for source in sources), key=bool)

    def _read(self, source: str, vocabulary: Vocabulary) -> list[list[Claims]]:
        if source not in self._statements:
            own = vocabulary.law or vocabulary
            self._statements[source] = statements_of(visible(source), self.language, self.sentence_rules, own)
        return self._statements[source]


def visible(text: str) -> str:
    """Return the text as it is read: letters in their usual form, and none that cannot be seen.

    >>> visible("tid\u200bak １０ ha\u00adri")
    'tidak 10 hari'
    """
    return "".join(char for char in unicodedata.normalize("NFKC", text) if unicodedata.category(char) not in _UNSEEN)


_UNSEEN = frozenset({"Cf", "Co", "Cn", "Cs"})


def _plain_fault(text: str, together: str) -> Fault:
    """Return what can be seen to be foreign without knowing the language."""
    if any(_flat(span) not in together for span in _QUOTED.findall(text)):
        return "quote"
    if any(_flat(address) not in together for address in _ADDRESS.findall(text)):
        return "address"
    if any(char not in together for char in text if not _is_usual(char)):
        return "letters"
    if any(_flat(name) not in together for name in _names(text)):
        return "name"
    return ""


def _is_usual(char: str) -> bool:
    return char in _SIGNS or unicodedata.category(char)[0] in "LMN" or unicodedata.category(char) == "Sc"


@lru_cache(maxsize=4096)
def _is_of_one_script(word: str) -> bool:
    """Whether all letters of a word are of one script, as those of a real word are.

    >>> _is_of_one_script("tidak"), _is_of_one_script("tid\u0430k"), _is_of_one_script("東京タワー")
    (True, False, True)
    """
    scripts = {unicodedata.name(char, "?").split()[0] for char in word if unicodedata.category(char)[0] == "L"}
    return len(scripts - _TOGETHER) + bool(scripts & _TOGETHER) <= 1


_TOGETHER = frozenset({"CJK", "HIRAGANA", "KATAKANA", "KATAKANA-HIRAGANA", "IDEOGRAPHIC"})


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


def _whole(text: str) -> str:
    """Return a sentence as it is held against another whole one: scanned text may part the last dot from its word.

    >>> _whole("The fee is 5 ."), _whole("The fee is 5.")
    ('the fee is 5', 'the fee is 5')
    """
    return _flat(text).rstrip(". ")


def _flat(text: str) -> str:
    return _SPACE.sub(" ", text).strip().casefold()
