# SPDX-License-Identifier: Apache-2.0
"""The SentencePiece unigram tokenizer of XLM-RoBERTa: text in, piece ids out.

The vocabulary comes from the encoder's weight file (see `weights`). It never truncates: the encoder cuts long texts
into windows. Method: best segmentation by Viterbi over unigram scores (Kudo 2018, https://arxiv.org/abs/1804.10959).
No piece of this vocabulary crosses a space, so each word is segmented once and remembered. Its 250,000 pieces are a
trie, which takes 1 MB where a dictionary takes 36, and is as fast (docs/design/encoder.md).
"""

from __future__ import annotations

from array import array
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from marisa_trie import BinaryTrie

WORD_MARK = "\u2581"
_REMEMBERED_WORDS = 50_000


class Pieces:
    """The pieces of a vocabulary, each with its id.

    Parameters
    ----------
    pieces : sequence of bytes
        In UTF-8, in the order of their ids; empty ones are no pieces.

    Examples
    --------
    >>> pieces = Pieces(["a".encode(), b"", "ab".encode()])
    >>> list(pieces.beginning(b"cabc", 1))
    [(1, 0), (2, 2)]
    """

    def __init__(self, pieces: Sequence[bytes]) -> None:
        self._trie = BinaryTrie([piece for piece in pieces if piece])
        self._longest = max(map(len, pieces), default=0)
        self._ids = array("i", bytes(4 * len(self._trie)))
        for piece_id, piece in enumerate(pieces):
            if piece:
                self._ids[self._trie.key_id(piece)] = piece_id

    def beginning(self, text: bytes, start: int) -> Iterator[tuple[int, int]]:
        """Return length in bytes and id of each piece that begins at a place of `text`, the shortest first."""
        for piece in self._trie.prefixes(text[start : start + self._longest]):
            yield len(piece), self._ids[self._trie.key_id(piece)]


@dataclass(slots=True)
class UnigramTokenizer:
    """Cuts text into the pieces that the encoder was trained on.

    Parameters
    ----------
    pieces : Pieces
    scores : array of float
        Log probability of each id.
    replacements : mapping of str to str
        Normalisation of single characters (NFKC and the like), as the vocabulary's makers fixed it.
    unknown : int
        Id of the unknown piece.

    Examples
    --------
    >>> pieces = Pieces(["\u2581a".encode(), b"b", "\u2581ab".encode()])
    >>> tokenizer = UnigramTokenizer(pieces, array("f", [-1, -1, -1.5]), {}, unknown=9)
    >>> tokenizer.encode("ab a")
    [2, 0]
    >>> tokenizer.encode("a?")
    [0, 9]
    """

    pieces: Pieces
    scores: Sequence[float]
    replacements: Mapping[str, str]
    unknown: int
    _unknown_score: float = field(init=False)
    _words: dict[str, tuple[int, ...]] = field(init=False, default_factory=dict)

    def __post_init__(self) -> None:
        self._unknown_score = min(self.scores, default=0.0) - 10.0

    def encode(self, text: str) -> list[int]:
        """Return the ids of `text` without start and end marks."""
        table = self.replacements
        normal = "".join(table.get(character, character) for character in text)
        words = " ".join(part for part in normal.split(" ") if part)
        if normal.endswith(" "):  # a trailing space is a piece of its own in the original
            words += " "
        ids: list[int] = []
        for word in words.split(" "):
            known = self._words.get(word)
            if known is None:
                known = tuple(self._segment(WORD_MARK + word))
                if len(self._words) >= _REMEMBERED_WORDS:
                    self._words.clear()
                self._words[word] = known
            ids.extend(known)
        return ids

    def _segment(self, word: str) -> list[int]:
        """Find the segmentation of one word with the highest sum of scores; ties go to the earlier find."""
        whole = word.encode("utf-8", "surrogatepass")  # half a pair is no piece, and no fault either
        best = [-1e30] * (len(whole) + 1)
        best[0] = 0.0
        back: list[tuple[int, int]] = [(0, self.unknown)] * (len(whole) + 1)
        start = 0
        for character in word:
            base = best[start]
            for length, piece in self.pieces.beginning(whole, start):
                score = base + self.scores[piece]
                if piece != self.unknown and score > best[start + length]:
                    best[start + length], back[start + length] = score, (start, piece)
            score = base + self._unknown_score
            after = start + len(character.encode("utf-8", "surrogatepass"))
            if score > best[after]:
                best[after], back[after] = score, (start, self.unknown)
            start = after
        ids: list[int] = []
        position = len(whole)
        while position > 0:
            position, piece = back[position]
            ids.append(piece)
        return ids[::-1]
