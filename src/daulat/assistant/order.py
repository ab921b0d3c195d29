# SPDX-License-Identifier: Apache-2.0
"""The order of what is cited: passages that answer and their marks in; what leads first, law before old law, out.

It judges nothing: which passages answer was decided before.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from daulat.assistant.evidence import Evidence
from daulat.assistant.sentence import Marked

Pair = tuple[Evidence, Marked]

_AS_WELL = 1.0  # score that the act which changed an old text may lack beside it and still lead


def in_order(pairs: Sequence[Pair], measures: Sequence[re.Pattern[str]] = ()) -> list[Pair]:
    """Return pairs in the order in which they are cited.

    Parameters
    ----------
    pairs : sequence of (Evidence, Marked)
        The best first; one at least.
    measures : sequence of pattern
        What shows the measure that a question asks for, such as an age.
    """
    leads = _leading(pairs, measures)

    def rank(pair: Pair) -> tuple[bool, float]:
        return pair is not leads, _AS_WELL * (pair[0].standing == "history") - pair[0].score

    return sorted(pairs, key=rank)


def _leading(pairs: Sequence[Pair], measures: Sequence[re.Pattern[str]]) -> Pair:
    """Return what leads an answer: the best, or what changed it where that answers as well; before the general part of
    an elucidation, which only retells it, the article that says the measure that is asked for.

    An old text that was asked for leads, with the warning that names its successor: law in force on another matter
    would answer something else.
    """
    best = pairs[0][0]
    if best.passage.section == "elucidation_general" and measures:
        articles = (pair for pair in pairs if (pair[0].document, pair[0].passage.section) == (best.document, "body"))
        return next((pair for pair in articles if _says(pair, measures)), pairs[0])
    changed_by = best.status.by if best.standing == "history" else ""
    near = (pair for pair in pairs if pair[0].document.doc_id == changed_by)
    return next((pair for pair in near if best.score - pair[0].score < _AS_WELL), pairs[0])


def _says(pair: Pair, measures: Sequence[re.Pattern[str]]) -> bool:
    evidence, marked = pair
    sentence = evidence.passage.text[slice(*marked.span)]
    return any(measure.search(sentence) for measure in measures)
