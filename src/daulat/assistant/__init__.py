# SPDX-License-Identifier: Apache-2.0
"""The assistant: a citizen's question in; an answer with citations of the official text, or an honest "no source says
so", out.

    question → language → evidence → decide → write or quote → verify → answer

Evidence comes before eloquence: every sentence stated as fact carries the passage that supports it, with its legal
standing and date. Where no model has passed its gate, the official text itself answers, quoted and marked. This room
keeps no question and no answer.
"""

from daulat.assistant.assistant import Assistant
from daulat.assistant.danger import Danger, open_danger
from daulat.assistant.errors import AssistantError
from daulat.assistant.explaining import Why, explain
from daulat.assistant.opening import open_assistant
from daulat.assistant.types import LONGEST_QUESTION, Answer, AnswerEvent, Citation, Contact, Question, Turn
from daulat.assistant.writer import OneWriter, Writer, WriterFor, nobody

__all__ = [
    "LONGEST_QUESTION",
    "Answer",
    "AnswerEvent",
    "Assistant",
    "AssistantError",
    "Citation",
    "Contact",
    "Danger",
    "OneWriter",
    "Question",
    "Turn",
    "Why",
    "Writer",
    "WriterFor",
    "explain",
    "nobody",
    "open_assistant",
    "open_danger",
]
