# SPDX-License-Identifier: Apache-2.0
"""Telling: a finished answer in; the events of its stream, in order, out."""

from __future__ import annotations

from collections.abc import Iterator

from daulat.assistant.types import Answer, AnswerEvent


def events_of(answer: Answer) -> Iterator[AnswerEvent]:
    """Tell a finished answer in order: each paragraph, and each citation once its marker has been told."""
    waiting = list(answer.citations)
    told = 0
    while told < len(answer.text):
        at = answer.text.find("\n\n", told)
        end = len(answer.text) if at < 0 else at + 2
        yield AnswerEvent("text", text=answer.text[told:end])
        told = end
        while waiting and waiting[0].end <= told:
            yield AnswerEvent("citation", citation=waiting.pop(0))
    yield AnswerEvent("answer", answer=answer)
