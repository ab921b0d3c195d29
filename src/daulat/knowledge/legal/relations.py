# SPDX-License-Identifier: Apache-2.0
"""What changed which law: each `relations.yaml` and the documents themselves in, a `RelationBook` out.

Three kinds of knowledge meet here: relations declared with a source, the relation table of a document's own source, and
what an amending act says in its text. Each relation keeps who says so. Nothing is guessed: an act that is not declared
revoked is not called revoked.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from difflib import get_close_matches
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, StringConstraints

from daulat.knowledge import _source_checks as checks
from daulat.knowledge._declared import Declared, load_declared
from daulat.knowledge.legal.citations import find_citations
from daulat.knowledge.legal.rules import LegalRules
from daulat.knowledge.types import Act, Document, Passage, Relation, Section
from daulat.nation import read_yaml

_TEXT_OF_AN_ARTICLE = 80  # characters; less after an instruction is only the end of the page
Certainty = Literal["certain", "likely"]
Day = Annotated[str, AfterValidator(checks.day)]
_INVERSE = {
    "revokes": "revoked_by",
    "partly_revokes": "partly_revoked_by",
    "amends": "amended_by",
    "completes": "completed_by",
}
OWN_TEXT = "its own text"
"""Ends the source of what is known only because an amending act is among the documents."""
KINDS = (*_INVERSE.values(), *_INVERSE)
"""The words for a relation, as read from a document."""
DocumentId = Annotated[str, StringConstraints(min_length=1)]
Tag = Annotated[str, StringConstraints(min_length=2, pattern=checks.LANGUAGE)]
Sentences = dict[Tag, Annotated[str, StringConstraints(min_length=1)]]


class _Change(Declared):
    """`articles` are numbers; `elucidation_general` names that part of an act. Not `complete`: these for certain, and
    perhaps others. `now` is what holds since then, in one sentence by language; by default what the act says of all, as
    with `source`. Where the act revokes the whole, `partly_revokes` may say what holds in place of single articles."""

    doc_id: DocumentId
    articles: tuple[str, ...] = ()
    complete: bool = True
    note: str = ""
    now: Sentences = Field(default_factory=dict)
    since: Day = ""
    source: str = ""


class _Act(Declared):
    act: DocumentId
    title: str = ""
    since: Day = ""
    source: str
    certainty: Certainty = "certain"
    now: Sentences = Field(default_factory=dict)
    revokes: tuple[DocumentId, ...] = ()
    partly_revokes: tuple[_Change, ...] = ()
    amends: tuple[_Change, ...] = ()
    completes: tuple[_Change, ...] = ()


class _InForce(Declared):
    source: str
    as_of: str
    documents: tuple[DocumentId, ...]


class _MadeUnder(Declared):
    """Regulations that carry out an act and fall into doubt with it."""

    act: DocumentId
    source: str
    documents: tuple[DocumentId, ...]


class _RelationsFile(Declared):
    format: int
    acts: tuple[_Act, ...]
    in_force: tuple[_InForce, ...] = ()
    made_under: tuple[_MadeUnder, ...] = ()


@dataclass(frozen=True, slots=True)
class Restatement:
    """An amending act gives an article of another law a new text, or deletes it (then `passage_id` is empty)."""

    base: str
    article: str
    section: Section
    by: str
    by_title: str
    since: str
    passage_id: str
    order: tuple[int, int] = (0, 0)


@dataclass(frozen=True)
class RelationBook:
    """Everything known about what changed which law.

    Parameters
    ----------
    changes : mapping of str to tuple of Relation
        By the document that was changed: ``revoked_by``, ``partly_revoked_by``, ``amended_by``; or that another act
        adds to without changing a word of it: ``completed_by``.
    restated : mapping of (doc_id, article) to tuple of Restatement
        Oldest first.
    amends : mapping of str to str
        From an amending act to the law it amends.
    in_force : mapping of str to str
        Documents that somebody checked, to the source of that.
    titles : mapping of str to str
        Titles of acts, whether or not a release holds them.
    made_under : mapping of str to str
        From a regulation to the act that it carries out.
    instead : mapping of str to tuple of Relation
        By a document that was revoked as a whole: what is known to hold in place of single articles.
    """

    changes: Mapping[str, tuple[Relation, ...]] = field(default_factory=dict)
    restated: Mapping[tuple[str, str], tuple[Restatement, ...]] = field(default_factory=dict)
    amends: Mapping[str, str] = field(default_factory=dict)
    in_force: Mapping[str, str] = field(default_factory=dict)
    titles: Mapping[str, str] = field(default_factory=dict)
    made_under: Mapping[str, str] = field(default_factory=dict)
    instead: Mapping[str, tuple[Relation, ...]] = field(default_factory=dict)

    def joined(self, other: RelationBook) -> RelationBook:
        """Return a book that knows what both say; of one relation, what this one says stays."""
        changes = {doc_id: list(known) for doc_id, known in self.changes.items()}
        for doc_id, several in other.changes.items():
            known = changes.setdefault(doc_id, [])
            said = {(relation.kind, relation.other) for relation in known}
            for relation in several:
                if (relation.kind, relation.other) in said:
                    _add(known, relation)
                else:
                    known.append(relation)
        return replace(
            self,
            changes={doc_id: tuple(known) for doc_id, known in changes.items()},
            in_force={**other.in_force, **self.in_force},
            titles={**other.titles, **self.titles},
            made_under={**other.made_under, **self.made_under},
            instead={
                doc_id: (*self.instead.get(doc_id, ()), *other.instead.get(doc_id, ()))
                for doc_id in dict.fromkeys((*self.instead, *other.instead))
            },
        )

    def as_of(self, day: str) -> RelationBook:
        """Return a book of the changes that have begun on a day, ISO 8601."""
        begun = {doc_id: tuple(each for each in known if each.since <= day) for doc_id, known in self.changes.items()}
        return replace(self, changes=begun)

    def next_change(self, day: str) -> str:
        """Return when the first change begins of those that have not on a day, ISO 8601; empty where all have."""
        changes = (each.since for known in self.changes.values() for each in known)
        restated = (each.since for known in self.restated.values() for each in known)
        return min((since for since in (*changes, *restated) if since > day), default="")

    def acts_beside(self, held: Collection[str]) -> tuple[Act, ...]:
        """Return the acts of which something is known here and that are not among the documents held, by id."""
        known = sorted({*self.changes, *self.titles}.difference(held))
        return tuple(Act(act, self.titles.get(act, ""), tuple(self.changes.get(act, ()))) for act in known)

    def learn(self, documents: Iterable[tuple[Document, Iterable[Passage]]], rules: LegalRules | None) -> RelationBook:
        """Return a book that also knows these documents: their relation tables, and what amending acts restate.

        Without rules of law no text is read for what it amends: only what a table or a `relations.yaml` says counts.
        """
        changes = {doc_id: list(known) for doc_id, known in self.changes.items()}
        restated = {key: list(known) for key, known in self.restated.items()}
        amends, titles = dict(self.amends), dict(self.titles)
        for document, passages in documents:
            titles[document.doc_id] = document.title
            for changed, relation in _both_ways(document):
                _add(changes.setdefault(changed, []), relation)
            base = base_of(document, rules) if rules else ""
            if rules and base:
                amends[document.doc_id] = base
                found = restatements(document, base, passages, rules)
                for restatement in found:
                    restated.setdefault((base, restatement.article), []).append(restatement)
                _add(changes.setdefault(base, []), _amended(document, found))
        ordered = {key: tuple(sorted(known, key=lambda each: each.order)) for key, known in restated.items()}
        return replace(
            self,
            changes={doc_id: tuple(known) for doc_id, known in changes.items()},
            restated=ordered,
            amends=amends,
            titles=titles,
        )


def load_relations(path: Path) -> RelationBook:
    """Read a `relations.yaml`, of a pack or of a nation.

    Raises
    ------
    SourceError
        With every fault of the file, each with its line.
    """
    file = load_declared(path, _RelationsFile)
    changes: dict[str, list[Relation]] = {}
    instead: dict[str, list[Relation]] = {}
    gone = {(act.act, doc_id) for act in file.acts for doc_id in act.revokes}
    for act in file.acts:
        note = "" if act.certainty == "certain" else act.certainty
        whole = Relation("revoked_by", act.act, act.title, act.since, note=note, source=act.source)
        for doc_id in act.revokes:
            _add(changes.setdefault(doc_id, []), whole)
        for kind, several in (
            ("partly_revoked_by", act.partly_revokes),
            ("amended_by", act.amends),
            ("completed_by", act.completes),
        ):
            for change in several:
                said = "; ".join(filter(None, (change.note, note)))
                part = replace(
                    whole,
                    kind=kind,
                    articles=change.articles,
                    complete=change.complete,
                    note=said,
                    since=change.since or act.since,
                    now=tuple((change.now or act.now).items()),
                    source=change.source or act.source,
                )
                place = instead if kind == "partly_revoked_by" and (act.act, change.doc_id) in gone else changes
                place.setdefault(change.doc_id, []).append(part)  # of one act there may be several, of other articles
    return RelationBook(
        changes={doc_id: tuple(known) for doc_id, known in changes.items()},
        in_force={doc_id: checked.source for checked in file.in_force for doc_id in checked.documents},
        titles={act.act: act.title for act in file.acts if act.title},
        made_under={doc_id: parent.act for parent in file.made_under for doc_id in parent.documents},
        instead={doc_id: tuple(known) for doc_id, known in instead.items()},
    )


def lines_of_documents(path: Path) -> dict[str, int]:
    """Return the documents of which a `relations.yaml` without faults says something, each with the line that does."""
    file = read_yaml(path)
    found: dict[str, int] = {}
    for place, act in enumerate(file.data["acts"]):
        for kind in _INVERSE:
            for number, changed in enumerate(act.get(kind, ())):
                doc_id = changed["doc_id"] if isinstance(changed, dict) else changed
                found.setdefault(str(doc_id).strip(), file.line_of(("acts", place, kind, number)))
    for part in ("in_force", "made_under"):
        for place, checked in enumerate(file.data.get(part) or ()):
            for number, doc_id in enumerate(checked["documents"]):
                found.setdefault(str(doc_id).strip(), file.line_of((part, place, "documents", number)))
    return found


def table_relations(table: object, rules: LegalRules | None, source: str) -> tuple[Relation, ...]:
    """Read the relation table of a document's own source: a JSON object of lists.

    Our own words, such as ``revoked_by``, stand before document ids. A pack tells the publisher's words and references;
    what neither knows of those is left out, for a publisher records more than what becomes of a law.

    Raises
    ------
    ValueError
        If it has another shape, or a word that nobody knows: a relation misspelt would leave revoked law in force.
    """
    if not isinstance(table, dict):
        raise ValueError('is no JSON object of lists, such as {"revoked_by": ["ACT-9-2020"]}')
    relations: list[Relation] = []
    for word, references in table.items():
        if not isinstance(references, list) or not all(isinstance(one, str) and one.strip() for one in references):
            raise ValueError(f"has no list of document ids after `{word}`")
        name = word.strip().lower()
        if name in KINDS:
            relations += [Relation(name, reference.strip(), source=source) for reference in references]
        elif near := _misspelt(name, rules):
            raise ValueError(f"has the word `{word}`; {near}")
        elif rules and name in rules.relation_words:
            relations += _references(rules.relation_words[name], references, rules, source)
    return tuple(relations)


def changed_by_table(table: Mapping[str, list[str]]) -> Iterable[str]:
    """Return the documents that a relation table without faults says, in our own words, its document changes."""
    own = (references for word, references in table.items() if word.strip().lower() in _INVERSE)
    return [reference.strip() for references in own for reference in references]


def _misspelt(name: str, rules: LegalRules | None) -> str:
    """Say which words there are, where this is none of them and may mean one of ours."""
    if rules is not None and (name in rules.relation_words or not get_close_matches(name, KINDS, n=1, cutoff=0.8)):
        return ""
    near = get_close_matches(name, KINDS, n=1)
    return f"did you mean `{near[0]}`?" if near else f"write one of {', '.join(KINDS)}"


def _references(kind: str, references: Iterable[str], rules: LegalRules, source: str) -> Iterable[Relation]:
    """Read references as publishers write them: ``act:9/2020``."""
    for reference in references:
        name, _, rest = reference.partition(":")
        number, _, year = rest.partition("/")
        code = rules.relation_kinds.get(name)
        if code and number and year:
            yield Relation(kind, rules.document_id(code, number, year), since=year, source=source)


def base_of(document: Document, rules: LegalRules) -> str:
    """Return the id of the law that this act amends, by its title; empty if it amends none."""
    start = rules.amends.match(document.title)
    if start is None:
        return ""
    named = [mention.doc_id for mention in find_citations(document.title[start.end() - 1 :], rules) if mention.doc_id]
    return named[0] if named and named[0] != document.doc_id else ""


def restatements(document: Document, base: str, passages: Iterable[Passage], rules: LegalRules) -> list[Restatement]:
    """Find the articles of `base` to which an amending act gives a new text, or which it deletes.

    An article with a passage of its own stands there, but for those that the amending act numbers as its own. One that
    only an instruction names ("Pasal 7 diubah") is changed too: its new text follows in the same passage, or, where
    nothing follows, is not to be found and gets no passage.
    """
    order = (document.year or 0, int(document.number) if document.number.isdigit() else 0)

    def restate(article: str, section: Section, passage_id: str) -> Restatement:
        return Restatement(base, article, section, document.doc_id, document.title, document.date, passage_id, order)

    found: dict[tuple[str, Section], Restatement] = {}
    named: list[tuple[str, str]] = []
    for passage in passages:
        if passage.article and passage.section in ("body", "elucidation") and not rules.is_own(passage.article):
            article = rules.number(passage.article)
            found.setdefault((article, passage.section), restate(article, passage.section, passage.passage_id))
        if passage.section in ("body", "preamble"):
            for instruction in rules.instruction.finditer(passage.text):
                follows = len(passage.text) - instruction.end() >= _TEXT_OF_AN_ARTICLE
                place = passage.passage_id if follows and passage.section == "body" else ""
                said = rules.neighbours.sub("", instruction.group())
                named += [(rules.number(article), place) for article in rules.instruction_articles.findall(said)]
    for article, place in named:
        found.setdefault((article, "body"), restate(article, "body", place))
    return list(found.values())


def _amended(document: Document, found: list[Restatement]) -> Relation:
    articles = tuple(dict.fromkeys(restatement.article for restatement in found if restatement.section == "body"))
    source = f"{document.citation or document.doc_id}: {OWN_TEXT}"
    return Relation("amended_by", document.doc_id, document.title, document.date, articles, source=source)


def _both_ways(document: Document) -> Iterable[tuple[str, Relation]]:
    """Yield (changed document, relation as read from it), whichever of the two said so."""
    for relation in document.relations:
        inverse = _INVERSE.get(relation.kind)
        if inverse is None:
            yield document.doc_id, relation
        else:
            since = document.date or (str(document.year) if document.year else "")
            yield (
                relation.other,
                replace(relation, kind=inverse, other=document.doc_id, other_title=document.title, since=since),
            )


def _add(known: list[Relation], relation: Relation) -> None:
    """Keep one relation for each kind and act; what was said first, and more fully, stays."""
    for index, other in enumerate(known):
        if (other.kind, other.other) == (relation.kind, relation.other):
            known[index] = replace(
                other,
                other_title=other.other_title or relation.other_title,
                since=max(other.since, relation.since, key=len),
                articles=other.articles or relation.articles,
            )
            return
    known.append(relation)
