# SPDX-License-Identifier: Apache-2.0
"""A pack's everyday questions as questions of a measurement: the pack in; questions, and which are kept apart, out.

The adapter never meets the questions about a tenth of the passages. What ranks and judges is fitted on these, each
asked while it is not heard itself, so that it meets vectors as those of a citizen are.
"""

from __future__ import annotations

import hashlib
import random
from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from daulat.evaluation import Bench, KnownQuestion
from daulat.evaluation.corpus import Corpus
from daulat.evaluation.encoding import PreparedEncoder
from daulat.knowledge.encoder import adapt
from daulat.knowledge.everyday import FOLDER, read_everyday
from daulat.knowledge.release import Release
from daulat.knowledge.search import Asked, Candidates, Searcher

KEPT_APART = 10  # one passage of so many
ROW_IS_HEARD = {True: 0.9, False: 0.5}  # share of the answerable, and of the others, whose row is heard


def everyday_questions(bench: Bench) -> list[KnownQuestion]:
    """Return the pack's everyday questions, those without an answer too."""
    assert bench.pack is not None
    rows, _ = read_everyday(bench.pack.path(FOLDER))
    return [
        KnownQuestion(f"{row.file}-{row.line}-{tag}-{n}", text, bool(row.passages), frozenset(row.passages), tag)
        for row in rows
        for tag, texts in row.asks.items()
        for n, text in enumerate(texts)
    ]


def segments_of(release: Release) -> NDArray[np.float32]:
    """Return the vectors of all segments: float32[n, d], unit length."""
    rows = np.load(release.folder / "vectors.npy").astype(np.float32)
    unit: NDArray[np.float32] = rows / np.linalg.norm(rows, axis=1, keepdims=True)
    return unit


def main_row(release: Release, question: KnownQuestion) -> int:
    """Return the first row that answers; -1 where none does."""
    return min((row for gold in question.gold if (row := release.row_of(gold)) is not None), default=-1)


def is_kept_apart(row: int) -> bool:
    """Say whether the adapter is never fitted on questions about a passage."""
    return row >= 0 and row % KEPT_APART == 0


def sample_everyday(bench: Bench, release: Release, answerable: int, unanswerable: int) -> list[KnownQuestion]:
    """Draw questions: the answerable ones from those kept apart."""
    draw = random.Random(1)  # a sample, not a secret
    questions = everyday_questions(bench)
    apart = [question for question in questions if is_kept_apart(main_row(release, question))]
    others = [question for question in questions if not question.answerable]
    return [
        *draw.sample(apart, min(answerable, len(apart))),
        *draw.sample(others, min(unanswerable, len(others))),
    ]


def ask_held_out(
    corpus: Corpus, searcher: Searcher, sample: Sequence[KnownQuestion]
) -> Iterator[tuple[KnownQuestion, Asked, Candidates]]:
    """Yield each question with its forms and candidates. It is not heard itself, and of some the whole row is not."""
    index = corpus.release.everyday
    assert index is not None
    asking = adapt(corpus.encoder, index.adapter)
    assert isinstance(asking, PreparedEncoder)
    for _ in asking.prepare([form for each in sample for form in corpus.reader.ask(each.text, each.language).forms]):
        pass
    place = {(question.language, question.text): n for n, question in enumerate(index.read_questions())}
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
