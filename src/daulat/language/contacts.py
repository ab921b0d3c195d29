# SPDX-License-Identifier: Apache-2.0
"""Contacts: whom a person can call or ask, as the nation or its pack says.

Comes in: a topic or an emergency, and a language; a question and the texts nearest to it. Goes out: offices, in the
pack's order; what the question is about. It dials nothing and knows no number of its own.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from daulat.language._pack import PackFiles, primary
from daulat.language._phrases import PhraseTable
from daulat.language.errors import LanguageError


@dataclass(frozen=True, slots=True)
class Office:
    """An office that a person can reach.

    Parameters
    ----------
    id : str
        Its key in the pack.
    name, about : str
        Its own name, and what for, in the asker's language where the pack has it.
    phone, url : str
        Empty where there is none.
    source, as_of : str
        Who publishes the number, and the date it was written down.
    """

    id: str
    name: str
    about: str
    phone: str
    url: str
    source: str
    as_of: str


class Contacts:
    """The offices of a country. Built by `contacts_for`; safe to share."""

    def __init__(self, data: Mapping[str, Any]) -> None:
        self._offices: Mapping[str, Mapping[str, Any]] = data.get("offices") or {}
        self._emergencies: Mapping[str, list[str]] = data.get("emergencies") or {}
        matters: Mapping[str, Mapping[str, Any]] = data.get("matters") or {}
        offices = {matter: list(entry.get("offices") or ()) for matter, entry in matters.items()}
        self._topics: Mapping[str, list[str]] = {**(data.get("topics") or {}), **offices}
        self._words = PhraseTable(
            (word, matter) for matter, entry in matters.items() for word in str(entry.get("words") or "").split("|")
        )
        self._matter_of = {text: matter for matter, entry in matters.items() for text in entry.get("documents") or ()}
        self._beside: frozenset[str] = frozenset(data.get("beside_answers") or ())
        self._default: list[str] = data.get("default") or []
        self._check()

    @property
    def names_an_office(self) -> bool:
        """Whether there is somebody to name for every question."""
        return bool(self._default)

    def for_emergency(self, category: str, language: str) -> tuple[Office, ...]:
        """Return whom to call in an emergency of this category; empty when the pack does not know it."""
        return self._named(self._emergencies.get(category, ()), language)

    def matters(self, question: str, nearest: Sequence[str]) -> list[str]:
        """Return what a question is about, by its own words first, then by the texts nearest to it.

        Parameters
        ----------
        question : str
            As it was asked.
        nearest : sequence of str
            Documents of the passages that are nearest to it; a matter counts that all of them belong to.

        Examples
        --------
        >>> offices = {"land": {"name": "Land office"}, "tax": {"name": "Tax office"}}
        >>> land = {"offices": ["land"], "words": "title deed | plot"}
        >>> tax = {"offices": ["tax"], "documents": ["ACT-1"]}
        >>> contacts = Contacts({"offices": offices, "matters": {"land": land, "tax": tax}})
        >>> contacts.matters("I lost the title deed", ["ACT-1", "ACT-1"])
        ['land', 'tax']
        """
        named = Counter(match.replacement for match in self._words.matches(question)).most_common()
        near = {self._matter_of.get(text) for text in nearest}
        shared = [matter for matter in near if matter is not None and len(near) == 1]
        return list(dict.fromkeys([*(matter for matter, _ in named), *shared]))

    def for_topics(self, topics: Iterable[str], language: str) -> tuple[Office, ...]:
        """Return whom to ask about the first topic that the pack knows, else its default offices."""
        known = next((topic for topic in topics if topic in self._topics), None)
        return self._named(self._topics[known] if known else self._default, language)

    def beside_answer(self, question: str, language: str) -> tuple[Office, ...]:
        """Return whom to name though the question is answered: who asks about violence may be in danger."""
        named = [matter for matter in self.matters(question, ()) if matter in self._beside]
        return self.for_topics(named, language) if named else ()

    def _named(self, ids: Iterable[str], language: str) -> tuple[Office, ...]:
        return tuple(self._office(id_, primary(language)) for id_ in ids)

    def _office(self, id_: str, language: str) -> Office:
        entry = self._offices[id_]
        about = entry.get("about") or {}
        said = about.get(language) or next(iter(about.values()), "")
        texts = (str(entry.get(key) or "") for key in ("phone", "url", "source", "as_of"))
        return Office(id_, str(entry["name"]), said, *texts)

    def _check(self) -> None:
        nameless = sorted(id_ for id_, entry in self._offices.items() if not entry.get("name"))
        if nameless:
            raise LanguageError(
                f"contacts.yaml: no `name` for {', '.join(f'`{id_}`' for id_ in nameless)}",
                why="Nobody could tell whom to call.",
                fix="Give each of `offices` a name.",
                code="language.contacts",
            )
        empty = sorted(topic for topic, ids in self._topics.items() if not ids)
        if empty:
            raise LanguageError(
                f"contacts.yaml: no office for {', '.join(f'`{topic}`' for topic in empty)}",
                why="Who asks about it would be sent to nobody.",
                fix="List at least one key of `offices`, or take the matter out: then the default offices are named.",
                code="language.contacts",
            )
        strange = sorted(self._beside - set(self._topics))
        if strange:
            raise LanguageError(
                f"contacts.yaml: `beside_answers` names {', '.join(f'`{matter}`' for matter in strange)}, not a matter",
                why="Who is in danger would be told of nobody.",
                fix="Use a key of `topics` or `matters`.",
                code="language.contacts",
            )
        lists = [*self._emergencies.values(), *self._topics.values(), self._default]
        unknown = sorted({id_ for ids in lists for id_ in ids if id_ not in self._offices})
        if unknown:
            raise LanguageError(
                f"contacts.yaml: no office is called {', '.join(f'`{id_}`' for id_ in unknown)}",
                why="A person in need would be sent nowhere.",
                fix="Add it under `offices`, or correct the name.",
                code="language.contacts",
            )


def contacts_for(pack: PackFiles | None, own: PackFiles | None = None) -> Contacts:
    """Read `contacts.yaml`: the nation's own where it has one, else the pack's; without either there are none.

    Raises
    ------
    LanguageError
        If the file has faults.

    Examples
    --------
    >>> contacts_for(None).for_topics(["health"], "en")
    ()
    """
    files = next((each for each in (own, pack) if each is not None and each.has("contacts.yaml")), None)
    try:
        return Contacts((files.yaml("contacts.yaml") or {}) if files else {})
    except (AttributeError, TypeError, ValueError) as error:
        raise LanguageError(
            f"{files.path('contacts.yaml') if files else ''} has not the form of a contacts.yaml: {error}",
            why="Nobody could be told whom to call.",
            fix="Write it as docs/concepts/packs.md shows.",
            code="language.contacts",
        ) from error
