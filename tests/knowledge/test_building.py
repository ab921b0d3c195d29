# SPDX-License-Identifier: Apache-2.0
"""A first build in a process of its own ends as one here would: a release in use, or the error and nothing in use."""

from __future__ import annotations

import os
import signal
import subprocess
from pathlib import Path

import pytest

from daulat.knowledge import building
from daulat.knowledge.building import build_apart
from daulat.knowledge.errors import KnowledgeError, ReleaseError
from daulat.knowledge.opening import place_of
from daulat.knowledge.release import Release, Shelf
from daulat.nation import Nation, bootstrap, load_nation

SOURCES = """\
format: 1
sources:
  - id: leaflets
    title: Leaflets
    publisher: City of Exampland
    jurisdiction: EE
    language: en
    licence: CC0-1.0
    retrieved: "2024-01-02"
    coverage_date: "2024-01-01"
    read: {format: markdown, path: leaflets/*.md}
"""


@pytest.fixture
def nation(tmp_path: Path) -> Nation:
    """A nation without a pack and with one leaflet."""
    (tmp_path / "nation.yaml").write_text(bootstrap("EE"), encoding="utf-8")
    (tmp_path / "leaflets").mkdir()
    (tmp_path / "leaflets" / "waste.md").write_text("# Waste\n\nGlass is collected on Mondays.\n", encoding="utf-8")
    nation = load_nation(tmp_path / "nation.yaml")
    nation.path(nation.knowledge.sources).write_text(SOURCES, encoding="utf-8")
    return nation


def current(nation: Nation) -> str | None:
    return Shelf(place_of(nation).releases).current_id() or None


def test_the_release_is_in_use_and_progress_was_told(nation: Nation) -> None:
    told: list[tuple[str, int, int]] = []
    build_apart(nation, lambda *done: told.append(done))
    name = current(nation)
    assert name is not None
    assert len(Release(place_of(nation).releases / name)) == 1
    assert ("reading the official text", 1, 1) in told


def test_a_fault_of_a_declaration_is_told_as_it_is(nation: Nation) -> None:
    nation.path(nation.knowledge.sources).write_text(SOURCES.replace("licence: CC0-1.0", "licens: CC0-1.0"))
    with pytest.raises(KnowledgeError, match="licens"):
        build_apart(nation, lambda *_: None)
    assert current(nation) is None


def test_whoever_stops_listening_ends_the_work(nation: Nation) -> None:
    class EnoughError(Exception):
        """Raised by who listens."""

    def stop(*_: object) -> None:
        raise EnoughError

    with pytest.raises(EnoughError):
        build_apart(nation, stop)
    assert current(nation) is None
    assert _children() == []


def test_whoever_listens_is_asked_also_while_the_build_says_nothing(
    nation: Nation, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(building, "_MOMENT_S", 0.01)
    told: list[str] = []
    build_apart(nation, lambda stage, _done, _total: told.append(stage))
    assert told.count("starting the build") > 3  # its interpreter starts, and loads the encoder
    assert current(nation) is not None


def test_ctrl_c_at_the_terminal_is_not_for_the_build(nation: Nation) -> None:
    sessions: set[int] = set()
    build_apart(nation, lambda *_: sessions.update(os.getsid(child) for child in _children()))
    assert sessions
    assert os.getsid(0) not in sessions


def test_a_killed_build_is_told_and_nothing_is_in_use(nation: Nation) -> None:
    def kill(*_: object) -> None:
        for child in _children():
            os.kill(child, signal.SIGKILL)

    with pytest.raises(ReleaseError, match="ended with code -9"):
        build_apart(nation, kill)
    assert current(nation) is None


def _children() -> list[int]:
    """Return the processes of builds that this one began."""
    listed = subprocess.run(["ps", "-o", "pid=,args=", "--ppid", str(os.getpid())], capture_output=True, text=True)
    return [int(line.split()[0]) for line in listed.stdout.splitlines() if "daulat.knowledge.building" in line]
