# SPDX-License-Identifier: Apache-2.0
"""The two ends of a long text: what is encoded of a question is bounded by tokens, whatever signs it is made of.

Letters say little of the work: a thousand of them are 180 tokens of prose, or 1,000 of `a,b,c`, and attention grows
with the square. What is asked stands at the beginning or the end of a story, so its middle is left out.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol, runtime_checkable

LONGEST_TOKENS = 256  # of one form; a paragraph of 1,000 letters is some 180


@runtime_checkable
class Counting(Protocol):
    """An encoder that can say how many tokens it would read; one elsewhere is bounded by `LONGEST_QUERY` alone."""

    def count_tokens(self, text: str) -> int:
        """Return the tokens of a question."""
        ...


def ends_of(text: str, count: Callable[[str], int], most: int = LONGEST_TOKENS) -> str:
    """Return a text of at most `most` tokens: the text itself, or its two ends.

    Examples
    --------
    >>> ends_of("one two three four five six", lambda text: len(text.split()), most=4)
    'one two five six'
    """
    if count(text) <= most:
        return text
    head = _most(lambda size: count(text[:size]) <= most // 2, len(text))
    tail = _most(lambda size: count(text[len(text) - size :]) <= most // 2, len(text))
    return f"{text[:head].rstrip()} {text[len(text) - tail :].lstrip()}"


def _most(fits: Callable[[int], bool], size: int) -> int:
    """Return the largest number of letters that fits."""
    low, high = 0, size
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if fits(middle) else (low, middle - 1)
    return low
