# SPDX-License-Identifier: Apache-2.0
"""How a question is put: its text in, the term whose meaning it asks for and the kind of answer it wants, out.

The patterns are data: `questions.yaml` in the pack, else the English ones beside this file, and the pack's
`followups.yaml`. A question is matched without the marks of its letters, since few people type them. It knows no
answers.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import yaml

from daulat.language import PackFiles, primary
from daulat.language.analysis import unmarked

_NEVER = re.compile(r"(?!)")
_EDGES = " \t\n?.!,;:\"'“”‘’()"
_QUOTED = re.compile(r"\s*[\"“‘]([^\"”’]+)[\"”’]")
_LONGEST_TERM = 160
_OPENING = r"(?:^|[\n.;:]\s*)(?:\(?\w{1,3}[.)]\s*)?[\"“‘]?\s*"  # of a sentence, an item or a quoted term


@dataclass(frozen=True, slots=True)
class AnswerKind:
    """One kind of answer, e.g. ``when``: how it is asked for in each language, and what a text shows that has it."""

    name: str
    asks: Mapping[str, re.Pattern[str]]
    found: re.Pattern[str]


@dataclass(frozen=True, slots=True)
class QuestionPatterns:
    """The patterns of one country.

    `defined_after` is what opens a definition, up to its term; `defined_by` the verb of one, and `defined_soon` that
    verb with what may stand `between`, which is no part of the term from `defined_aside` on. What only `lists` the
    parts of a thing says less of what it is.

    Examples
    --------
    >>> patterns = load_question_patterns(None)
    >>> patterns.defined_term("What is a birth certificate?", "en")
    'birth certificate'
    >>> patterns.kind("When must I report a birth?", "en").name
    'when'
    """

    definitions: Mapping[str, tuple[re.Pattern[str], ...]]
    before_a_law: re.Pattern[str]
    back: Mapping[str, re.Pattern[str]]
    negations: re.Pattern[str]
    defined_after: re.Pattern[str]
    defined_by: re.Pattern[str]
    defined_soon: re.Pattern[str]
    defined_aside: re.Pattern[str]
    kinds: tuple[AnswerKind, ...]
    measured: tuple[AnswerKind, ...] = ()
    compared: tuple[AnswerKind, ...] = ()
    beside_a_language: frozenset[str] = frozenset()
    countries: Mapping[str, str] = field(default_factory=dict)
    fate: Mapping[str, re.Pattern[str]] = field(default_factory=dict)
    instead: tuple[tuple[re.Pattern[str], ...], ...] = ()

    def defined_term(self, text: str, language: str) -> str:
        """Return the term whose meaning is asked for; empty if the question asks for something else."""
        text = text[: 4 * _LONGEST_TERM]
        asked = unmarked(text)
        for pattern in self.definitions.get(primary(language), ()):
            found = pattern.search(asked)
            if found:
                term = text[slice(*found.span("term"))]
                quoted = _QUOTED.match(term)
                return (quoted[1] if quoted else term).strip(_EDGES)[:_LONGEST_TERM]
        return ""

    def asks_fate(self, text: str) -> bool:
        """Say whether a question asks, in any language, if a law still holds, or what changed it."""
        asked = unmarked(text)
        return any(pattern.search(asked) for pattern in self.fate.values())

    def without_fate(self, text: str) -> str:
        """Return a question without the words that ask so."""
        for pattern in self.fate.values():
            text = _without(text, pattern, gap=" ")
        return " ".join(text.split())

    def refers_back(self, text: str, language: str) -> bool:
        """Say whether a question opens or ends as one that goes on from what was said before."""
        return bool(self.back.get(primary(language), _NEVER).search(unmarked(text)))

    def without_kind(self, text: str, language: str) -> str:
        """Return a question without the words that ask for a kind of answer: what it is about."""
        for kind in self.kinds:
            text = _without(text, kind.asks.get(primary(language), _NEVER), gap=" ")
        return " ".join(text.split()).rstrip(" ?")

    def without_replaced(self, text: str, later: str) -> str:
        """Return a question without the things in whose place a later one puts another of their kind.

        Examples
        --------
        >>> patterns = replace(load_question_patterns(None), instead=((re.compile("births?"), re.compile("deaths?")),))
        >>> [patterns.without_replaced("Who reports a birth?", later) for later in ("And a death?", "And twins?")]
        ['Who reports a ?', 'Who reports a birth?']
        """
        later = unmarked(later)
        for kind in self.instead:
            named = [thing for thing in kind if thing.search(later)]
            for thing in kind if named else ():
                text = text if thing in named else _without(text, thing)
        return text

    def only_replaces(self, text: str, before: str) -> str | None:
        """Return what a question says beside the thing that it puts in the place of one before, if it does."""
        asked, before = unmarked(text), unmarked(before)
        for kind in self.instead:
            named = [thing for thing in kind if thing.search(asked)]
            if named and any(thing.search(before) for thing in kind if thing not in named):
                return _without(text, named[0])
        return None

    def kind(self, text: str, language: str) -> AnswerKind | None:
        """Return the first kind of answer that the question asks for."""
        asked = unmarked(text)
        return next((k for k in self.kinds if k.asks.get(primary(language), _NEVER).search(asked)), None)

    def measures(self, text: str, language: str) -> tuple[re.Pattern[str], ...]:
        """Return what shows the measures that the question asks for, such as a number of days, the narrowest first.

        >>> measures = load_question_patterns(None).measures("How many days have I?", "en")
        >>> [bool(found.search("(2) within 60 days")) for found in measures]
        [True, True]
        """
        return _found(self.measured, text, language)

    def compares(self, text: str, language: str) -> tuple[re.Pattern[str], ...]:
        """Return what shows the measures that the question names and asks whether they will do, such as an age."""
        return _found(self.compared, text, language)


def load_question_patterns(pack: PackFiles | None) -> QuestionPatterns:
    """Read the pack's `questions.yaml`, or the English patterns that come with Daulat; and its `followups.yaml`."""
    if pack is not None and pack.has("questions.yaml"):
        kinds = pack.yaml("followups.yaml")["instead"] if pack.has("followups.yaml") else ()
        instead = tuple(tuple(_asking(rf"\b(?:{thing})\b") for thing in kind) for kind in kinds)
        return replace(_patterns(pack.yaml("questions.yaml")), instead=instead)
    core = Path(__file__).with_name("questions.yaml")
    return _patterns(yaml.safe_load(core.read_text(encoding="utf-8")))


