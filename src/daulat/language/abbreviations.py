# SPDX-License-Identifier: Apache-2.0
"""Abbreviations: what the short forms of a country stand for.

Comes in: an abbreviation, in whatever spelling, and a language. Goes out: what it stands for, in the law's words and
as it is told in that language; or that it has the look of one that nobody knows. The list is the pack's
(`abbreviations.yaml`). It finds no text.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from daulat.language._pack import PackFiles, primary
from daulat.language.errors import LanguageError

_FILE = "abbreviations.yaml"
_APART = re.compile(r"[\s.\-_/]+")
_ASIDE = re.compile(r"\s*\([^)]*\)")
_LETTERS = range(2, 9)
_NUMBERED = re.compile(r"(?=.*\d)(?=.*[^\W\d_])[^\W_]{2,8}")


@dataclass(frozen=True, slots=True)
class Meaning:
    """What an abbreviation stands for.

    Parameters
    ----------
    official : str
        In the law's words.
    short : str
        The abbreviation, as it is written.
    told : mapping of str to str
        What that means, by language.
    also : tuple of str
        Other words of the law for the same, the one that it uses now first.
    """

    official: str
    short: str = ""
    told: Mapping[str, str] = field(default_factory=dict)
    also: tuple[str, ...] = ()

    @property
    def words(self) -> tuple[str, ...]:
        """By what a text speaks of it; what stands in brackets is only told."""
        return (_ASIDE.sub("", self.official), *self.also)

    def in_language(self, language: str) -> str:
        """Write it for a reader of a language.

        >>> Meaning("Badan Usaha", told={"en": "enterprise"}).in_language("en"), Meaning("Badan").in_language("en")
        ('Badan Usaha (enterprise)', 'Badan')
        """
        told = self.told.get(primary(language), "")
        return f"{self.official} ({told})" if told else self.official


class Abbreviations:
    """The abbreviations of a country. Built by `abbreviations_for`.

    Examples
    --------
    >>> known = Abbreviations("id", {"KTP": {"id": "Kartu Tanda Penduduk", "en": "identity card"}})
    >>> [each.official for each in known.of("k.t.p.")], known.of("XYZ")
    (['Kartu Tanda Penduduk'], ())
    """

    def __init__(self, language: str, entries: Mapping[str, Any]) -> None:
        self.language = primary(language)
        self._known = {_key(short): self._meanings(short, entry) for short, entry in entries.items()}

    def of(self, short: str) -> Sequence[Meaning]:
        """Return what an abbreviation may stand for, the commonest first; nothing where it is not known."""
        return self._known.get(_key(short), ())

    def _meanings(self, short: str, entry: object) -> tuple[Meaning, ...]:
        each: list[Any] = entry if isinstance(entry, list) else [entry]
        if not each or not all(isinstance(one, Mapping) and one.get(self.language) for one in each):
            raise LanguageError(
                f"{_FILE}: `{short}` does not say what it stands for in `{self.language}`",
                why="Who asks what it means could not be told.",
                fix=f"write `{short}: {{{self.language}: the words it stands for}}`.",
                code="language.abbreviations",
            )
        return tuple(
            Meaning(
                str(one[self.language]),
                short,
                {tag: str(text) for tag, text in one.items() if tag not in (self.language, "also")},
                tuple(one.get("also") or ()),
            )
            for one in each
        )


def looks_short(term: str) -> bool:
    """Say whether a term is written as only an abbreviation is: in capitals, or with a number in it.

    >>> looks_short("LTSA"), looks_short("bp2mi"), looks_short("akta"), looks_short("AKTA KELAHIRAN")
    (True, True, False, False)
    """
    is_capitals = term.isalpha() and term.isupper() and len(term) in _LETTERS
    return is_capitals or bool(_NUMBERED.fullmatch(term))


def abbreviations_for(pack: PackFiles | None) -> Abbreviations:
    """Read the abbreviations of a pack; without them none is known.

    Raises
    ------
    LanguageError
        If the file has another form, or an entry does not say what it stands for.
    """
    data = pack.yaml(_FILE) if pack is not None and pack.has(_FILE) else None
    if data is None:
        return Abbreviations("", {})
    entries = data.get("abbreviations") or {} if isinstance(data, Mapping) else None
    if not isinstance(entries, Mapping):
        raise LanguageError(
            f"{_FILE} holds no `abbreviations`, each with what it stands for",
            why="None of them would be known.",
            fix="write `language: en` and `abbreviations: {ID: {en: identity document}}`.",
            code="language.abbreviations",
        )
    return Abbreviations(str(data.get("language") or ""), entries)


def _key(short: str) -> str:
    return _APART.sub("", short).casefold()
