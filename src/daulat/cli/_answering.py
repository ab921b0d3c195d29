# SPDX-License-Identifier: Apache-2.0
"""From a declaration to what answers questions: the release in use, the encoder, and the assistant over them.

Used by `up`, which keeps it open, and by `ask`, which answers one question and lets go. Composition only: which room
does what stands in the rooms. What only a server needs is imported by `nation_knowledge`, so that `ask` starts without
it.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from daulat.assistant import Assistant, Danger, WriterFor, nobody, open_assistant, open_danger
from daulat.cli._knowledge import unread
from daulat.cli._memory import give_memory_back
from daulat.cli._output import ADD_SOURCES, counted
from daulat.knowledge.building import build_apart
from daulat.knowledge.deciding import own_glossary
from daulat.knowledge.encoder import Encoder, open_encoder
from daulat.knowledge.errors import SourceError
from daulat.knowledge.opening import awaits_build, is_outdated, nation_sources, open_or_build
from daulat.knowledge.release import Release, Shelf
from daulat.knowledge.reranker import open_reranker
from daulat.knowledge.search import Reader
from daulat.language import Contacts, contacts_for
from daulat.nation import Nation, Pack, pack_at

if TYPE_CHECKING:
    from daulat.gateway import Answering, Knowledge

Report = Callable[[str, int, int], None]


@dataclass(frozen=True, slots=True)
class Opened:
    """What answers questions, and the release and encoder that it searches with."""

    assistant: Assistant
    release: Release
    encoder: Encoder


def open_answering(nation: Nation, pack: Pack | None, report: Report, writer_for: WriterFor = nobody) -> Opened:
    """Open the release in use, building it first where there is none, and the assistant over it.

    `writer_for` says which model may write; by default none may, unless a question comes with its own.

    Raises
    ------
    DaulatError
        If a declaration has faults, the release is damaged, or the encoder cannot be used.
    """
    encoder = open_encoder(nation.knowledge.encoder, os.environ)
    reranker = open_reranker(nation.knowledge.reranker, os.environ, time.monotonic)
    release = open_or_build(nation, pack, encoder, report, now=_now)
    languages = nation.language_tags
    contacts = declared_contacts(nation, pack)
    assistant = open_assistant(
        release,
        encoder,
        pack,
        languages,
        names=nation.names,
        contacts=contacts,
        places={each.code: each.name for each in nation.jurisdictions},
        bounds={service.id: frozenset(service.jurisdictions) for service in nation.services},
        services={service.id: service.names for service in nation.services},
        glossary=own_glossary(nation.path(nation.knowledge.sources)),
        writer_for=writer_for,
        reranker=reranker,
    )
    return Opened(assistant, release, encoder)


def declared_contacts(nation: Nation, pack: Pack | None) -> Contacts:
    """Return whom a person can call or ask: as the pack says, and over it what is declared beside nation.yaml.

    Raises
    ------
    LanguageError
        If `contacts.yaml` has faults.
    """
    return contacts_for(pack, pack_at(nation.directory, nation.country))


def nation_knowledge(nation: Nation, pack: Pack | None) -> Knowledge:
    """Say how the official text of a nation comes to a running service and what answers from it."""
    # Imported here: the gateway brings the server and the database driver, a third of the time that `ask` takes.
    from daulat.gateway import Answering, Knowledge, OpenLibrary

    shelf = Shelf(nation.path(nation.knowledge.releases), country=nation.country)

    def open_parts(report: Report) -> Answering:
        if awaits_build(nation, pack, shelf, today=_now().date()):
            build_apart(nation, report)
        opened = open_answering(nation, pack, report)
        opened.assistant.searcher.warm()
        manifest = opened.release.manifest
        held = f"{counted(manifest.passages, 'passage')} of {counted(manifest.documents, 'document')}"
        detail = f"{held} in {manifest.release_id}"
        due = build_due(nation, pack, opened.release, opened.assistant.searcher.reader)
        told = (due or no_text_yet(opened.release), unread(manifest, nation, pack), _reranking(nation, opened.release))
        detail = "; ".join(filter(None, (detail, *told)))
        assistant = opened.assistant
        library = OpenLibrary(opened.release, assistant.labels, assistant.searcher, assistant.language_of)
        give_memory_back()
        return Answering(opened.assistant, library, opened.encoder, detail, opened.release.is_as_opened)

    def danger() -> Danger:
        contacts = declared_contacts(nation, pack)
        return open_danger(pack, nation.language_tags, names=nation.names, contacts=contacts)

    return Knowledge(open_parts, shelf.current_id, danger)


def build_due(nation: Nation, pack: Pack | None, release: Release, reader: Reader) -> str:
    """Say that a build is due, or nothing; a fault in a declaration does not keep the release in use from answering."""
    try:
        today = _now().date()
        sources = nation_sources(nation, pack, today=today)
        own = nation.path(nation.knowledge.sources)
        outdated = is_outdated(release.manifest, sources, pack, reader, declared=own, today=today)
    except SourceError:
        return (
            "what is declared now cannot be read: `daulat knowledge build` names its faults; "
            "where it has none, nation.yaml was changed since the start, and a restart reads it"
        )
    if release.manifest.has_changed_by(today.isoformat()):
        return "a change of law that was recorded has begun since: `daulat knowledge build`"
    return "sources or the pack have changed since: `daulat knowledge build`" if outdated else ""


def no_text_yet(release: Release) -> str:
    """Say what brings official text here, where the release in use holds none and nothing was declared for it."""
    return "" if release.manifest.passages or release.manifest.failures else ADD_SOURCES


def _reranking(nation: Nation, release: Release) -> str:
    """Say what a declared reranker does here; nothing where none is declared."""
    if nation.knowledge.reranker is None:
        return ""
    orders = f"{nation.knowledge.reranker.model or 'the reranker'} orders the first passages"
    return orders if release.everyday is None else f"{orders} for questions that are like no everyday question"


def _now() -> datetime:
    return datetime.now(UTC)
