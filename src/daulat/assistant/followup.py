# SPDX-License-Identifier: Apache-2.0
"""A follow-up made self-contained: a question and the turns before it in, what to search for out.

"And for twins?" is searched as the question before it and itself. The words of earlier answers are never searched:
they are ours, not the asker's. Nothing is kept.
"""

from __future__ import annotations

from daulat.assistant.types import Question
from daulat.knowledge.search import Asked, Reader

_FEW_TERMS = 2  # a question with fewer content words than this leans on what was said before


def self_contained(question: Question, language: str, reader: Reader) -> str:
    """Return the text to search for.

    Parameters
    ----------
    question : Question
    language : str
        BCP 47 tag of the question.
    reader : Reader
        Of the country; knows which openings refer back.
    """
    before = [turn.text for turn in question.history if turn.role == "user" and turn.text.strip()]
    if not before:
        return question.text
    asked: Asked = reader.ask(question.text, language)
    leans = len(asked.order) < _FEW_TERMS and not asked.mentions
    if leans or reader.questions.refers_back(question.text, language):
        return f"{before[-1]} {question.text}"
    return question.text
