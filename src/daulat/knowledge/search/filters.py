# SPDX-License-Identifier: Apache-2.0
"""Filters: what a hit must be; a document in, yes or no out. Which texts a service answers from is said here alone.

The status of a passage is the searcher's to look up: an article may have another than its document.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from daulat.knowledge.release.layout import EVERY_SERVICE
from daulat.knowledge.types import Document

GENERAL_SERVICE = "public-services"
"""Answers from every document."""


@dataclass(frozen=True, slots=True)
class Filters:
    """What a hit must be. Each set is satisfied by any one of its members; an empty one allows all.

    A document that names no service is every service's, and the general service's are all.

    Examples
    --------
    >>> plain, school = Document("A", "A"), Document("B", "B", services=("education",))
    >>> health, general = (Filters(frozenset({service})) for service in ("health", GENERAL_SERVICE))
    >>> [health.admits(each) for each in (plain, school)], [general.admits(each) for each in (plain, school)]
    ([True, False], [True, True])
    """

    services: frozenset[str] = frozenset()
    jurisdictions: frozenset[str] = frozenset()
    statuses: frozenset[str] = frozenset()
    documents: frozenset[str] = frozenset()
    ranks: frozenset[int] = frozenset()
    from_date: str = ""
    until_date: str = ""

    @property
    def is_open(self) -> bool:
        """Whether nothing is filtered."""
        return replace(self, services=self._asked_services) == Filters()

    @property
    def facets(self) -> list[list[str]]:
        """What the lexical index can filter by itself: one facet of each group must be present."""
        services = self._asked_services
        groups = {
            "service": services and services | {EVERY_SERVICE},
            "jurisdiction": self.jurisdictions,
            "status": self.statuses,
            "doc": self.documents,
        }
        return [[f"{kind}:{name}" for name in sorted(names)] for kind, names in groups.items() if names]

    def admits(self, document: Document) -> bool:
        """Say whether passages of a document may be found, whatever their status."""
        services = self._asked_services
        return (
            (not services or not document.services or not services.isdisjoint(document.services))
            and (not self.jurisdictions or document.jurisdiction in self.jurisdictions)
            and (not self.documents or document.doc_id in self.documents)
            and (not self.ranks or document.rank in self.ranks)
            and (not self.from_date or document.date >= self.from_date)
            and (not self.until_date or document.date <= self.until_date)
        )

    @property
    def _asked_services(self) -> frozenset[str]:
        return frozenset() if GENERAL_SERVICE in self.services else self.services
