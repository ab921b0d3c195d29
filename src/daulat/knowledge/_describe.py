# SPDX-License-Identifier: Apache-2.0
"""Private: what a document is. Its source, its row in the source's table and its text in; a `Document` out."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable

from daulat.knowledge._table import Row, refuse_faults, topics_of
from daulat.knowledge.legal import LegalRules, table_relations
from daulat.knowledge.quality import quality
from daulat.knowledge.sources import Source
from daulat.knowledge.types import Document, LegalStatus, Passage, Relation


def describe(
    source: Source,
    doc_id: str,
    passages: Iterable[Passage],
    row: Row,
    legal: LegalRules | None,
    *,
    language: str,
    title: str = "",
    words: Collection[str] = (),
    scanned: bool = False,
) -> Document:
    """Say what a document is: its row first, then what is declared for the whole source, then its own title.

    Raises
    ------
    SourceError
        With every fault of its row.
    """
    refuse_faults(row, source, legal)
    base = source.document
    texts = [passage.text for passage in passages]
    kind = legal.kind_named(row.get("kind") or base.kind) if legal else None
    year = row.get("year") or ""
    promulgated = next((found for text in reversed(texts) if legal and (found := legal.date_of(text))), "")
    return Document(
        doc_id=doc_id,
        title=row.get("title") or base.title or title or doc_id,
        citation=row.get("citation") or base.citation,
        kind=row.get("kind") or base.kind,
        number=row.get("number") or base.number,
        year=int(year) if year else base.year,
        rank=kind.rank if kind else None,
        language=language,
        jurisdiction=source.jurisdiction,
        services=tuple(dict.fromkeys([*source.services, *(source.service_names.get(t, t) for t in topics_of(row))])),
        status=_status(row) or base.status,
        relations=_relations(row, source, legal),
        date=row.get("date") or base.date or promulgated,
        coverage_date=str(source.coverage_date or ""),
        url=row.get("url") or base.url or source.url,
        source_id=source.id,
        publisher=source.publisher,
        licence=source.licence,
        retrieved=str(source.retrieved or ""),
        quality=quality("\n".join(texts), words, oov_rate=float(row["oov_rate"]) if row.get("oov_rate") else None),
        scanned=scanned,
    )


def _status(row: Row) -> LegalStatus | None:
    return row.get("status") or None  # type: ignore[return-value]  # `refuse_faults` knows the statuses


def _relations(row: Row, source: Source, legal: LegalRules | None) -> tuple[Relation, ...]:
    return table_relations(json.loads(row.get("relations") or "{}"), legal, row.get("url") or source.title)
