# SPDX-License-Identifier: Apache-2.0
"""Private: the parts that a pattern is built of, and a text that they are looked for in. See `_patterns.py`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

BREAK = "/"  # between two clauses
KEY = 3  # letters by which a pattern is known to need a word that the text has not
_GAP = 3  # words that `..` stands for, at most
_SKIPPED = 2  # words of the group `skip` that may stand between two parts

Keys = frozenset[str] | None


class Said:
    """A text that was laid out. A set of places in it is one whole number, a bit a place: one operation moves all."""

    def __init__(self, words: Sequence[str]) -> None:
        self.everywhere = (1 << len(words)) - 1
        self.places: dict[str, int] = {}
        for at, word in enumerate(words):
            self.places[word] = self.places.get(word, 0) | 1 << at
        self.breaks = self.places.pop(BREAK, 0)
        self.keys = frozenset(word[:KEY] for word in self.places)
        self.beginnings: dict[str, int] = {}
        for word, places in self.places.items():
            for length in range(1, len(word) + 1):
                self.beginnings[word[:length]] = self.beginnings.get(word[:length], 0) | places
        # Many patterns name the same groups: what of each stands anywhere in the text, and where it ends.
        self.standing: dict[str, tuple[int, list[Piece]]] = {}
        self.known: dict[tuple[str, int], int] = {}


class Piece(Protocol):
    """A part of a pattern. `keys`: one of these begins a word of every text in which it stands, None where that is not
    known; `is_optional`: it may be nothing."""

    @property
    def keys(self) -> Keys: ...

    @property
    def is_optional(self) -> bool: ...

    def ends(self, said: Said, starts: int) -> int:
        """Return the places behind it where it begins at one of `starts`; 0 where it does not stand at any."""
        ...


@dataclass(frozen=True, slots=True)
class Word:
    text: str
    keys: Keys
    is_optional: bool = False

    def ends(self, said: Said, starts: int) -> int:
        return (said.places.get(self.text, 0) & starts) << 1


@dataclass(frozen=True, slots=True)
class Beginning:
    """Words that begin so."""

    text: str
    keys: Keys
    is_optional: bool = False

    def ends(self, said: Said, starts: int) -> int:
        return (said.beginnings.get(self.text, 0) & starts) << 1


@dataclass(frozen=True, slots=True)
class Ending:
    """Words that end so, or hold this."""

    text: str
    is_within: bool
    keys: Keys = None
    is_optional: bool = False

    def ends(self, said: Said, starts: int) -> int:
        reached = 0
        for word, places in said.places.items():
            if self.text in word if self.is_within else word.endswith(self.text):
                reached |= places
        return (reached & starts) << 1


@dataclass(frozen=True, slots=True)
class Edge:
    """The beginning of a clause, or its end."""

    is_end: bool
    keys: Keys = None
    is_optional: bool = True

    def ends(self, said: Said, starts: int) -> int:
        return starts & (said.breaks if self.is_end else said.breaks << 1)


@dataclass(frozen=True, slots=True)
class Gap:
    keys: Keys = None
    is_optional: bool = True

    def ends(self, said: Said, starts: int) -> int:
        for _ in range(_GAP):
            starts |= (starts & said.everywhere & ~said.breaks) << 1
        return starts


@dataclass(frozen=True, slots=True)
class Either:
    """One of several, or nothing."""

    pieces: Sequence[Piece]
    keys: Keys = None
    is_optional: bool = True

    def ends(self, said: Said, starts: int) -> int:
        reached = starts
        for piece in self.pieces:
            reached |= piece.ends(said, starts)
        return reached


@dataclass(frozen=True, slots=True)
class Row:
    """Parts one behind the other, with words of the group `skip` between them."""

    pieces: Sequence[Piece]
    skip: Group | None
    keys: Keys
    is_optional: bool = False

    def ends(self, said: Said, starts: int) -> int:
        for place, piece in enumerate(self.pieces):
            if place and self.skip:
                for _ in range(_SKIPPED):
                    starts |= self.skip.ends(said, starts)
            starts = piece.ends(said, starts)
            if not starts:
                return 0
        return starts


@dataclass(frozen=True, slots=True)
class Group:
    """One of the phrases of a named group."""

    name: str
    words: frozenset[str]
    others: Sequence[Piece]
    keys: Keys
    is_optional: bool = False

    def ends(self, said: Said, starts: int) -> int:
        known = said.known.get((self.name, starts))
        if known is None:
            places, others = said.standing.get(self.name) or self._standing(said)
            known = (places & starts) << 1
            for piece in others:
                known |= piece.ends(said, starts)
            said.known[self.name, starts] = known
        return known

    def _standing(self, said: Said) -> tuple[int, list[Piece]]:
        places = 0
        for word in said.places.keys() & self.words:
            places |= said.places[word]
        standing = (
            places,
            [piece for piece in self.others if piece.keys is None or not said.keys.isdisjoint(piece.keys)],
        )
        said.standing[self.name] = standing
        return standing


def grouped(name: str, sequences: Sequence[Row]) -> Group:
    """Make a group; its whole words are looked up at once, for most of them are that."""
    words: set[str] = set()
    others: list[Piece] = []
    for sequence in sequences:
        first = sequence.pieces[0]
        if len(sequence.pieces) == 1 and isinstance(first, Word):
            words.add(first.text)
        else:
            others.append(sequence)
    keys = [sequence.keys for sequence in sequences if sequence.keys is not None]
    return Group(
        name, frozenset(words), tuple(others), frozenset().union(*keys) if len(keys) == len(sequences) else None
    )


def row_of(pieces: Sequence[Piece], skip: Group | None) -> Row:
    """Make a sequence; it needs what each of its parts needs, so it is looked for by the part with the fewest words."""
    needed = [piece.keys for piece in pieces if piece.keys is not None and not piece.is_optional]
    is_optional = all(piece.is_optional for piece in pieces)
    return Row(tuple(pieces), skip, min(needed, key=len, default=None), is_optional)
