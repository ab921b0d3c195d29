# SPDX-License-Identifier: Apache-2.0
"""Who starts the service, or asks, is told what text it stands on: none yet, not all, or older than its sources."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime

import msgspec
import pytest

from daulat.cli._answering import nation_knowledge
from daulat.cli._checks import examine
from daulat.knowledge.opening import (
    is_outdated,
    nation_builder,
    nation_rules,
    nation_sources,
    place_of,
)
from daulat.knowledge.release import Release
from daulat.knowledge.search import reader_for
from daulat.nation import load_nation, pack_at

from .conftest import ACTS, GUIDE, QuickEncoder

TODAY = date(2026, 1, 2)
CHANGED = "sources or the pack have changed since"


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        (lambda site: None, ""),
        (lambda site: (site.folder / "guide/new.md").write_text("# New"), CHANGED),
        (lambda site: (site.folder / "guide/births.md").write_text("# Births\n\nWithin 90 days."), CHANGED),
        (lambda site: (site.folder / "relations.yaml").write_text("format: 1\nacts: []\n"), CHANGED),
        (lambda site: site.declare(ACTS, GUIDE.replace("title: Guide", "title: Handbook")), CHANGED),
        (lambda site: site.declare(ACTS.replace("{doc_id", "{status: revoked, doc_id"), GUIDE), CHANGED),
        (lambda site: site.declare(ACTS.replace("2024-04-30", "2024-04-29"), GUIDE), CHANGED),
        (lambda site: (site.folder / "sources.yaml").write_text("format: 9"), "cannot be read"),
    ],
    ids=["nothing", "a new file", "other words", "other relations", "a title", "a status", "a day", "a fault"],
)
def test_a_service_says_when_a_build_is_due_and_opens_all_the_same(site, quick, changed, told):
    site.daulat("search", "births")
    changed(site)
    nation = load_nation(site.folder / "nation.yaml")
    opened = nation_knowledge(nation, None).open(lambda *_: None)
    assert opened.detail.startswith("3 passages of 2 documents")
    assert told in opened.detail
    assert (";" in opened.detail) == bool(told)


def test_up_status_and_doctor_say_how_much_was_not_read(site, quick):
    for name in ("one", "two"):
        (site.folder / f"guide/{name}.md").write_bytes(b"")
    (site.folder / "acts/rumour.txt").write_text("Births need not be reported.")
    site.daulat("search", "births")
    nation = load_nation(site.folder / "nation.yaml")
    told = nation_knowledge(nation, None).open(lambda *_: None).detail  # which `up` prints, and `status` repeats
    assert "; 2 documents or rows failed: `daulat knowledge failures ee-" in told
    assert "; 1 file is ignored" in told
    [finding] = [each for each in examine(site.folder / "nation.yaml", {}) if each.check == "release"]
    assert finding.state == "warn"
    assert "2 documents or rows failed: `daulat knowledge failures ee-" in finding.what
    assert "1 file is ignored" in finding.what


@pytest.mark.parametrize(
    ("sources", "told"),
    [
        ((), "declare sources in sources.yaml"),
        ((GUIDE.replace("guide/*.md", "guide/*.txt"),), "knowledge failures ee-"),
    ],
    ids=["none declared", "none read"],
)
def test_a_service_without_official_text_names_the_next_step(site, quick, sources, told):
    site.declare(*sources)
    if not sources:
        (site.folder / "sources.yaml").unlink()
    site.daulat("search", "births")
    opened = nation_knowledge(load_nation(site.folder / "nation.yaml"), None).open(lambda *_: None)
    assert opened.detail.startswith("0 passages")
    assert told in opened.detail


@pytest.mark.parametrize("verb", ["search", "ask"])
def test_who_asks_in_a_terminal_is_told_that_a_build_is_due(site, quick, monkeypatch, verb):
    monkeypatch.setattr("daulat.cli._answering.open_encoder", lambda *_: QuickEncoder())
    assert CHANGED not in site.daulat(verb, "births").err
    (site.folder / "guide/new.md").write_text("# New")
    assert CHANGED in site.daulat(verb, "births").err


@pytest.mark.parametrize("verb", ["search", "ask"])
def test_who_asks_where_there_is_no_official_text_yet_is_told_how_to_add_it(site, quick, monkeypatch, verb):
    monkeypatch.setattr("daulat.cli._answering.open_encoder", lambda *_: QuickEncoder())
    assert "declare sources" not in site.daulat(verb, "births").err
    (site.folder / "sources.yaml").unlink()
    site.daulat("knowledge", "build")
    site.daulat("knowledge", "publish")
    assert "hint: declare sources in sources.yaml" in site.daulat(verb, "births").err


def test_an_empty_release_of_a_first_start_counts_as_none_once_sources_are_declared(site, quick):
    declared = (site.folder / "sources.yaml").read_text()
    (site.folder / "sources.yaml").unlink()
    assert site.daulat("search", "births", "--json").data["hits"] == []
    empty = (site.releases / "current").read_text()
    (site.folder / "sources.yaml").write_text(declared)
    assert site.daulat("search", "births", "--json").data["hits"]
    assert (site.releases / "current").read_text() != empty


def test_an_empty_release_that_somebody_published_stays(site, quick):
    declared = (site.folder / "sources.yaml").read_text()
    (site.folder / "sources.yaml").unlink()
    site.daulat("knowledge", "build")
    site.daulat("knowledge", "publish")
    (site.folder / "sources.yaml").write_text(declared)
    found = site.daulat("search", "births")
    assert CHANGED in found.err
    assert not found.out


def test_a_build_is_due_when_the_pack_hears_of_new_questions(site, tmp_path):
    root = tmp_path / "pack"
    root.mkdir()
    for part in ("guide", "acts", "sources.yaml"):
        (site.folder / part).rename(root / part)
    asks, row = root / "everyday/fees.jsonl", {"passages": [], "asks": {"en": ["what is a passport"]}, "why": "Abroad."}
    asks.parent.mkdir()
    asks.write_text(json.dumps(row))
    nation, pack, encoder = load_nation(site.folder / "nation.yaml"), pack_at(root, "EE"), QuickEncoder()
    sources, reader = nation_sources(nation, pack), reader_for(pack, nation.language_tags)
    builder = nation_builder(nation, pack, encoder, place_of(nation), now=lambda: datetime(2026, 1, 1, tzinfo=UTC))
    release = Release(builder.build(sources, nation_rules(pack)).folder)
    assert not is_outdated(release.manifest, sources, pack, reader, declared=None, today=TODAY)
    asks.write_text(json.dumps(row | {"asks": {"en": ["what is a passport", "is a passport dear"]}}))
    assert is_outdated(release.manifest, sources, pack, reader, declared=None, today=TODAY)


def test_a_release_from_before_declarations_were_kept_is_judged_by_its_files(site):
    nation, encoder = load_nation(site.folder / "nation.yaml"), QuickEncoder()
    sources, reader = nation_sources(nation, None), reader_for(None, nation.language_tags)
    builder = nation_builder(nation, None, encoder, place_of(nation), now=lambda: datetime(2026, 1, 1, tzinfo=UTC))
    older = msgspec.structs.replace(builder.build(sources, nation_rules(None)).manifest, declared="")
    site.declare(ACTS, GUIDE.replace("title: Guide", "title: Handbook"))
    for files, outdated in (("[# Schools]", True), (None, False)):
        told = nation_sources(nation, None)
        if files is None:
            (site.folder / "guide/new.md").unlink()
        else:
            (site.folder / "guide/new.md").write_text(files)
        assert is_outdated(older, told, None, reader, declared=None, today=TODAY) is outdated
