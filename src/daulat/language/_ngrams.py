# SPDX-License-Identifier: Apache-2.0
"""The features of a pack's language model: words and letter groups of 2 to 5, hashed. Shared by training and use.

Comes in: a text. Goes out: bucket numbers. Case, diacritics, digits, addresses and user names are dropped, since they
say nothing about the language of a short question.
"""

from __future__ import annotations

import re
import zlib

import numpy as np
from numpy.typing import NDArray

from daulat.language.analysis import fold

_NOISE = re.compile(r"https?://\S+|\S+@\S+|[@#]\w+|\[\w+\]")
_LETTERS = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)*")
_SHORTEST, _LONGEST = 2, 5
_WORDS_READ = 400
_LONGEST_WORD = 60  # letters; what is longer was not written in any language


def words_of(text: str) -> list[str]:
    """Return the folded words of a text, without numbers and addresses; at most the first 400.

    >>> words_of("Piyé carané ngurus KTP 2024? @admin")
    ['piye', 'carane', 'ngurus', 'ktp']
    """
    # Five hundred words decide as surely as fifty thousand, and cost nothing more.
    head = _NOISE.sub(" ", text[:20_000])
    return [fold(word.casefold()) for word in _LETTERS.findall(head)[:_WORDS_READ] if len(word) <= _LONGEST_WORD]


def features(words: list[str], buckets: int) -> NDArray[np.int64]:
    """Return the bucket numbers of the words and of their letter groups.

    Parameters
    ----------
    words : list[str]
        As `words_of` returns them.
    buckets : int
        How many buckets there are, a power of two.

    Returns
    -------
    numpy.ndarray
        int64[n_features], in no particular order, with repeats.
    """
    mask = buckets - 1
    found: list[int] = []
    for word in words:
        marked = f"_{word}_".encode()
        found.append(zlib.crc32(b"w" + marked) & mask)
        for size in range(_SHORTEST, _LONGEST + 1):
            found.extend(zlib.crc32(marked[i : i + size]) & mask for i in range(len(marked) - size + 1))
    return np.asarray(found, dtype=np.int64)
