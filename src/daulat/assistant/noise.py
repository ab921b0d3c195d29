# SPDX-License-Identifier: Apache-2.0
"""Texts that ask nothing: a message in; whether it is words at all, out.

A search finds something near to everything, also to one sign three thousand times. Nothing here knows a language.
"""

from __future__ import annotations

import re

from daulat.language.wording import ADDRESS

_WORD = re.compile(r"\w+")
_LONGEST_WORD = 120  # characters; scripts without spaces write a whole sentence as one
_MANY, _FEW = 30, 5  # so many words that are so few different ones


def is_noise(text: str) -> bool:
    """Say whether a text is no question in any language: without its addresses and what is too long to be a word.

    Examples
    --------
    >>> [is_noise(text) for text in ("...", "UU " * 40, "9" * 400, "When must a birth be reported?", "KTP?")]
    [True, True, True, False, False]
    >>> [is_noise(text) for text in ("https://a.example/x?id=7", f"Is it so? https://a.example/x?id={'7' * 200}")]
    [True, False]
    """
    words = [word for word in _WORD.findall(ADDRESS.sub(" ", text.casefold())) if len(word) <= _LONGEST_WORD]
    if not words:
        return True
    return len(words) >= _MANY and len(set(words)) <= _FEW
