# SPDX-License-Identifier: Apache-2.0
"""Contacts: whom a person can call or ask, as the nation or its pack says.

Comes in: a topic or an emergency, and a language; a question and the texts nearest to it. Goes out: offices, in the
pack's order; what the question is about. It dials nothing and knows no number of its own.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from daulat.language._contact_faults import JOINS, faults_of, unheard
from daulat.language._pack import PackFiles, primary
from daulat.language._phrases import Affixes, PhraseTable
from daulat.language.errors import LanguageError
from daulat.language.notices import emergency_kinds
from daulat.nation import NationError, read_yaml

_FILE, _CODE = "contacts.yaml", "language.contacts"
_SLACK = 2  # other words among those of a phrase
_MOST_JOINED = 2


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
        faults = list(faults_of(data))
        if faults:
            raise LanguageError(
                f"{_FILE}: {'; '.join(dict.fromkeys(fault.what for fault in faults))}",
                why=faults[0].why,
                fix=faults[0].fix,
                code=_CODE,
            )
        self._offices: Mapping[str, Mapping[str, Any]] = data.get("offices") or {}
        self._emergencies: Mapping[str, list[str]] = data.get("emergencies") or {}
        matters: Mapping[str, Mapping[str, Any]] = data.get("matters") or {}
        offices = {matter: list(entry.get("offices") or ()) for matter, entry in matters.items()}
        self._topics: Mapping[str, list[str]] = {**(data.get("topics") or {}), **offices}
        said = [
            (phrase.strip(), matter)
            for matter, entry in matters.items()
            for phrase in str(entry.get("words") or "").split("|")
        ]
        bare = Affixes(tuple(data.get("endings") or ()))
        self._phrases = PhraseTable(((phrase, phrase) for phrase, _ in said), bare.forms)
        self._matter_said = dict(reversed(said))  # of two the first, as in the table
        self._matter_of = {text: matter for matter, entry in matters.items() for text in entry.get("documents") or ()}
        joins = "|".join(re.escape(word) for word in data.get(JOINS) or ())
        self._joins = re.compile(rf"\b(?:{joins})\b", re.IGNORECASE) if joins else None
        self._beside: frozenset[str] = frozenset(data.get("beside_answers") or ())
        self._default: list[str] = data.get("default") or []

    @property
    def names_an_office(self) -> bool:
        """Whether there is somebody to name for every question."""
        return bool(self._default)

    def for_emergency(self, category: str, language: str) -> tuple[Office, ...]:
        """Return whom to call in an emergency of this category; empty when the pack does not know it."""
        return self._named(self._emergencies.get(category, ()), language)

    def matters(self, question: str, nearest: Sequence[str]) -> list[str]:
        """Return what a question is about, by its own words first, then by the texts nearest to it.

        The more words of a matter it says, the surer: a phrase of two goes before a word, wherever they stand. The
        words of a phrase may stand a little apart; see `PhraseTable.heard`. A word may have one of `endings`.

        Parameters
        ----------
        question : str
            As it was asked.
        nearest : sequence of str
            Documents of the passages that are nearest to it; a matter counts that all of them belong to. Give none
            where they do not answer: what is only near is mostly about something else.

        Examples
        --------
        >>> offices = {"land": {"name": "Land office"}, "tax": {"name": "Tax office"}}
        >>> land = {"offices": ["land"], "words": "title deed | plot"}
        >>> tax = {"offices": ["tax"], "documents": ["ACT-1"]}
        >>> contacts = Contacts({"offices": offices, "matters": {"land": land, "tax": tax}})
        >>> contacts.matters("I lost the title deed", ["ACT-1", "ACT-1"])
        ['land', 'tax']
        """
        named = Counter[str]()
        for phrase in self._phrases.heard(question, _SLACK):
            named[self._matter_said[phrase]] += len(phrase.replace("_", " ").split())
        near = {self._matter_of.get(text) for text in nearest}
        shared = [matter for matter in near if matter is not None and len(near) == 1]
        return list(dict.fromkeys([*(matter for matter, _ in named.most_common()), *shared]))

    def for_topics(self, topics: Iterable[str], language: str) -> tuple[Office, ...]:
        """Return whom to ask about the first topic that the pack knows, else its default offices."""
        known = next((topic for topic in topics if topic in self._topics), None)
        return self._named(self._topics[known] if known else self._default, language)

    def beside_answer(self, question: str, language: str) -> tuple[Office, ...]:
        """Return whom to name though the question is answered: who asks about violence may be in danger."""
        named = [matter for matter in self.matters(question, ()) if matter in self._beside]
        return self.for_topics(named, language) if named else ()

    def for_both(self, question: str, language: str) -> tuple[Office, ...]:
        """Return whom to ask about each of the matters that a question joins; nothing where it is of one.

        The first office of each comes first. A question is taken apart at the words of `joins`, two of them at most.

        Examples
        --------
        >>> offices = {"town": {"name": "Town hall"}, "police": {"name": "Police"}, "desk": {"name": "Help desk"}}
        >>> papers = {"offices": ["town", "desk"], "words": "card"}
        >>> theft = {"offices": ["police", "desk"], "words": "stolen"}
        >>> data = {"offices": offices, "matters": {"papers": papers, "theft": theft}, "joins": ["and"]}
        >>> [office.id for office in Contacts(data).for_both("My card is lost and my bike was stolen", "en")]
        ['town', 'police', 'desk']
        >>> Contacts(data).for_both("My card was stolen", "en")
        ()
        """
        if self._joins is None:
            return ()
        parts = self._joins.split(question, maxsplit=_MOST_JOINED)
        each = list(dict.fromkeys(matter for part in parts for matter in self.matters(part, ())[:1]))
        if len(parts) < 2 or len(each) < 2:
            return ()
        told = [self._topics[matter] for matter in each]
        ids = [*(offices[0] for offices in told), *(id_ for offices in told for id_ in offices[1:])]
        return self._named(dict.fromkeys(ids), language)

    def _named(self, ids: Iterable[str], language: str) -> tuple[Office, ...]:
        return tuple(self._office(id_, primary(language)) for id_ in ids)

    def _office(self, id_: str, language: str) -> Office:
        entry = self._offices[id_]
        about = entry.get("about") or {}
        said = about.get(language) or next(iter(about.values()), "")
        texts = (str(entry.get(key) or "") for key in ("phone", "url", "source", "as_of"))
        return Office(id_, str(entry["name"]), said, *texts)


def contacts_for(pack: PackFiles | None, own: PackFiles | None = None) -> Contacts:
    """Read `contacts.yaml` of the pack with the nation's own laid over it, key by key; without either there are none.

    Raises
    ------
    LanguageError
        If the two together have faults; all of them are named.

    Examples
    --------
    >>> contacts_for(None).for_topics(["health"], "en")
    ()
    """
    return Contacts(_joined(pack, own))


def contact_faults(pack: PackFiles | None, own: PackFiles | None = None) -> list[NationError]:
    """Return every fault of what is declared, each with its line where it stands in the nation's own file.

    Beside what keeps contacts from being used it tells kinds of danger that are misspelt or have nobody to call; none
    where nothing is declared at all.

    Raises
    ------
    NationError
        If a file cannot be read as YAML.
    """
    files = [each for each in (pack, own) if each is not None and each.has(_FILE)]
    if not files:
        return []
    data, last = _joined(pack, own), read_yaml(files[-1].path(_FILE), name=_FILE)
    found = [*faults_of(data), *unheard(data, emergency_kinds(pack))]
    placed = ((each, last.line_of(each.place)) for each in found)
    return [
        NationError(each.what, why=each.why, fix=each.fix, code=_CODE, file=_FILE, line=line)
        for each, line in sorted(placed, key=lambda pair: pair[1])
    ]


def _joined(pack: PackFiles | None, own: PackFiles | None) -> Any:
    """Lay the nation's own contacts over the pack's: of a mapping each key, of a list the whole."""
    told = [each.yaml(_FILE) or {} for each in (pack, own) if each is not None and each.has(_FILE)]
    if len(told) < 2 or not all(isinstance(each, Mapping) for each in told):
        return told[-1] if told else {}
    theirs, ours = told
    mine = {key: value for key, value in ours.items() if value is not None}
    both = {key: {**theirs[key], **mine[key]} for key in mine if _are_mappings(theirs.get(key), mine[key])}
    return {**theirs, **mine, **both}


def _are_mappings(*values: object) -> bool:
    return all(isinstance(each, Mapping) for each in values)
