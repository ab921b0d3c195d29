# SPDX-License-Identifier: Apache-2.0
"""Rulings: which act rules on what is asked where no text here does.

Comes in: a question and its language; the pack's list of matters and the acts that rule on them (`elsewhere.yaml`).
Goes out: the act and its article, or nothing. It holds for questions about what the law says, such as the penalty of a
crime: of a theft itself there is nothing to quote but much to advise. It reads no text and decides no answer.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from daulat.language._pack import PackFiles
from daulat.language._phrases import Affixes, PhraseTable
from daulat.language.errors import LanguageError
from daulat.language.wording import Wording

_FILE = "elsewhere.yaml"
_SLACK = 2  # other words among those of a phrase
_GROUP = re.compile(r"\{(\w+)\}")


@dataclass(frozen=True, slots=True)
class Ruling:
    """An act that rules on a matter.

    Parameters
    ----------
    doc_id, article : str
        The act, and the article where it is known; empty where it is not.
    title : str
        Of the act, where no record of what it changed has it.
    """

    doc_id: str
    article: str = ""
    title: str = ""


class Rulings:
    """The matters of acts that a collection may lack. Built by `rulings_for`; safe to share.

    Parameters
    ----------
    data : mapping
        A pack's `elsewhere.yaml`.
    wording : Wording
        By which a question is read as written, in standard spelling and in the law's language.

    Raises
    ------
    LanguageError
        If the data has not the form of an elsewhere.yaml.

    Examples
    --------
    >>> theft = {"words": "theft | stole", "article": "7", "unless": "data"}
    >>> data = {"asks": "penalty", "acts": {"XA-1": {"matters": [theft]}}}
    >>> rulings = Rulings(data, Wording("", {}, PhraseTable(()), {}))
    >>> rulings.of("What is the penalty for theft?", "en")
    Ruling(doc_id='XA-1', article='7', title='')
    >>> rulings.of("Penalty for theft of data?", "en"), rulings.of("My bike: theft!", "en")
    (None, None)
    """

    def __init__(self, data: Mapping[str, Any], wording: Wording) -> None:
        forms = Affixes(tuple(data.get("endings") or ())).forms
        groups: Mapping[str, str] = data.get("groups") or {}

        def table(*words: object) -> PhraseTable:
            said = ((phrase, str(n)) for n, each in enumerate(words) for phrase in _phrases(each, groups))
            return PhraseTable(said, forms)

        rulings = list(_rulings(data.get("acts") or {}))
        self._wording = wording
        self._rulings = [ruling for ruling, _ in rulings]
        self._asks = table(data.get("asks"))
        self._words = table(*(matter["words"] for _, matter in rulings))
        self._unless = [table(matter.get("unless")) for _, matter in rulings]
        self._never = table(data.get("unless"))

    def of(self, text: str, language: str) -> Ruling | None:
        """Return what rules on the matter of a question that asks what the law says of it, the longest said first."""
        plain, gloss, _ = self._wording.read(text, language)
        forms = tuple(dict.fromkeys((text, plain, gloss)))
        if not _says(self._asks, forms) or _says(self._never, forms):
            return None
        # A gloss is rough: a word of it may be another than was said, so it only speaks against.
        heard = [place for form in dict.fromkeys((text, plain)) for place in self._heard(form)]
        return next((self._rulings[place] for place in heard if not _says(self._unless[place], forms)), None)

    def _heard(self, text: str) -> Iterator[int]:
        """Yield the places of matters that a text says: of phrases side by side the longest, then those apart."""
        matches = sorted(self._words.matches(text), key=lambda match: match.start - match.end)
        yield from (int(match.replacement) for match in matches)
        yield from map(int, self._words.heard(text, _SLACK))


def rulings_for(pack: PackFiles | None, wording: Wording) -> Rulings:
    """Read the rulings of a pack; without them there are none.

    Raises
    ------
    LanguageError
        If the file has faults.
    """
    data = pack.yaml(_FILE) if pack is not None and pack.has(_FILE) else {}
    return Rulings(data or {}, wording)


def _rulings(acts: object) -> Iterator[tuple[Ruling, Mapping[str, Any]]]:
    if not isinstance(acts, Mapping) or not all(isinstance(act, Mapping) for act in acts.values()):
        raise _fault(
            "`acts` does not list the matters of each act by its id",
            "No act would be known to rule on anything.",
            "write `acts: {XA-1-1999: {matters: [{words: theft}]}}`.",
        )
    for doc_id, act in acts.items():
        for matter in act.get("matters") or ():
            if not isinstance(matter, Mapping) or not matter.get("words"):
                raise _fault(
                    f"a matter of {doc_id} has no `words`",
                    "No question would be known to be about it.",
                    "give it `words: one | another`; docs/concepts/answers.md shows the form.",
                )
            yield Ruling(doc_id, str(matter.get("article") or ""), str(act.get("title") or "")), matter


def _says(table: PhraseTable, forms: tuple[str, ...]) -> bool:
    return any(table.matches(form) for form in forms)


def _fault(what: str, why: str, fix: str) -> LanguageError:
    return LanguageError(f"{_FILE}: {what}", why=why, fix=fix, code="language.elsewhere")


def _phrases(words: object, groups: Mapping[str, str]) -> list[str]:
    told = str(words or "")
    if unknown := [name for name in _GROUP.findall(told) if name not in groups]:
        raise _fault(
            f"there is no group `{unknown[0]}`",
            "What it should leave out would be told to be another act's.",
            "write it under `groups`, or mend its name.",
        )
    told = _GROUP.sub(lambda name: groups[name[1]], told)
    return [phrase.strip() for phrase in told.split("|") if phrase.strip()]
