# SPDX-License-Identifier: Apache-2.0
"""Whom to ask instead: what a question touches and its nearest texts in; topics and offices to name out.

It answers nothing itself, and it knows no office: those come from a pack's `contacts.yaml`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from daulat.assistant.types import Contact
from daulat.knowledge.search import GENERAL_SERVICE
from daulat.knowledge.types import Document
from daulat.language import Office

_TELLING = 2  # services of a text; one of more, such as a constitution, points to none of them


def topics_told(asked: Sequence[str], nearest: Sequence[Document]) -> list[str]:
    """Return what a question is about that no text answers: topics that its words touch and a text near to it is of.

    Neither tells by itself. A word has other meanings, and what is nearest of texts that do not answer is mostly about
    something else: no office of a matter is better than a wrong one.

    Examples
    --------
    >>> card = Document("A", "Cards", services=("public-services", "registry"))
    >>> topics_told(["education", "registry"], [card]), topics_told(["education"], [card]), topics_told([], [card])
    (['registry'], [], [])
    """
    about = _about(nearest)
    return [topic for topic in asked if topic in about]


def topics_of(asked: Sequence[str], nearest: Sequence[Document]) -> list[str]:
    """Return what a question is about that texts answer, surest first: a word may mean another matter than they do.

    Parameters
    ----------
    asked : sequence of str
        Topics of the glossary that its words touch.
    nearest : sequence of Document
        Of the passages that are nearest.

    Examples
    --------
    >>> card = Document("A", "Cards", services=("public-services", "registry"))
    >>> topics_of(["education"], [card, card])
    ['registry', 'education']
    """
    about = _about(nearest)
    agreed = [name for name, count in about.items() if count == len(nearest)]
    return [*(topic for topic in asked if topic in about), *agreed, *asked]


def _about(nearest: Sequence[Document]) -> Counter[str]:
    """Count of how many texts each service is, those of too many left out."""
    services = [set(document.services) - {GENERAL_SERVICE} for document in nearest]
    return Counter(service for each in services if len(each) <= _TELLING for service in sorted(each))


def spoken(office: Office) -> str:
    """Write an office in one line."""
    return ", ".join(part for part in (office.name, office.about, office.phone, office.url) if part)


def as_contacts(offices: Sequence[Office]) -> tuple[Contact, ...]:
    """Return offices as an answer holds them."""
    return tuple(Contact(office.name, office.about, office.phone, office.url) for office in offices)
