# SPDX-License-Identifier: Apache-2.0
"""Everyday wordings: how people ask for a passage, written down by a country's curators; evidence of nearness out.

    everyday/*.jsonl -> checked rows -> index in the release -> what a question is like, and which passages that names

A pack may hold them, and a release carries them signed. The search weighs them as one kind of evidence; they are never
shown as an answer, and never change a passage. Docs: docs/concepts/everyday.md
"""

from daulat.knowledge.everyday.declared import (
    FOLDER,
    EverydayFault,
    EverydayRow,
    find_unknown,
    read_everyday,
)
from daulat.knowledge.everyday.gathered import Together
from daulat.knowledge.everyday.index import EverydayIndex, Wordings, write_everyday
from daulat.knowledge.everyday.matching import EVERYDAY_FEATURES, Heard, hear
from daulat.knowledge.everyday.readings import Reading, Readings, rules_of

__all__ = [
    "EVERYDAY_FEATURES",
    "FOLDER",
    "EverydayFault",
    "EverydayIndex",
    "EverydayRow",
    "Heard",
    "Reading",
    "Readings",
    "Together",
    "Wordings",
    "find_unknown",
    "hear",
    "read_everyday",
    "rules_of",
    "write_everyday",
]
