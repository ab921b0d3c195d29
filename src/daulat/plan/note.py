# SPDX-License-Identifier: Apache-2.0
"""Notes: what a reader must know before believing a figure, as a key and the values that go into its sentence.

Comes in: a key of the section `notes` of a language's messages, and numbers, names and further notes. Goes out: a
`Note`, whose text is English, and the pieces of its sentence in another language. It decides nothing.

A message names its values as `{name}`, or with what stands behind a colon: how a number is written (Python's own
format, in the signs of the language), what stands between the values of a list (a comma where nothing is said), or
`text` for words that a pack or a table brings, which are English where the pack does not have them in the language.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import as_file, files
from string import Formatter
from typing import Any, NamedTuple, TypeAlias

from babel import Locale
from babel.numbers import get_decimal_symbol, get_group_symbol

from daulat.nation import read_yaml

FALLBACK = "en"
TEXT = "text"

Value: TypeAlias = "str | float | Note | Sequence[str | Note]"
_NUMBER = re.compile(r",?(\.\d)?[fg%]|,")


@dataclass(frozen=True)
class Note:
    """One sentence, or a part of one.

    Examples
    --------
    >>> str(note("site_small", power=9.891))
    '9.89 MW: no public costs of sites below 20 MW; buildings are priced by an exponent of size'
    """

    key: str
    values: tuple[tuple[str, Value], ...] = ()

    def __str__(self) -> str:
        return "".join(piece.text for piece in pieces(self, english()))

    def as_dict(self) -> dict[str, Any]:
        """Return plain data, as plan.json has it; `note_of` reads it."""
        return {"key": self.key, "values": {name: _plain(value) for name, value in self.values}}


class Piece(NamedTuple):
    """A part of a sentence; English where the language has no words for it."""

    text: str
    is_english: bool = False


@dataclass(frozen=True)
class Messages:
    """The sentences of one language, what it calls the names that a pack writes, and how it writes numbers."""

    texts: Mapping[str, str]
    locale: Locale
    names: Mapping[str, str] = field(default_factory=dict)
    is_english: bool = False


def note(key: str, **values: Value) -> Note:
    """Return a note; a list among its values is frozen."""
    return Note(key, tuple((name, tuple(one) if isinstance(one, list) else one) for name, one in values.items()))


def word(kind: str, name: str) -> Note | str:
    """Return a word of the messages, such as a class of hazard; the name itself where they have no such word.

    Examples
    --------
    >>> str(word("status", "licence needed")), word("hazard", "karst")
    ('licence needed', 'karst')
    """
    key = f"{kind}_{name.replace(' ', '_')}"
    return Note(key) if key in english().texts else name


def note_of(data: Mapping[str, Any]) -> Note:
    """Return the note that `Note.as_dict` wrote."""
    return Note(data["key"], tuple((name, _read(value)) for name, value in data["values"].items()))


@cache
def english() -> Messages:
    """Return the English messages, which have every key."""
    with as_file(files("daulat.plan").joinpath("report", "messages", f"{FALLBACK}.yaml")) as path:
        texts = read_yaml(path, name=path.name).data["notes"]
    return Messages(texts, Locale.parse(FALLBACK), is_english=True)


def fields(text: str) -> dict[str, str]:
    """Return the values that a message names, each with how a number is written; what stands in a list is left out.

    Raises
    ------
    ValueError
        If its braces do not close.

    Examples
    --------
    >>> fields("{drawn:,.0f} MW on {grid}: {told:; }")
    {'drawn': ',.0f', 'grid': '', 'told': ''}
    """
    found = ((name, form or "") for _, name, form, _ in Formatter().parse(text) if name is not None)
    return {name: form if form == TEXT or _NUMBER.fullmatch(form) else "" for name, form in found}


def pieces(one: Note, messages: Messages) -> Iterator[Piece]:
    """Yield a note in a language, in parts; all of it in English where the language has no such message."""
    if one.key not in messages.texts:
        yield Piece(str(one), is_english=True)
        return
    values = dict(one.values)
    for literal, name, form, _ in Formatter().parse(messages.texts[one.key]):
        if literal:
            yield Piece(literal)
        if name is not None:
            yield from _filled(values[name], form or "", messages)


def _filled(value: Value, form: str, messages: Messages) -> Iterator[Piece]:
    if isinstance(value, Note):
        yield from pieces(value, messages)
    elif isinstance(value, Sequence) and not isinstance(value, str):
        for at, one in enumerate(value):
            if at:
                yield Piece(form or ", ")
            yield from _filled(one, "", messages)
    elif isinstance(value, str):
        own = messages.names.get(value)
        yield Piece(own or value, is_english=form == TEXT and own is None and not messages.is_english)
    else:
        yield Piece(_number(value, form, messages.locale))


def _number(value: float, form: str, locale: Locale) -> str:
    group, decimal = get_group_symbol(locale), get_decimal_symbol(locale)
    return "".join({",": group, ".": decimal}.get(sign, sign) for sign in format(value, form))


def _plain(value: Value) -> Any:
    if isinstance(value, Note):
        return value.as_dict()
    return [_plain(one) for one in value] if isinstance(value, tuple) else value


def _read(value: Any) -> Any:
    if isinstance(value, Mapping):
        return note_of(value)
    return tuple(_read(one) for one in value) if isinstance(value, list) else value
