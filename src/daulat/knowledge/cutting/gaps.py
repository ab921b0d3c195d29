# SPDX-License-Identifier: Apache-2.0
"""What a cut regulation seems to lack: its passages in; which numbers of articles are missing, as a sentence, out.

A heading in a writing that its structure does not know leaves an article inside the one before, under a wrong number.
Nothing in the text tells that; the numbers do.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from daulat.knowledge.types import Passage

_NUMBER = re.compile(r"(\d+)[A-Z]*")
_MOST_TOLD = 12


def gap_note(passages: Iterable[Passage]) -> str:
    """Say which articles were not found, or that none was; empty where they follow each other.

    An act whose articles have no plain numbers, such as one that amends another, is not judged.

    Examples
    --------
    >>> law = [Passage(f"A:{n}", "A", n, "body", "A fee.", str(n)) for n in (1, 2, 5, 7)]
    >>> gap_note(law)
    'articles 3, 4, 6 were not found, but 7 was'
    >>> gap_note(law[:2]), gap_note([Passage("A:0", "A", 0, "preamble", "A fee.")])
    ('', 'no article was found')
    """
    articles = [passage.article for passage in passages if passage.section == "body" and passage.article]
    if not articles:
        return "no article was found"
    found = [_NUMBER.fullmatch(article) for article in articles]
    numbers = {int(number[1]) for number in found if number}
    if not numbers or None in found:
        return ""
    missing = [number for number in range(1, max(numbers)) if number not in numbers]
    if not missing:
        return ""
    names = f"article {missing[0]} was" if len(missing) == 1 else f"articles {', '.join(_runs(missing))} were"
    return f"{names} not found, but {max(numbers)} was"


def _runs(numbers: Sequence[int]) -> list[str]:
    """Write rising numbers, three or more in a row as `6–13`."""
    runs: list[list[int]] = []
    for number in numbers:
        if runs and number == runs[-1][-1] + 1:
            runs[-1].append(number)
        else:
            runs.append([number])
    told = [text for run in runs for text in ([f"{run[0]}–{run[-1]}"] if len(run) > 2 else map(str, run))]
    return told if len(told) <= _MOST_TOLD else [*told[:_MOST_TOLD], f"and {len(told) - _MOST_TOLD} more"]
