# SPDX-License-Identifier: Apache-2.0
"""From a declaration to what answers questions: the release in use, the encoder, and the assistant over them.

Used by `up`, which keeps it open, and by `ask`, which answers one question and lets go. Composition only: which room
does what stands in the rooms.
"""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

from daulat.cli._output import say
from daulat.errors import DaulatError
from daulat.gateway import Answering, Knowledge, Report
from daulat.knowledge.release import Shelf
from daulat.models import EngineSet
from daulat.nation import Nation, Pack, bootstrap, installed_packs, load_nation


def declared_or_only_pack(path: Path) -> Nation:
    """Return the declared nation; where nothing is declared and one pack is installed, the nation of that pack.

    So a question can be asked right after installing. What is assumed is said on stderr.

    Raises
    ------
    NationError
        If there is no declaration and not exactly one pack, or the declaration has faults.
    """
    packs = installed_packs()
    if path.exists() or len(packs) != 1:
        return load_nation(path)
    [pack] = packs
    say(f"there is no {path}: assuming {pack.country}, the one country whose pack is installed")
    with TemporaryDirectory() as place:
        written = Path(place) / "nation.yaml"
        written.write_text(bootstrap(pack.country, pack), encoding="utf-8")
        return load_nation(written).placed_in(path.resolve().parent)


def nation_knowledge(nation: Nation, pack: Pack | None) -> Knowledge:
    """Say how the official text of a nation comes here and what answers from it."""
    shelf = Shelf(nation.path(nation.knowledge.releases))

    def open_answering(engines: EngineSet, report: Report) -> Answering:
        return _open(nation, pack, shelf, engines, report)

    return Knowledge(open_answering, shelf.current_id)


def _open(nation: Nation, pack: Pack | None, shelf: Shelf, engines: EngineSet, report: Report) -> Answering:
    """Open the release in use and the assistant over it."""
    del nation, pack, engines
    report("opening the release", 0, 0)
    shelf.open_current()
    raise DaulatError(
        "the assistant is not part of this version yet",
        why="Without it no question can be answered.",
        fix="wait for the version that has it.",
        code="answering.missing",
    )
