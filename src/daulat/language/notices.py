# SPDX-License-Identifier: Apache-2.0
"""Notices: what a message calls for before an answer, such as a greeting in return or an emergency number.

Comes in: a message and its language. Goes out: the kind of courtesy or emergency it is, or nothing. It is careful in
one direction: a question about the law of accidents is a question, while someone who wants to die is always heard.
It decides nothing about the answer itself, and calls nobody.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, Literal

import yaml

from daulat.language._pack import PackFiles
from daulat.language._phrases import PhraseTable
from daulat.language.wording import Wording, wording_for

SELF_HARM = "self_harm"
_CORE = Path(__file__).with_name("notices.yaml")
_FILLER = "filler"
_LONGEST_COURTESY = 80
_SHORT = 10  # words; who is in a hurry writes no more


class Notices:
    """Recognises courtesies and emergencies by the phrases of the core and of a pack. Made by `notices_for`."""

    def __init__(self, data: Mapping[str, Any], wording: Wording) -> None:
        self._wording = wording
        courtesies = data.get("courtesies") or {}
        named = (
            (phrase, _FILLER if kind == "fillers" else kind)
            for kind, text in courtesies.items()
            for phrase in _split(text)
        )
        self._courtesies = PhraseTable(named)
        emergencies = data.get("emergencies") or {}
        self._always = PhraseTable(_named(emergencies, "always"))
        self._short = PhraseTable(_named(emergencies, "short"))
        self._urgent = PhraseTable(_named(emergencies, "urgent"))
        self._urgent_words = PhraseTable(_same(data.get("urgent_words") or ""))
        self._question_words = PhraseTable(_same(data.get("question_words") or ""))

    def courtesy(self, text: str, language: str) -> str | None:
        """Return `greeting`, `thanks`, `goodbye` or `identity` when the message is nothing else.

        Parameters
        ----------
        text : str
            The message as it was written.
        language : str
            BCP 47 tag.
        """
        if len(text) > _LONGEST_COURTESY:
            return None
        for said in (text, self._wording.normalise(text, language)):
            kinds = [match.replacement for match in self._courtesies.matches(said)]
            rest = self._courtesies.replace(said, lambda _: " ")
            kind = next((kind for kind in kinds if kind != _FILLER), None)
            if kind and not any(char.isalnum() for char in rest):
                return kind
        return None

    def emergency(self, text: str, language: str) -> str | None:
        """Return the category of an emergency that the message reports, or None.

        Categories are the keys under `emergencies` in `notices.yaml` and in `contacts.yaml`.
        """
        said = f"{text}\n{self._wording.normalise(text, language)}"
        always = [match.replacement for match in self._always.matches(said)]
        if SELF_HARM in always:
            return SELF_HARM
        if self._question_words.matches(said):
            return None
        if always:
            return always[0]
        short = self._short.matches(said) if len(text.split()) <= _SHORT else ()
        if short:
            return short[0].replacement
        urgent = self._urgent.matches(said)
        return urgent[0].replacement if urgent and self._urgent_words.matches(said) else None


def notices_for(pack: PackFiles | None, wording: Wording | None = None) -> Notices:
    """Read the notices of a pack (`assistant/notices.yaml`) and, behind them, the core's, which are in English.

    >>> notices_for(None).emergency("I want to kill myself", "et")
    'self_harm'
    """
    return Notices(_told(pack), wording or wording_for(pack))


def emergency_kinds(pack: PackFiles | None) -> tuple[str, ...]:
    """Return the kinds of danger that messages are searched for.

    >>> emergency_kinds(None)[:2]
    ('self_harm', 'medical')
    """
    return tuple(_told(pack).get("emergencies") or ())


def _told(pack: PackFiles | None) -> Any:
    name = ("assistant", "notices.yaml")
    own = pack.yaml(*name) if pack is not None and pack.has(*name) else {}
    return _joined(own, yaml.safe_load(_CORE.read_text(encoding="utf-8")))


def _joined(own: Any, core: Any) -> Any:
    """Return two trees of phrases as one, phrases in the same place one behind the other."""
    if own and core and isinstance(core, Mapping):
        return {key: _joined(own.get(key), core.get(key)) for key in dict.fromkeys((*own, *core))}
    return f"{own} | {core}" if own and core else own or core


def _split(text: str) -> list[str]:
    return [phrase.strip() for phrase in text.split("|") if phrase.strip()]


def _same(text: str) -> Iterable[tuple[str, str]]:
    return ((phrase, phrase) for phrase in _split(text))


def _named(
    emergencies: Mapping[str, Mapping[str, str]], tier: Literal["always", "short", "urgent"]
) -> Iterator[tuple[str, str]]:
    for category, tiers in emergencies.items():
        yield from ((phrase, category) for phrase in _split(tiers.get(tier) or ""))