def _patterns(data: Mapping[str, Any]) -> QuestionPatterns:
    return QuestionPatterns(
        definitions={tag: tuple(map(_asking, patterns)) for tag, patterns in data["definitions"].items()},
        before_a_law=re.compile(rf"(?:\b(?:{data['before_a_law']})\s*)+$", re.IGNORECASE),
        back={tag: _asking(pattern) for tag, pattern in data["refers_back"].items()},
        negations=_compiled(data["negations"]),
        defined_after=_compiled(_OPENING + data["defined_after"] + r"[\"“‘]?\Z"),
        defined_by=_compiled(rf"(?:{data['defined_by']}|{data['listed_by']})"),
        defined_soon=_compiled(
            r"[\"”’]?(?P<between>[^.;]{0,80}?)" + rf"(?:{data['defined_by']}|(?P<lists>{data['listed_by']}))"
        ),
        defined_aside=_compiled(r"[,(/]|" + data["defined_aside"]),
        beside_a_language=frozenset(str(data.get("beside_a_language", "")).split("|")),
        countries={name: code for code, names in data.get("countries", {}).items() for name in names.split("|")},
        fate={tag: _asking(pattern) for tag, pattern in data.get("fate", {}).items()},
        kinds=_kinds(data["answers"]),
        measured=_kinds(data.get("measures", {}), number=str(data.get("number", ""))),
        compared=_kinds(data.get("compares", {}), number=str(data.get("number", ""))),
    )


def _kinds(data: Mapping[str, Any], number: str = "") -> tuple[AnswerKind, ...]:
    return tuple(
        AnswerKind(
            name,
            {tag: _asking(pattern) for tag, pattern in kind["asks"].items()},
            re.compile(kind["found"].replace("<number>", number)),
        )
        for name, kind in data.items()
    )


def _found(kinds: Sequence[AnswerKind], text: str, language: str) -> tuple[re.Pattern[str], ...]:
    asked = unmarked(text)
    return tuple(kind.found for kind in kinds if kind.asks.get(primary(language), _NEVER).search(asked))


def _asking(pattern: str) -> re.Pattern[str]:
    return _compiled(unmarked(pattern))


def _without(text: str, asking: re.Pattern[str], gap: str = "") -> str:
    """Leave out of a text what a pattern finds in it without the marks of its letters."""
    for found in reversed(list(asking.finditer(unmarked(text)))):
        text = f"{text[: found.start()]}{gap}{text[found.end() :]}"
    return text


def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern, re.IGNORECASE)
