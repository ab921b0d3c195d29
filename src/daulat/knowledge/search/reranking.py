# SPDX-License-Identifier: Apache-2.0
"""What a reranker may move: hits in the order of our ranking in, the first of them in its order out.

Only the first `FIRST` are read by it, and everything behind them stays as it is. An article that the question names and
law that is history keep their places; where the question names a law, or an article alone, none but their passages
move. So nothing comes before what was asked for by name, and no revoked text is lifted.

Each place keeps its score, and whoever moves there takes it: hits stay in the order of their scores, for those who
read how far one is behind another. Features stay with their passage.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from daulat.knowledge.reranker import Reranker
from daulat.knowledge.search.features import is_asked_for
from daulat.knowledge.types import Hit

FIRST = 20  # among which the passage that answers nearly always is; see docs/design/search.md
_READ = 1_600  # characters of a passage: rerankers were trained on some 500 tokens


def reranked(reranker: Reranker, question: str, hits: Sequence[Hit]) -> list[Hit]:
    """Return hits in their new order; as they were where the reranker says nothing.

    Parameters
    ----------
    reranker : Reranker
    question : str
    hits : sequence of Hit
        Best first.
    """
    places = _places_that_move(hits[:FIRST])
    moving = [hits[place] for place in places]
    relevance = reranker.scores(question, [_read(hit) for hit in moving]) if len(moving) > 1 else None
    if relevance is None:
        return list(hits)
    after = list(hits)
    order = sorted(range(len(moving)), key=lambda n: -relevance[n])  # stable: ties stay in the order of our ranking
    for place, n in zip(places, order, strict=True):
        after[place] = replace(moving[n], score=hits[place].score)
    return after


def _places_that_move(hits: Sequence[Hit]) -> list[int]:
    named_alone = any(_is_named_alone(hit) for hit in hits)
    return [
        place
        for place, hit in enumerate(hits)
        if not is_asked_for(hit.features)
        and not hit.features["past"]
        and not hit.features["other"]
        and (_is_named_alone(hit) or not named_alone)
    ]


def _is_named_alone(hit: Hit) -> bool:
    """Say whether a passage is an article that the question names without its law."""
    return hit.features["article"] > 0 and not hit.features["named"]


def _read(hit: Hit) -> str:
    """Return what is read of a hit: its document's title, its heading, and its text around the nearest part."""
    text = hit.passage.text
    start = max(min(sum(hit.segment) // 2 - _READ // 2, len(text) - _READ), 0)
    return "\n".join(filter(None, (hit.document.title, hit.passage.heading, text[start : start + _READ])))
