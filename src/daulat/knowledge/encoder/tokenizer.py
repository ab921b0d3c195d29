# SPDX-License-Identifier: Apache-2.0
"""The SentencePiece unigram tokenizer of XLM-RoBERTa: text in, piece ids out.

The vocabulary comes from the encoder's weight file (see `weights`). It never truncates: the encoder cuts long texts
into windows. Method: best segmentation by Viterbi over unigram scores (Kudo 2018, https://arxiv.org/abs/1804.10959).
No piece of this vocabulary crosses a space, so each word is segmented once and remembered.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

WORD_MARK = "\u2581"
_REMEMBERED_WORDS = 50_000


@dataclass(slots=True)
class UnigramTokenizer:
    """Cuts text into the pieces that the encoder was trained on.

    Parameters
    ----------
    pieces : mapping of str to int
        Piece to id.
    scores : array of float
        Log probability of each id.
    replacements : mapping of str to str
        Normalisation of single characters (NFKC and the like), as the vocabulary's makers fixed it.
    unknown : int
        Id of the unknown piece.

    Examples
    --------
    >>> from array import array
    >>> tokenizer = UnigramTokenizer({"\u2581a": 0, "b": 1, "\u2581ab": 2}, array("f", [-1, -1, -1.5]), {}, unknown=9)
    >>> tokenizer.encode("ab a")
    [2, 0]
    >>> tokenizer.encode("a?")
    [0, 9]
    """

    pieces: Mapping[str, int]
    scores: Sequence[float]
    replacements: Mapping[str, str]
    unknown: int
    _longest: int = field(init=False)
    _unknown_score: float = field(init=False)
    _words: dict[str, tuple[int, ...]] = field(init=False, default_factory=dict)

    def __post_init__(self) -> None:
        self._longest = max(map(len, self.pieces), default=1)
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
        size = len(word)
        best = [-1e30] * (size + 1)
        best[0] = 0.0
        back: list[tuple[int, int]] = [(0, self.unknown)] * (size + 1)
        pieces, scores = self.pieces, self.scores
        for start in range(size):
            base = best[start]
            for end in range(start + 1, min(size, start + self._longest) + 1):
                piece = pieces.get(word[start:end])
                if piece is None or piece == self.unknown:
                    continue
                score = base + scores[piece]
                if score > best[end]:
                    best[end], back[end] = score, (start, piece)
            score = base + self._unknown_score
            if score > best[start + 1]:
                best[start + 1], back[start + 1] = score, (start, self.unknown)
        ids: list[int] = []
        position = size
        while position > 0:
            position, piece = back[position]
            ids.append(piece)
        return ids[::-1]
