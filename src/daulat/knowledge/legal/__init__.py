# SPDX-License-Identifier: Apache-2.0
"""Legal life: what the law is called, what changed it, and whether a passage still holds.

Comes in: a pack's rules and relations, documents and their passages. Goes out: the laws that a text names, and the
status of each passage with its successor. It never decides what is official, and it gives no legal advice.
"""

from daulat.knowledge.legal.citations import LawMention, Titles, find_citations, title_index
from daulat.knowledge.legal.merged import (
    article_at,
    cuts_of,
    is_heading,
    others_in,
    place_of,
    span_of_article,
    without_heading,
)
from daulat.knowledge.legal.parts import NO_PART, Part, named_part, paragraph_around, span_of_part
from daulat.knowledge.legal.relations import (
    RelationBook,
    Restatement,
    changed_by_table,
    lines_of_documents,
    load_relations,
    table_relations,
)
from daulat.knowledge.legal.repeals import is_recorded, repealed_in
from daulat.knowledge.legal.rules import Kind, LegalRules, load_legal_rules
from daulat.knowledge.legal.status import PassageStatus, Within, status_of, statuses_of

__all__ = [
    "NO_PART",
    "Kind",
    "LawMention",
    "LegalRules",
    "Part",
    "PassageStatus",
    "RelationBook",
    "Restatement",
    "Titles",
    "Within",
    "article_at",
    "changed_by_table",
    "cuts_of",
    "find_citations",
    "is_heading",
    "is_recorded",
    "lines_of_documents",
    "load_legal_rules",
    "load_relations",
    "named_part",
    "others_in",
    "paragraph_around",
    "place_of",
    "repealed_in",
    "span_of_article",
    "span_of_part",
    "status_of",
    "statuses_of",
    "table_relations",
    "title_index",
    "without_heading",
]
