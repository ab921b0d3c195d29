# SPDX-License-Identifier: Apache-2.0
"""Phrases: what the assistant says around the official text, in the asker's language.

Comes in: a language and a pack. Goes out: whole sentences, with their placeholders filled. It never puts a sentence
together from parts, so that each language keeps its own grammar; and it never fails for want of a translation: the next
language of the nation says it, and the core's English at the last.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from string import Formatter
from typing import Any, NamedTuple

import yaml

from daulat.language._pack import PackFiles, primary
from daulat.language.errors import LanguageError

_CORE = Path(__file__).parent / "messages"


class Said(NamedTuple):
    """A sentence, and the language that it is really in (BCP 47), so that the page can mark it."""

    text: str
    language: str


class Phrases:
    """The phrases of one language, with others behind it.

    Examples
    --------
    >>> Phrases.for_language("en", None).get("quote_intro", citation="Law 23/2006, art. 27")
    'According to Law 23/2006, art. 27:'
    """

    def __init__(self, language: str, phrases: Mapping[str, str], spoken_in: Mapping[str, str]) -> None:
        self.language = language
        self._phrases = phrases
        self._spoken_in = spoken_in

    @classmethod
    def for_language(cls, language: str, pack: PackFiles | None, fallbacks: Sequence[str] = ()) -> Phrases:
        """Read the phrases of a language.

        Parameters
        ----------
        language : str
            BCP 47 tag of the asker's language.
        pack : PackFiles or None
            Brings `assistant/messages.<tag>.yaml`.
        fallbacks : Sequence[str]
            The nation's languages, in order; the first that has a missing phrase says it. English comes last.

        Raises
        ------
        LanguageError
            If a phrase of the pack is not text, or asks for more than named placeholders.
        """
        phrases: dict[str, str] = {}
        spoken_in: dict[str, str] = {}
        for tag in dict.fromkeys(primary(tag) for tag in (language, *fallbacks, "en")):
            # What is said already stays: the asker's language comes first, and the pack before the core.
            phrases = {**_of_core(tag), **_of_pack(tag, pack), **phrases}
            spoken_in = {**dict.fromkeys(phrases, tag), **spoken_in}
        return cls(primary(language), phrases, spoken_in)

    def get(self, key: str, **fields: str) -> str:
        """Return a phrase with its placeholders filled; fields that it does not ask for are ignored.

        Raises
        ------
        LanguageError
            If no language knows the key, or a placeholder has no field.
        """
        try:
            return self._phrases[key].format_map(fields)
        except KeyError as missing:
            raise LanguageError(
                f"the phrase `{key}` in `{self.language}` cannot be said without {missing}",
                why="A citizen would read a broken sentence.",
                fix="Use a key of daulat/language/messages/en.yaml and give every placeholder that stands in it.",
                code="language.phrase",
            ) from missing

    def say(self, key: str, **fields: str) -> Said:
        """Return what `get` does, with the language that says it."""
        return Said(self.get(key, **fields), self.spoken_in(key))

    def spoken_in(self, key: str) -> str:
        """Return the language that says this phrase; empty when none does."""
        return self._spoken_in.get(key, "")


def _of_core(tag: str) -> dict[str, str]:
    path = _CORE / f"{tag}.yaml"
    return yaml.safe_load(path.read_text(encoding="utf-8")) if tag.isalpha() and path.is_file() else {}


def _of_pack(tag: str, pack: PackFiles | None) -> dict[str, str]:
    name = ("assistant", f"messages.{tag}.yaml")
    if pack is None or not tag.isalpha() or not pack.has(*name):
        return {}
    return {str(key): _checked("/".join(name), str(key), phrase) for key, phrase in pack.yaml(*name).items()}


def _checked(file: str, key: str, phrase: Any) -> str:
    # A placeholder may name a field and nothing else: `{x.__class__}` in a pack must not reach into the program.
    try:
        fields = [(name, spec) for _, name, spec, _ in Formatter().parse(phrase) if name is not None]
    except (TypeError, ValueError):
        fields = [("", "")]
    if any(not name.isidentifier() or spec for name, spec in fields):
        raise LanguageError(
            f"{file}: the phrase `{key}` is not text with plain placeholders: {phrase!r}",
            why="The assistant would say something broken to a citizen.",
            fix="Write text, with placeholders such as {citation} and no other braces.",
            code="language.phrase",
        )
    return str(phrase)
