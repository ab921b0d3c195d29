# SPDX-License-Identifier: Apache-2.0
"""Patterns: phrases that are built of parts, found in a text, so that one line says what a hundred phrases would.

Comes in: patterns, groups of words that they name, and a text. Goes out: which patterns stand where. Case, diacritics,
apostrophes and hyphens do not matter; a pattern never crosses another mark. Nothing here knows what they are for.

    word        the word            word*       a word that begins so; *word, *word* as one would think
    {group}     a phrase of it      [a | b]     either, or nothing
    ..          up to three words   ^ and $     the clause begins, the clause ends
    a | b       two patterns

Words of the group `skip`, such as particles, may stand between any two parts. Docs: docs/concepts/language.md
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from difflib import get_close_matches
from typing import NamedTuple

from daulat.language._pattern_parts import (
    BREAK,
    KEY,
    Beginning,
    Edge,
    Either,
    Ending,
    Gap,
    Group,
    Piece,
    Row,
    Said,
    Word,
    grouped,
    row_of,
)
from daulat.language.analysis import fold
from daulat.language.errors import LanguageError

_SKIP = "skip"
_MARKS = "".join(chr(at) for at in range(0x300, 0x3100) if unicodedata.category(chr(at))[0] == "M")
_DROPPED = re.compile("['’ʼ`]")
_BLANK = re.compile(r"[^\S\n\r]+|[\-‐‑]")
_BREAKS = re.compile(rf"[^\w {_MARKS}]+|_+")
_PART = re.compile(r"\.\.|[\[\]^$|]|\{[^{}]*\}|[^\s\[\]{}^$|]+|[{}]")
_OUTSIDE = re.compile(r"\|(?![^\[\]]*\])")


class Found(NamedTuple):
    """A pattern with this `label`, found from the word `start` up to the word `end`."""

    start: int
    end: int
    label: str


def laid_out(text: str) -> list[str]:
    """Return the folded words of a text, with a stroke where a clause begins or ends.

    >>> laid_out("Help! He isn’t well-known")
    ['/', 'help', '/', 'he', 'isnt', 'well', 'known', '/']
    """
    plain = _BLANK.sub(" ", _DROPPED.sub("", fold(text.casefold())))
    return [BREAK, *_BREAKS.sub(f" {BREAK} ", plain).split(), BREAK]


def split(text: str) -> list[str]:
    """Return the patterns that `|` parts.

    >>> split("a [b | c] | d")
    ['a [b | c]', 'd']
    """
    return [pattern.strip() for pattern in _OUTSIDE.split(text) if pattern.strip()]


class Patterns:
    """A list of patterns, ready to be found.

    Parameters
    ----------
    pairs : Iterable[tuple[str, str]]
        Patterns, several parted by `|`, and their label.
    groups : Mapping[str, str], optional
        By name, what a part in braces may be: patterns, parted by `|`.
    file : str
        Named in what is said of a fault.

    Raises
    ------
    LanguageError
        If a pattern cannot be read, names a group that there is not, or would be found in every text.

    Examples
    --------
    >>> tired = Patterns([("{not} able .. liv*", "tired")], {"not": "not | no longer"})
    >>> tired.labels(laid_out("I am no longer able to go on living."))
    ['tired']
    """

    def __init__(
        self, pairs: Iterable[tuple[str, str]], groups: Mapping[str, str] | None = None, file: str = "notices.yaml"
    ) -> None:
        read = _Reader(groups or {}, file)
        self._all = [(read.pattern(pattern), label) for text, label in pairs for pattern in split(text)]
        self._by_key: dict[str, list[int]] = {}
        for at, (piece, _) in enumerate(self._all):
            for key in piece.keys or ("",):
                self._by_key.setdefault(key, []).append(at)

    def labels(self, words: Sequence[str]) -> list[str]:
        """Return the labels of all patterns in a text that was laid out, in their order, without repeats."""
        said = Said(words)
        return list(dict.fromkeys(label for _, label in self._standing(said)))

    def spans(self, words: Sequence[str]) -> list[Found]:
        """Return the patterns that stand in the text, from left to right, without overlap; longer ones win."""
        said = Said(words)
        standing = list(self._standing(said))
        found = [
            Found(at, ends.bit_length() - 1, label)
            for at in range(len(words) if standing else 0)
            for piece, label in standing
            if (ends := piece.ends(said, 1 << at))
        ]
        kept: list[Found] = []
        for each in sorted(found, key=lambda each: (each.start, -each.end)):
            if not kept or each.start >= kept[-1].end:
                kept.append(each)
        return kept

    def _standing(self, said: Said) -> Iterator[tuple[Piece, str]]:
        may = {at for key in (*said.keys, "") for at in self._by_key.get(key, ())}
        for at in sorted(may):
            if self._all[at][0].ends(said, said.everywhere):
                yield self._all[at]

    def without(self, words: Sequence[str]) -> list[str]:
        """Return the text with a break in place of every pattern."""
        left, at = list[str](), 0
        for found in self.spans(words):
            left += [*words[at : found.start], BREAK]
            at = found.end
        return [*left, *words[at:]]


class _Reader:
    """Reads patterns from text."""

    def __init__(self, groups: Mapping[str, str], file: str) -> None:
        self._groups, self._file = groups, file
        self._read: dict[str, Group] = {}
        self._reading: list[str] = []
        self._skip: Group | None = None  # none within the group of them
        self._skip = self._group(_SKIP, "") if _SKIP in groups else None

    def pattern(self, text: str) -> Row:
        """Read one pattern."""
        parts = _PART.findall(text)
        if ".." in (parts[:1] + parts[-1:]):
            raise self._fault(text, "begins or ends with `..`", "Take it out: any words may stand around a pattern.")
        sequence, rest = self._sequence(parts, text)
        if rest:
            raise self._fault(text, "closes a bracket that was never opened", "Write [ before what may be left out.")
        if sequence.is_optional:
            raise self._fault(text, "may be left out as a whole", "Put at least one word outside of the brackets.")
        return sequence

    def _sequence(self, parts: Sequence[str], text: str) -> tuple[Row, Sequence[str]]:
        """Read parts up to the end, or to a `|` or bracket that ends them; return also the parts from there on."""
        pieces: list[Piece] = []
        while parts and parts[0] not in ("]", "|"):
            first, parts = parts[0], parts[1:]
            piece, parts = self._either(parts, text) if first == "[" else (self._part(first, text), parts)
            pieces.append(piece)
        return row_of(pieces, self._skip), parts

    def _either(self, parts: Sequence[str], text: str) -> tuple[Either, Sequence[str]]:
        """Read what stands in brackets, one of its alternatives after the other."""
        read: list[Row] = []
        while not read or parts[:1] == ["|"]:
            piece, parts = self._sequence(parts[1:] if read else parts, text)
            read.append(piece)
        if not parts:
            raise self._fault(text, "opens a bracket and never closes it", "Write ] behind it.")
        return Either(tuple(read)), parts[1:]

    def _part(self, part: str, text: str) -> Piece:
        if part == "..":
            return Gap()
        if part in ("^", "$"):
            return Edge(is_end=part == "$")
        if part in ("{", "}"):
            raise self._fault(text, "has a brace without its other half", "Write the name of a group as {name}.")
        return self._group(part[1:-1].strip(), text) if part.startswith("{") else self._word(part, text)

    def _word(self, part: str, text: str) -> Piece:
        bare, before, after = part.strip("*"), part.startswith("*"), part.endswith("*")
        words = laid_out(bare)[1:-1]
        if not words or "*" in bare or BREAK in words or (len(words) > 1 and (before or after)):
            raise self._fault(text, f"has the part `{part}`", "Write a word, or its letters and a `*`: `drown*`.")
        if before:
            return Ending(words[0], is_within=after)
        if after:
            return Beginning(words[0], frozenset((words[0][:KEY],)) if len(words[0]) >= KEY else None)
        pieces: list[Piece] = [Word(word, frozenset((word[:KEY],))) for word in words]
        return pieces[0] if len(pieces) == 1 else row_of(pieces, None)  # with a hyphen

    def _group(self, name: str, text: str) -> Group:
        if name in self._reading:
            way = " -> ".join([*self._reading, name])
            raise self._fault(text, f"leads in a circle: {way}", "A group may name others, but none that names it.")
        if name not in self._groups:
            near = get_close_matches(name, self._groups, n=1)
            hint = f"Did you mean {{{near[0]}}}?" if near else f"Add `{name}:` under `groups`."
            raise self._fault(text, f"names the group `{name}`, which there is not", hint)
        if name not in self._read:
            self._reading.append(name)
            sequences = [self.pattern(each) for each in split(self._groups[name])]
            self._reading.pop()
            if not sequences:
                raise self._fault(text, f"names the group `{name}`, which is empty", "Give it words, parted by `|`.")
            self._read[name] = grouped(name, sequences)
        return self._read[name]

    def _fault(self, text: str, what: str, fix: str) -> LanguageError:
        return LanguageError(
            f"{self._file}: the pattern `{text}` {what}",
            why="What it is there to hear would be missed.",
            fix=fix,
            code="language.pattern",
        )
