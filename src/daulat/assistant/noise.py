# SPDX-License-Identifier: Apache-2.0
"""Texts that ask nothing: a message in; whether it is words at all, out.

A search finds something near to everything, also to one sign three thousand times. Nothing here knows a language.
"""

from __future__ import annotations

import re

_WORD = re.compile(r"\w+")
_LONGEST_WORD = 120  # characters; scripts without spaces write a whole sentence as one
_MANY, _FEW = 30, 5  # so many words that are so few different ones


def is_noise(text: str) -> bool:
    """Say whether a text is no question in any language.

    Examples
    --------
    >>> [is_noise(text) for text in ("...", "UU " * 40, "9" * 400, "When must a birth be reported?", "KTP?")]
    [True, True, True, False, False]
    """
    words = _WORD.findall(text.casefold())
    if not words or max(map(len, words)) > _LONGEST_WORD:
        return True
    return len(words) >= _MANY and len(set(words)) <= _FEW
