# SPDX-License-Identifier: Apache-2.0
"""Result: a plan as one document, as tables, and as the chain of numbers behind any of its figures.

Comes in: a `Plan`. Goes out: plan.json (checked against the published schema), tidy CSV and Parquet, pandas frames, and
explanations. It computes no figure of the plan.
"""

from daulat.plan.result.compare import compare
from daulat.plan.result.document import Document, plan_schema, read_document
from daulat.plan.result.explain import explain, explain_rows
from daulat.plan.result.make import document_of, noted
from daulat.plan.result.tables import frames, tables_of, write_plan

__all__ = [
    "Document",
    "compare",
    "document_of",
    "explain",
    "explain_rows",
    "frames",
    "noted",
    "plan_schema",
    "read_document",
    "tables_of",
    "write_plan",
]
