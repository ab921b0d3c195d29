# SPDX-License-Identifier: Apache-2.0
"""Evaluation: questions whose answers are known come in; how well the nation's AI serves them goes out.

    questions -> corpus (a temporary release) -> retrieval, answers -> figures -> gates

Comes in: a folder of passages and questions, or a country's own suite of citizens' questions. Goes out: figures that
can be made again, and the results that `daulat.models` reads to decide whether a model is fit. This room never tunes
what it measures, and it judges by ids and letters: no model judges a model.
"""

from daulat.evaluation.answers import AnswerFigures, AnswersReport, Judged, judge, measure_answers
from daulat.evaluation.bench import Bench, cache_folder, open_bench
from daulat.evaluation.corpus import Corpus, open_corpus, with_languages
from daulat.evaluation.errors import EvaluationError
from daulat.evaluation.questions import KnownQuestion, find_questions, read_questions, sample_questions
from daulat.evaluation.retrieval import RetrievalFigures, RetrievalReport, measure_retrieval
from daulat.evaluation.suites import Requirement, gate_result, write_gates

__all__ = [
    "AnswerFigures",
    "AnswersReport",
    "Bench",
    "Corpus",
    "EvaluationError",
    "Judged",
    "KnownQuestion",
    "Requirement",
    "RetrievalFigures",
    "RetrievalReport",
    "cache_folder",
    "find_questions",
    "gate_result",
    "judge",
    "measure_answers",
    "measure_retrieval",
    "open_bench",
    "open_corpus",
    "read_questions",
    "sample_questions",
    "with_languages",
    "write_gates",
]
