# SPDX-License-Identifier: Apache-2.0
"""From a declaration to what answers questions: the release in use, the encoder, and the assistant over them.

Used by `up`, which keeps it open, and by `ask`, which answers one question and lets go. Composition only: which room
does what stands in the rooms. What only a server needs is imported by `nation_knowledge`, so that `ask` starts without
it.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from daulat.assistant import Assistant, open_assistant
from daulat.knowledge.encoder import Encoder, open_encoder
from daulat.knowledge.errors import SourceError
from daulat.knowledge.opening import is_outdated, nation_sources, open_or_build
from daulat.knowledge.release import Release, Shelf
from daulat.models import EngineSet, Gates, load_catalogue, load_gates
from daulat.nation import Nation, Pack

if TYPE_CHECKING:
    from daulat.gateway import Answering, Knowledge

WEIGHTS, GATES = ".daulat/models", ".daulat/gates"
Report = Callable[[str, int, int], None]


@dataclass(frozen=True, slots=True)
class Opened:
    """What answers questions, and the release and encoder that it searches with.

    `writer` is the model that writes in the first service and language; empty where the official text is quoted.
    """

    assistant: Assistant
    release: Release
    encoder: Encoder
    writer: str = ""


def open_answering(nation: Nation, pack: Pack | None, engines: EngineSet, report: Report) -> Opened:
    """Open the release in use, building it first where there is none, and the assistant over it.

    Raises
    ------
    DaulatError
        If a declaration has faults, the release is damaged, or the encoder cannot be used.
    """
    encoder = open_encoder(nation.knowledge.encoder, os.environ)
    release = open_or_build(nation, pack, encoder, report, now=_now)
    gates = _gates(nation)
    languages = nation.language_tags
    assistant = open_assistant(release, encoder, pack, languages, names=nation.names, engines=engines, gates=gates)
    return Opened(assistant, release, encoder, engines.fit_model(nation.services[0].id, languages[0], gates) or "")


def nation_knowledge(nation: Nation, pack: Pack | None) -> Knowledge:
    """Say how the official text of a nation comes to a running service and what answers from it."""
    # Imported here: the gateway brings the server and the database driver, a third of the time that `ask` takes.
    from daulat.gateway import Answering, Knowledge, OpenLibrary

    shelf = Shelf(nation.path(nation.knowledge.releases))

    def open_parts(engines: EngineSet, report: Report) -> Answering:
        opened = open_answering(nation, pack, engines, report)
        manifest = opened.release.manifest
        detail = f"{manifest.passages:,} passages of {manifest.documents:,} documents in {manifest.release_id}"
        detail += _due(nation, pack, opened.release)
        library = OpenLibrary(opened.release, opened.assistant.searcher)
        return Answering(opened.assistant, library, opened.encoder, detail, opened.writer)

    return Knowledge(open_parts, shelf.current_id)


def _due(nation: Nation, pack: Pack | None, release: Release) -> str:
    """Say that a build is due; a fault in a declaration is told, and does not keep the release in use from opening."""
    try:
        outdated = is_outdated(release, nation_sources(nation, pack))
    except SourceError:
        return "; what is declared now has faults, which `daulat knowledge build` names"
    return "; other sources are declared now: `daulat knowledge build`" if outdated else ""


def _gates(nation: Nation) -> Gates:
    """Read which models have passed, from the files of results that the nation keeps."""
    return load_gates(sorted(nation.path(GATES).glob("*.json")), never_fit=load_catalogue().test_only)


def _now() -> datetime:
    return datetime.now(UTC)
