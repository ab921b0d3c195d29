# SPDX-License-Identifier: Apache-2.0
"""Cutting: a document's text into passages, and a passage into sentences and segments.

Comes in: plain text with its headings. Goes out: passages with stable ids, and character spans inside them. It never
reads a file and never alters what was published.
"""

from daulat.knowledge.cutting.gaps import gap_note
from daulat.knowledge.cutting.plain import BETWEEN_HEADINGS, cut_blocks
from daulat.knowledge.cutting.segments import NO_RULES, SentenceRules, ends_in_abbreviation, segments, sentences
from daulat.knowledge.cutting.structure import Structure, cut_regulation, load_structures
from daulat.knowledge.cutting.tables import rows_of, table_at

__all__ = [
    "BETWEEN_HEADINGS",
    "NO_RULES",
    "SentenceRules",
    "Structure",
    "cut_blocks",
    "cut_regulation",
    "ends_in_abbreviation",
    "gap_note",
    "load_structures",
    "rows_of",
    "segments",
    "sentences",
    "table_at",
]
