# SPDX-License-Identifier: Apache-2.0
"""A searcher that keeps to the places of a service: filters with a service in, filters with its places too out.

A service that is bound to parts of a country answers from their texts and from those of the whole country, and from no
other part's. A service that is not bound is searched as ever.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from daulat.knowledge.encoder import Encoder
from daulat.knowledge.release import Release
from daulat.knowledge.reranker import Reranker
from daulat.knowledge.search.asked import Asked, Reader
from daulat.knowledge.search.candidates import Candidates
from daulat.knowledge.search.filters import Filters
from daulat.knowledge.search.ranking import Ranking
from daulat.knowledge.search.searcher import Searcher
from daulat.knowledge.types import Document

Places = Mapping[str, frozenset[str]]
"""From a service to the codes of the parts of the country that it is bound to (ISO 3166-2)."""


_NOWHERE = "-"


def within(filters: Filters, places: Places) -> Filters:
    """Return filters that also keep to the places of their service.

    Examples
    --------
    >>> bound = {"isles": frozenset({"XA-I"})}
    >>> sorted(within(Filters(frozenset({"isles"})), bound).jurisdictions)
    ['', 'XA', 'XA-I']
    >>> within(Filters(frozenset({"health"})), bound).jurisdictions
    frozenset()
    """
    if not filters.services or not filters.services <= places.keys():
        return filters
    parts = frozenset[str]().union(*(places[service] for service in filters.services))
    if not parts:
        return filters
    allowed = parts | {part.partition("-")[0] for part in parts} | {""}
    asked_for = filters.jurisdictions & allowed if filters.jurisdictions else allowed
    return replace(filters, jurisdictions=asked_for or frozenset({_NOWHERE}))


class BoundedSearcher(Searcher):
    """Searches one release for services of which some are bound to parts of the country."""

    def __init__(
        self,
        release: Release,
        encoder: Encoder | None,
        reader: Reader,
        ranking: Ranking,
        places: Places,
        reranker: Reranker | None = None,
    ) -> None:
        super().__init__(release, encoder, reader, ranking, reranker)
        self.places = {service: parts for service, parts in places.items() if parts}

    def may_find(self, document: Document, filters: Filters) -> bool:
        """Say whether passages of a document may be found, in the places of the service that is asked."""
        return super().may_find(document, within(filters, self.places))

    def candidates(self, asked: Asked, filters: Filters | None = None, **more: Any) -> Candidates:
        """Collect candidates and their features, of the places of the service that is asked."""
        return super().candidates(asked, within(filters or Filters(), self.places), **more)
