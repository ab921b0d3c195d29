# SPDX-License-Identifier: Apache-2.0
"""Notices: what a message calls for before an answer, such as a greeting in return or an emergency number.

Comes in: a message and its language. Goes out: the kind of courtesy or emergency it is, or nothing. It is careful in
one direction: a question about the law of accidents is a question, while someone who wants to die is always heard.
It decides nothing about the answer itself, and calls nobody.

What is heard is data, written as patterns (`daulat.language._patterns`). First the `exceptions` are taken out of the
message, as rules for clinical notes do with what only looks like a finding (NegEx, Chapman et al. 2001); then the tiers
of each category are looked for, from the surest to the least.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple, get_args

import yaml

from daulat.language._notices_form import KEYS, Tier, checked
from daulat.language._pack import PackFiles
from daulat.language._pattern_parts import BREAK
from daulat.language._patterns import Patterns, laid_out
from daulat.language.wording import Wording, wording_for

SELF_HARM = "self_harm"
_CORE = Path(__file__).with_name("notices.yaml")
_FILLER = "filler"
_LONGEST_COURTESY = 80
_SHORT, _LONG = 10, 25  # words; who is in a hurry writes no more


class Danger(NamedTuple):
    """An emergency that a message reports.

    Parameters
    ----------
    category : str
        A key under `emergencies` in `notices.yaml` and in `contacts.yaml`.
    is_asking : bool
        Whether the message asks something that is to be answered behind the number.
    """

    category: str
    is_asking: bool = False


class Notices:
    """Recognises courtesies and emergencies by the patterns of the core and of a pack. Made by `notices_for`.

    Raises
    ------
    LanguageError
        If the data has not the form of a notices.yaml, or a pattern in it cannot be read.
    """

    def __init__(self, data: Mapping[str, Any], wording: Wording) -> None:
        data = checked(data)
        self._wording = wording
        groups = data["groups"]
        courtesies = ((text, _FILLER if kind == "fillers" else kind) for kind, text in data["courtesies"].items())
        self._courtesies = Patterns(courtesies, groups)
        self._exceptions = Patterns([(data["exceptions"], "")], groups)
        self._order = [SELF_HARM, *data["emergencies"]]
        self._signs = Patterns(_signs(data), groups)

    def courtesy(self, text: str, language: str) -> str | None:
        """Return `greeting`, `thanks`, `goodbye`, `identity`, `maker` or `complaint` when the message is nothing else.

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
            laid = laid_out(said)
            kinds = [found.label for found in self._courtesies.spans(laid)]
            kind = next((kind for kind in kinds if kind != _FILLER), None)
            if kind and set(self._courtesies.without(laid)) <= {BREAK}:
                return kind
        return None

    def emergency(self, text: str, language: str) -> str | None:
        """Return the category of an emergency that the message reports, or None. See `danger`."""
        found = self.danger(text, language)
        return found.category if found else None

    def danger(self, text: str, language: str) -> Danger | None:
        """Return the emergency that the message reports, and whether it is to be answered too; None where it is calm.

        Of two categories of the same tier the one that stands first in `notices.yaml` is returned, self-harm
        before all.
        """
        signs = self._signs.labels(self._exceptions.without(self._laid(text, language)))
        alone, _, beside, short, urgent = (self._first(signs, tier) for tier in get_args(Tier))
        is_asking = "asking_words" in signs
        surest = self._first(signs, "alone", "always")
        if surest:
            return Danger(surest, is_asking=is_asking and not alone)
        is_question = is_asking or "question_words" in signs
        if beside:
            return Danger(beside, is_asking=is_question or "urgent_words" not in signs)
        length = len(text.split())
        is_urgent = "urgent_words" in signs and length <= _LONG
        weak = (short if length <= _SHORT else None) or (urgent if is_urgent else None)
        if weak is None or "past_words" in signs:
            return None
        if not is_question:
            return Danger(weak)
        return Danger(weak, is_asking=True) if "near_words" in signs else None

    def _laid(self, text: str, language: str) -> list[str]:
        """Lay out the message as written and in standard spelling; languages mix, so that of the law counts too."""
        languages = dict.fromkeys([language, self._wording.official])
        said = [text, *(self._wording.normalise(text, each) for each in languages if each)]
        return laid_out("\n".join(dict.fromkeys(said)))

    def _first(self, signs: Sequence[str], *tiers: str) -> str | None:
        heard = (category for category in self._order for tier in tiers if f"{tier} {category}" in signs)
        return next(heard, None)


def notices_for(pack: PackFiles | None, wording: Wording | None = None) -> Notices:
    """Read the notices of a pack (`assistant/notices.yaml`) and, behind them, the core's, which are in English.

    Raises
    ------
    LanguageError
        If the pack's file has faults.

    Examples
    --------
    >>> notices_for(None).danger("I want to kill myself", "et")
    Danger(category='self_harm', is_asking=False)
    """
    return Notices(_told(pack), wording or wording_for(pack))


def emergency_kinds(pack: PackFiles | None) -> tuple[str, ...]:
    """Return the kinds of danger that messages are searched for.

    >>> sorted(emergency_kinds(None))[:3]
    ['accident', 'crime', 'custody']
    """
    return tuple(_told(pack).get("emergencies") or ())


def _told(pack: PackFiles | None) -> Any:
    name = ("assistant", "notices.yaml")
    own = pack.yaml(*name) if pack is not None and pack.has(*name) else {}
    core = yaml.safe_load(_CORE.read_text(encoding="utf-8"))
    return _joined(checked(own), checked(core))


def _joined(own: Any, core: Any) -> Any:
    """Return two trees of patterns as one, patterns in the same place one behind the other."""
    if own and core and isinstance(core, Mapping):
        return {key: _joined(own.get(key), core.get(key)) for key in dict.fromkeys((*own, *core))}
    return f"{own} | {core}" if own and core else own or core


def _signs(data: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield the patterns that tell danger, each with its tier and category, and the words that weigh them."""
    for category, tiers in data["emergencies"].items():
        yield from ((text, f"{tier} {category}") for tier, text in tiers.items())
    yield from ((data[key], key) for key in KEYS)
