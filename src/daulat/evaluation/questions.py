# SPDX-License-Identifier: Apache-2.0
"""Questions whose answers are known: a folder or a file in, `KnownQuestion` out.

Three shapes are read. `questions.jsonl` beside `contexts.jsonl.gz` names one `context_id` a row; `law_qa.jsonl` beside
`passages_*.jsonl.gz` names one `passage_id`; a suite of citizens' questions names all acceptable passages as `gold` and
older texts as `stale`. It never judges an answer and never changes a question.
"""

from __future__ import annotations

import random
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from daulat.evaluation.errors import EvaluationError

_FILES = ("questions.jsonl", "law_qa.jsonl")
_SEED = 20_260_101
_SAID = 0.6  # of the words that answer: sentences of a law are cut otherwise than quotes of them
_WORD = re.compile(r"\w+")


@dataclass(frozen=True, slots=True)
class KnownQuestion:
    """One question with what is known about its answer.

    Parameters
    ----------
    question_id, text : str
    answerable : bool
        Whether the passages decide it.
    gold : frozenset of str
        Ids of the passages that answer; any one of them will do. Of a question that cannot be answered: the passages
        that it is about, where the file says so.
    language : str
        BCP 47; empty where the file does not say.
    kind : str
        As the file groups its questions.
    stale : frozenset of str
        Ids of older texts, which may be shown as history only.
    main : str
        The id of `gold` that comes first.
    quote : str
        Words of that passage that answer; empty where the file does not say.
    """

    question_id: str
    text: str
    answerable: bool
    gold: frozenset[str]
    language: str = ""
    kind: str = ""
    stale: frozenset[str] = frozenset()
    main: str = ""
    quote: str = ""

    def is_said_in(self, text: str) -> bool:
        """Say whether a text holds the words that answer, most of them and in any order."""
        words, held = (Counter(_WORD.findall(each.lower())) for each in (self.quote, text))
        return (words & held).total() >= _SAID * words.total() > 0


def find_questions(folder: Path) -> Path:
    """Name the file of questions in a folder.

    Raises
    ------
    EvaluationError
        If there is none.
    """
    for name in _FILES:
        if (folder / name).is_file():
            return folder / name
    raise EvaluationError(
        f"{folder} holds neither `questions.jsonl` nor `law_qa.jsonl`",
        why="Without questions whose answers are known nothing can be measured.",
        fix="Point --data to a folder that has one of the two; their columns stand in docs/reference/bench.md.",
        code="evaluation.questions",
    )


def read_questions(path: Path) -> list[KnownQuestion]:
    """Read a file of questions, one JSON object a line.

    Raises
    ------
    EvaluationError
        At the first line that is not a question, with its number.
    """
    found: list[KnownQuestion] = []
    for number, line in enumerate(path.read_bytes().split(b"\n"), 1):
        if not line.strip():
            continue
        try:
            found.append(_question(msgspec.json.decode(line, type=dict[str, Any]), f"{path.stem}-{number}"))
        except (msgspec.DecodeError, KeyError, TypeError) as error:
            raise EvaluationError(
                f"{path} line {number} is not a question: {error!r}",
                why="A figure over a part of the questions would not be the figure of this folder.",
                fix="Each line needs `question` and `answerable`, and one of `context_id`, `passage_id` or `gold`.",
                code="evaluation.questions",
            ) from error
    return found


def sample_questions(questions: Sequence[KnownQuestion], limit: int) -> list[KnownQuestion]:
    """Draw `limit` questions with a fixed seed, in the order of the file; 0 takes all.

    Examples
    --------
    >>> rows = [KnownQuestion(str(n), "?", True, frozenset()) for n in range(9)]
    >>> sample_questions(rows, 3) == sample_questions(rows, 3), len(sample_questions(rows, 0))
    (True, 9)
    """
    if not limit or limit >= len(questions):
        return list(questions)
    chosen = sorted(random.Random(_SEED).sample(range(len(questions)), limit))  # noqa: S311  # a sample, not a secret
    return [questions[i] for i in chosen]


def _question(row: dict[str, Any], fallback: str) -> KnownQuestion:
    text, answerable = row["question"], row["answerable"]
    if not isinstance(text, str) or not isinstance(answerable, bool):
        raise TypeError("`question` must be text and `answerable` true or false")
    gold = row.get("gold")
    if gold is None:
        one = row["context_id"] if "context_id" in row else row["passage_id"]
        gold = [one] if one else []
    if answerable and not gold:
        raise KeyError("gold")
    return KnownQuestion(
        question_id=str(row.get("id") or row.get("qid") or fallback),
        text=text,
        answerable=answerable,
        gold=frozenset(map(str, gold)),
        language=str(row.get("lang") or row.get("language") or ""),
        kind=str(row.get("kind") or ("answerable" if answerable else "unanswerable")),
        stale=frozenset(map(str, row.get("stale") or ())),
        main=str(gold[0]) if gold else "",
        quote=str(row.get("quote") or row.get("answer") or ""),
    )
