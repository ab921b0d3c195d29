# SPDX-License-Identifier: Apache-2.0
"""Everyday questions asked as if nobody had written them down: a release with them in, questions and candidates out.

Of each question either it alone is not heard, or its whole row is not, as where a citizen asks for what no curator
thought of. The adapter that turns them was fitted without the passages that they ask for. What is fitted on the
candidates has then met questions that are known, and questions that are not.
"""

from __future__ import annotations

import hashlib
import random
from collections.abc import Iterator, Sequence

import numpy as np
from fit_adapter import everyday_questions, fit, read_cases, segments_of

from daulat.evaluation import Bench, KnownQuestion
from daulat.evaluation.corpus import Corpus
from daulat.knowledge.search import Asked, Candidates, Searcher

ROW_IS_HEARD = {True: 0.7, False: 0.5}  # share of the answerable, and of the others, whose row is heard


def sample_everyday(bench: Bench, corpus: Corpus, answerable: int, unanswerable: int) -> list[KnownQuestion]:
    """Draw questions, the answerable ones about a fifth of the passages; see `fit_adapter`."""
    draw = random.Random(1)  # a sample, not a secret
    questions = everyday_questions(bench)
    held_out = [question for question in questions if question.answerable and _main(corpus, question) % 5 == 0]
    others = [question for question in questions if not question.answerable]
    return [
        *draw.sample(held_out, min(answerable, len(held_out))),
        *draw.sample(others, min(unanswerable, len(others))),
    ]


def ask_held_out(
    bench: Bench, corpus: Corpus, searcher: Searcher, sample: Sequence[KnownQuestion]
) -> Iterator[tuple[KnownQuestion, Asked, Candidates]]:
    """Yield each question with its forms and candidates."""
    index = corpus.release.everyday
    assert index is not None
    cases = read_cases(corpus, everyday_questions(bench), all_forms=True)
    kept = index.adapter
    index.adapter = fit(cases.only(cases.folds > 0), segments_of(corpus), bench.encoder.name)
    place = {(question.language, question.text): n for n, question in enumerate(index.questions)}
    for question in sample:
        own = place.get((question.language, question.text))
        if own is None:
            continue
        share = hashlib.sha256(question.question_id.encode()).digest()[0] / 256
        heard = index.row_of != index.row_of[own]
        if share < ROW_IS_HEARD[question.answerable]:
            heard = np.arange(len(index)) != own
        asked = searcher.ask(question.text, question.language)
        yield question, asked, searcher.candidates(asked, heard_from=heard)
    index.adapter = kept


def _main(corpus: Corpus, question: KnownQuestion) -> int:
    return min((row for gold in question.gold if (row := corpus.release.row_of(gold)) is not None), default=1)
