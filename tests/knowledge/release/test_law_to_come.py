# SPDX-License-Identifier: Apache-2.0
"""A repeal that begins later is told from its day on, and not before."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from daulat.knowledge.ingest import IngestRules, with_relations
from daulat.knowledge.opening import is_outdated
from daulat.knowledge.release import Builder, BuildReport, Release
from daulat.knowledge.search import Reader
from daulat.knowledge.sources import load_sources

SOURCES = """\
format: 1
sources:
  - {id: acts, title: Acts, publisher: P, licence: CC0-1.0, retrieved: null, coverage_date: null, language: en,
     document: {doc_id: LYNX, title: Lynx Act, status: in_force}, read: {format: markdown, path: lynx.md}}
"""
RELATIONS = """\
format: 1
acts:
  - {act: WOLF, title: Wolf Act, since: "2099-01-01", source: Gazette 9, revokes: [LYNX, HARE]}
  - {act: BEAR, title: Bear Act, since: "2120", source: Gazette 10, revokes: [BOAR]}
"""
Build = Callable[[datetime], BuildReport]
BEFORE, AFTER = datetime(2098, 12, 31, tzinfo=UTC), datetime(2099, 1, 1, tzinfo=UTC)


@pytest.fixture
def build(tmp_path: Path, make_builder: Callable[[Path], Builder]) -> Build:
    """Build, on a day, the Lynx Act, which the Wolf Act revokes as of 2099."""
    (tmp_path / "sources.yaml").write_text(SOURCES)
    (tmp_path / "relations.yaml").write_text(RELATIONS)
    (tmp_path / "lynx.md").write_text("Whoever keeps a lynx pays ten crowns.")

    def run(now: datetime) -> BuildReport:
        rules = with_relations(IngestRules(), tmp_path / "relations.yaml")
        builder = replace(make_builder(tmp_path), now=lambda: now)
        return builder.build(load_sources(tmp_path / "sources.yaml"), rules)

    return run


def test_what_a_later_act_revokes_is_in_force_until_its_day(build: Build) -> None:
    before = Release(build(BEFORE).folder)
    (lynx,) = before.documents
    assert (lynx.status, before.stored(0).passage.status, lynx.relations) == ("in_force", "in_force", ())
    assert all(act.relations == () for act in before.acts)
    after = Release(build(AFTER).folder)
    (lynx,) = after.documents
    assert (lynx.status, after.stored(0).passage.status, len(lynx.relations)) == ("revoked", "revoked", 1)
    assert [act.doc_id for act in after.acts if act.relations] == ["HARE"]  # the BOAR's day lies ahead still


def test_a_build_before_and_one_after_that_day_are_two_and_others_change_nothing(build: Build) -> None:
    first = build(datetime(2024, 5, 1, tzinfo=UTC))
    again = build(BEFORE)
    assert (again.unchanged, again.manifest.release_id) == (True, first.manifest.release_id)
    after = build(AFTER)
    assert (after.unchanged, after.encoded) == (False, 0)
    assert build(datetime(2101, 1, 1, tzinfo=UTC)).folder == after.folder


def test_a_release_is_outdated_from_that_day_on(tmp_path: Path, build: Build, reader: Reader) -> None:
    manifest, sources = build(BEFORE).manifest, load_sources(tmp_path / "sources.yaml")
    days = (date(2098, 12, 31), date(2099, 1, 1))
    found = [is_outdated(manifest, sources, None, reader, declared=None, today=day) for day in days]
    assert found == [False, True]
