# SPDX-License-Identifier: Apache-2.0
"""Private: words that were parted at the end of a printed line. Lines with such places marked in, the same with whole
words out.

A hyphen at the end of a line is the printer's or the word's own ("forty-two"); the document itself says which: how it
writes the word elsewhere. Where it does so nowhere the hyphen stays, for no letter of a law is guessed.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping

BROKEN = "\ufffe"  # how PDFium marks a hyphen at the end of a line; what comes after it stood on the next one
_WORD = re.compile(r"[^\W\d_]+(?:-[^\W\d_]+)*")
_PARTED = re.compile(rf"(?P<word>[^\W\d_]+(?:-[^\W\d_]+)*){BROKEN}(?P<rest>[^\W\d_]+(?:-[^\W\d_]+)*)")


def written_words(lines: Iterable[str]) -> Mapping[str, int]:
    """Count the words that stand whole in a document, in small letters."""
    words: Counter[str] = Counter()
    for line in lines:
        words.update(_WORD.findall(_PARTED.sub(" ", line).casefold()))
    return words


def without_breaks(line: str, written: Mapping[str, int]) -> str:
    """Join the words of a line that were parted, as the document writes them elsewhere.

    Examples
    --------
    >>> written = written_words(["The provider has twenty-four hours."])
    >>> without_breaks("a pro\ufffevider, twenty\ufffefour, com\ufffemits", written)
    'a provider, twenty-four, com-mits'
    """

    def joined(found: re.Match[str]) -> str:
        whole, hyphened = f"{found['word']}{found['rest']}", f"{found['word']}-{found['rest']}"
        return whole if written.get(whole.casefold(), 0) > written.get(hyphened.casefold(), 0) else hyphened

    return _PARTED.sub(joined, line).replace(BROKEN, "-") if BROKEN in line else line
