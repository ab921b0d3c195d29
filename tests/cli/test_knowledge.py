# SPDX-License-Identifier: Apache-2.0
"""The journey of a curator: declare, build, read what failed, publish, search, go back."""

from __future__ import annotations

import fcntl
import json
import os
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from daulat.assistant.citing import load_labels
from daulat.cli._answering import nation_knowledge
from daulat.cli._checks import examine
from daulat.cli.search import _shown
from daulat.knowledge.encoder import AsQueries, E5Encoder, adapt, open_e5
from daulat.knowledge.errors import SourceError
from daulat.knowledge.everyday import read_everyday
from daulat.knowledge.everyday.index import questions_of
from daulat.knowledge.index.cache import VectorCache, key_of
from daulat.knowledge.ingest import ingest_all, load_rules
from daulat.knowledge.opening import (
    is_outdated,
    nation_builder,
    nation_rules,
    nation_sources,
    pack_everyday,
    place_of,
)
from daulat.knowledge.release import Release
from daulat.knowledge.release.write import cut_segments
from daulat.knowledge.search import reader_for
from daulat.knowledge.sources import load_sources
from daulat.knowledge.types import Document, Hit, Passage
from daulat.nation import bootstrap, installed_packs, load_nation, pack_at

from .conftest import GUIDE, QuickEncoder, Site

TWO_CARDS = ("Births are reported within sixty days.", "Lost cards are reported to the police.")


def test_a_release_is_built_published_searched_and_taken_back(site):
    """With the encoder of this machine; the other journeys need no weights."""
    built = site.daulat("knowledge", "build")
    first = built.out.strip()
    assert f"hint: `daulat knowledge publish {first}`" in built.err
    site.daulat("knowledge", "publish")
    site.write_act(*TWO_CARDS, "A third article says that marriages are registered too.")
    second = site.daulat("knowledge", "build").out.strip()
    published = site.daulat("knowledge", "publish", second)
    assert published.out == f"{second} is in use instead of {first}\n"
    assert "hint: `daulat knowledge rollback`" in published.err
    found = site.daulat("search", "How do I register a marriage?", "--top", "1")
    assert "EE-ACT:3" in found.out
    assert site.daulat("knowledge", "rollback").out == f"{first} is in use instead of {second}\n"


def test_the_same_sources_give_the_same_release_and_encode_nothing(site, quick):
    first = site.daulat("knowledge", "build", "--json").data
    again = site.daulat("knowledge", "build", "--json").data
    assert (first["encoded"], first["unchanged"]) == (3, False)
    assert (again["encoded"], again["unchanged"]) == (0, True)
    assert again["release_id"] == first["release_id"]


def test_a_changed_article_encodes_only_itself(site, quick):
    site.daulat("knowledge", "build")
    site.write_act("Every birth is reported to the registry office within sixty days.", "Cards are free of charge.")
    assert site.daulat("knowledge", "build", "--json").data["encoded"] == 1


def test_what_failed_is_listed_with_its_reason_and_what_to_do(site, quick):
    (site.folder / "guide/empty.md").write_bytes(b"")
    (site.folder / "guide/card.md").write_text("# Cards\n\nA card is made within a day.\n")
    built = site.daulat("knowledge", "build")
    assert built.code == 0
    assert "failed: ee-guide guide/empty.md" in built.err
    [failure] = site.daulat("knowledge", "failures", "--json").data
    assert failure["path"] == "guide/empty.md"
    assert failure["reason"]
    assert failure["fix"]


STRUCTURE = """
format: 1
structures:
  ee-act:
    headings: []
    title_line: '[A-Z ]+'
    article: 'Section (?P<number>\\d+)'
    continues: 'under$'
    item: '- '
    elucidation: NOTES
    elucidation_articles: SECTIONS
    annex: ANNEX
    noise: Gazette
    place: {preamble: p, article: 's-{article}', elucidation_general: n, elucidation: 'n-{article}', annex: a}
"""


def test_an_article_that_was_not_found_is_a_note_and_no_failure(site, quick):
    (site.folder / "ours").mkdir()
    (site.folder / "ours/structure.yaml").write_text(STRUCTURE)
    with (site.folder / "nation.yaml").open("a") as file:
        file.write("\npack: ours\n")
    (site.folder / "guide/dogs.md").write_text("Section 1\n\nDogs bark.\n\nSection. 2\n\nCats.\n\nSection 3\n\nMice.")
    site.declare(GUIDE.replace("guide/*.md", "guide/*.md, structure: ee-act"))
    built = site.daulat("knowledge", "build")
    told = "note: ee-guide guide/dogs.md ee-guide.dogs: article 2 was not found, but 3 was"
    assert (built.code, "0 documents or rows failed" in built.err, told in built.err) == (0, True, True)
    assert "ee-guide.school: no article was found" in built.err
    listed = site.daulat("knowledge", "failures")
    assert "holds every declared document" in listed.err
    assert told in listed.out
    notes = site.daulat("knowledge", "failures", "--json").data
    assert [(each["doc_id"], each["note"]) for each in notes] == [("ee-guide.dogs", True), ("ee-guide.school", True)]
    again = site.daulat("knowledge", "build", "--json").data
    assert (again["unchanged"], again["failures"], again["failed"]) == (True, 0, [])
    assert [note["what"] for note in again["notes"]] == [each["reason"] for each in notes]


def test_a_revoked_act_is_not_told_as_law_in_force_where_there_is_no_pack(site, quick):
    (site.folder / "relations.yaml").write_text(
        "format: 1\nacts:\n  - {act: EE-NEW, title: New Act, since: '2023', source: Gazette, revokes: [EE-ACT]}\n"
    )
    site.daulat("knowledge", "build")
    site.daulat("knowledge", "publish")
    hits = site.daulat("search", "Every birth is reported", "--json").data["hits"]
    assert {hit["status"] for hit in hits if hit["passage_id"].startswith("EE-ACT:")} == {"revoked"}
    (site.folder / "relations.yaml").write_text("format: 1\nacts:\n  - {act: EE-NEW, revokes: [EE-ACT]}\n")
    ended = site.daulat("knowledge", "build")
    assert ended.code == 1
    assert "relations.yaml line 3:" in ended.err


def test_a_file_that_no_source_declares_is_named_and_not_indexed(site, quick):
    for rumour in ("acts/rumour.txt", "stray-law.md", "notes.yaml"):
        (site.folder / rumour).write_text("Births need not be reported any more.")
    built = site.daulat("knowledge", "build", "--json").data
    assert [Path(path).name for path in built["ignored"]] == ["rumour.txt", "stray-law.md"]
    assert built["documents"] == 2


@pytest.mark.parametrize("command", ["publish", "rollback"])
def test_a_dry_run_says_what_would_change_and_changes_nothing(site, quick, command):
    first = site.daulat("knowledge", "build").out.strip()
    site.daulat("knowledge", "publish")
    site.write_act(*TWO_CARDS)
    second = site.daulat("knowledge", "build").out.strip()
    wanted, present = second, first
    if command == "rollback":
        site.daulat("knowledge", "publish", second)
        wanted, present = first, second
    before = {path: path.read_bytes() for path in site.releases.iterdir() if path.is_file()}
    tried = site.daulat("knowledge", command, "--dry-run")
    assert tried.out == f"{wanted} is whole and would be put in use instead of {present}\n"
    assert {path: path.read_bytes() for path in site.releases.iterdir() if path.is_file()} == before


def test_a_dry_run_of_what_is_in_use_says_that_nothing_is_to_be_done(site, quick):
    name = site.daulat("knowledge", "build").out.strip()
    site.daulat("knowledge", "publish")
    tried = site.daulat("knowledge", "publish", "--dry-run")
    assert tried.out == f"{name} is whole and is in use already\n"
    assert "hint: there is nothing to publish" in tried.err
    assert site.daulat("knowledge", "publish", "--dry-run", "--json").data["in_use"] is True


def test_a_dry_run_counts_the_everyday_questions_that_come_and_go(site, quick):
    (site.folder / "everyday").mkdir()
    rows = site.folder / "everyday/rows.jsonl"
    rows.write_text('{"passages": ["EE-ACT:1"], "asks": {"en": ["my baby arrived", "whom do I tell"]}}\n')
    site.daulat("knowledge", "build")
    site.daulat("knowledge", "publish")
    rows.write_text('{"passages": ["EE-ACT:1"], "asks": {"en": ["my baby arrived", "a newborn", "twins"]}}\n')
    site.daulat("knowledge", "build")
    tried = site.daulat("knowledge", "publish", "--dry-run")
    assert "everyday questions: 2 new or led elsewhere, 1 gone" in tried.err
    assert "no document would change" not in tried.err


def test_who_searches_first_is_told_which_release_that_puts_in_use(site, quick):
    name = site.daulat("knowledge", "build").out.strip()
    assert f"putting {name} in use, as a first start does" in site.daulat("search", "births").err
    assert "putting" not in site.daulat("search", "births").err


def test_who_asks_while_the_first_release_is_built_is_told_to_wait_for_it(site, quick):
    site.releases.mkdir(parents=True)
    with (site.releases / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        ended = site.daulat("search", "births")
    assert ended.code == 1
    assert "the first release is being built just now" in ended.err
    assert "`daulat status` says how far" in ended.err
    assert site.daulat("search", "births").code == 0


def test_one_of_a_thing_is_told_as_one(site, quick):
    site.declare(GUIDE)
    assert (
        "1 document, 1 passage, 1 segment encoded now, 0 documents or rows failed"
        in site.daulat("knowledge", "build").err
    )
    site.daulat("search", "schools")
    opened = nation_knowledge(load_nation(site.folder / "nation.yaml"), None).open(lambda *_: None)
    assert opened.detail.startswith("1 passage of 1 document in ")


def test_a_dry_run_names_what_comes_what_goes_and_whose_status_changes(site, quick):
    site.daulat("knowledge", "build")
    site.daulat("knowledge", "publish")
    assert "no document would change" in site.daulat("knowledge", "publish", "--dry-run").err
    (site.folder / "guide/school.md").rename(site.folder / "guide/schools.md")
    (site.folder / "guide/empty.md").touch()
    site.write_act(*TWO_CARDS)
    (site.folder / "relations.yaml").write_text(
        "format: 1\nacts:\n  - {act: EE-NEW, source: Gazette, amends: [{doc_id: EE-ACT, articles: ['1']}]}\n"
    )
    site.daulat("knowledge", "build")
    told = site.daulat("knowledge", "publish", "--dry-run").err
    for line in (
        "1 document added: ee-guide.schools",
        "1 document gone: ee-guide.school",
        "1 document changed: EE-ACT",
        "status of EE-ACT: unknown -> amended (2 of its passages)",
        "1 document or row failed: `daulat knowledge failures ee-",
    ):
        assert line in told
    changes = site.daulat("knowledge", "publish", "--dry-run", "--json").data
    assert (changes["added"], changes["gone"], changes["changed"]) == (
        ["ee-guide.schools"],
        ["ee-guide.school"],
        ["EE-ACT"],
    )
    assert changes["statuses"] == [{"doc_id": "EE-ACT", "before": "unknown", "after": "amended", "passages": 2}]


@pytest.mark.parametrize("words", [["rollback"], ["rollback", "--dry-run"]])
def test_a_rollback_without_a_release_before_is_an_error_with_a_next_step(site, quick, words):
    site.daulat("knowledge", "build")
    site.daulat("knowledge", "publish")
    ended = site.daulat("knowledge", *words)
    assert ended.code == 1
    assert "error[knowledge.rollback]" in ended.err
    assert "hint:" in ended.err


def test_the_list_says_which_release_is_in_use(site, quick):
    assert site.daulat("knowledge", "list", "--json").data == []
    site.daulat("knowledge", "build")
    assert "hint: none is in use yet" in site.daulat("knowledge", "list").err
    site.daulat("knowledge", "publish")
    site.write_act(*TWO_CARDS)
    site.daulat("knowledge", "build")
    in_use = {each["release_id"] for each in site.daulat("knowledge", "list", "--json").data if each["in_use"]}
    assert in_use == {(site.releases / "current").read_text().strip()}
    assert len(site.daulat("knowledge", "list", "--json").data) == 2


@pytest.mark.parametrize("words", [["verify"], ["publish"], ["failures"], ["failures", "xa-1"], ["publish", "../etc"]])
def test_a_release_that_is_not_here_is_said_to_be_missing(site, words):
    ended = site.daulat("knowledge", *words)
    assert ended.code == 1
    assert "error[knowledge.release.missing]" in ended.err


def test_releases_can_lie_elsewhere_and_one_declaration_can_stand_alone(site, tmp_path, quick):
    other = tmp_path / "other"
    (site.folder / "alone.yaml").write_text((site.folder / "sources.yaml").read_text().partition("  - id: ee-guide")[0])
    built = site.daulat(
        "knowledge", "build", "--releases", str(other), "--sources", str(site.folder / "alone.yaml"), "--json"
    )
    assert built.data["documents"] == 1
    assert (other / built.data["release_id"] / "manifest.sig").is_file()
    assert not site.releases.exists()


def test_a_faulty_declaration_is_told_with_its_line_and_builds_nothing(site, quick):
    text = (site.folder / "sources.yaml").read_text()
    (site.folder / "sources.yaml").write_text(text.replace("format: markdown", "format: telegram"))
    built = site.daulat("knowledge", "build", "--json")
    assert built.code == 1
    assert built.data["error"]["code"] == "knowledge.sources"
    assert "line" in built.data["error"]["what"]


def test_a_source_with_the_id_of_the_packs_is_a_fault_that_names_both_files(tmp_path):
    (tmp_path / "nation.yaml").write_text(bootstrap("ID"))
    (tmp_path / "sources.yaml").write_text("format: 1\nsources:\n" + GUIDE.replace("ee-guide", "id-regulations"))
    with pytest.raises(SourceError) as caught:
        nation_sources(load_nation(tmp_path / "nation.yaml"), next(iter(installed_packs())))
    assert "sources.yaml line 4: source id declared twice: id-regulations, first in " in caught.value.what
    assert "daulat_id/sources.yaml" in caught.value.what


def test_a_service_is_one_of_the_nations_or_the_packs(site, quick):
    site.declare(GUIDE.replace("coverage_date", "services: [public-service]\n    coverage_date"))
    refused = site.daulat("knowledge", "build")
    assert refused.code == 1
    assert "did you mean `public-services`?" in refused.err


@pytest.mark.parametrize("there", ["a folder", "a link that leads nowhere"])
def test_sources_that_cannot_be_read_are_not_taken_for_none(site, quick, there):
    path = site.folder / "sources.yaml"
    path.unlink()
    if there == "a folder":
        path.mkdir()
    else:
        path.symlink_to("nowhere.yaml")
    built = site.daulat("knowledge", "build")
    assert built.code == 1
    assert "error[knowledge.sources]" in built.err


@pytest.mark.skipif(os.geteuid() == 0, reason="root reads everything")
def test_a_file_that_may_not_be_read_is_one_failure(site, quick):
    (site.folder / "guide/secret.md").write_text("# Secret")
    (site.folder / "guide/secret.md").chmod(0)
    built = site.daulat("knowledge", "build", "--json").data
    assert [failure["path"] for failure in built["failed"]] == ["guide/secret.md"]


def test_a_search_filters_by_document_service_and_date(site, quick):
    everything = site.daulat("search", "When does enrolment open?", "--json").data
    assert "Schools" in {hit["title"] for hit in everything["hits"]}
    for words in (["--document", "EE-ACT"], ["--from", "2019-01-01"]):
        found = site.daulat("search", "When does enrolment open?", *words, "--json").data["hits"]
        assert {hit["passage_id"] for hit in found} <= {"EE-ACT:1", "EE-ACT:2"}
        assert found
    found = site.daulat("search", "When does enrolment open?", "--service", "public-services", "--json").data["hits"]
    assert "Schools" in {hit["title"] for hit in found}  # the general service answers from all


def test_a_search_tells_programs_why_a_passage_came_first(site, quick):
    first, *_ = site.daulat("search", "When does enrolment open?", "--json").data["hits"]
    assert {"cover", "asked_dense", "asked_vote"} <= first["features"].keys()
    assert first["features"]["words"] == first["lexical"]


def test_a_search_for_nothing_is_wrong_usage(site, quick):
    assert site.daulat("search", "  ").code == 2


@pytest.mark.parametrize(
    ("words", "allowed"),
    [
        (["--status", "foo"], "partly_revoked"),
        (["--document", "EE-ACTS"], "EE-ACT"),
        (["--document", "nothing"], "--json"),
        (["--service", "public-service"], "did you mean public-services?"),
        (["--service", "nonsense"], "there are public-services"),
        (["--jurisdiction", "ee-37"], "did you mean EE-37?"),
        (["--jurisdiction", "Narnia"], "nation.yaml"),
        (["--from", "2023-13-45"], "2023-03-31"),
        (["--until", "20230101"], "2023-03-31"),
        (["--from", "2024-01-01", "--until", "2023-01-01"], "before"),
        (["--language", "esti"], "`daulat nation languages`"),
    ],
)
def test_an_option_that_fits_nothing_is_wrong_usage_and_says_what_does(site, quick, words, allowed):
    ended = site.daulat("search", "births", *words)
    assert (ended.code, ended.out) == (2, "")
    assert allowed in ended.err


@pytest.mark.parametrize(("article", "told"), [("44", "Article 44"), ("Article 2", "Article 2"), (None, "How to ask")])
def test_what_a_search_finds_is_named_with_the_word_for_its_article(article, told):
    passage = Passage("A:1", "A", 1, "body", "Births are reported.", article=article, heading="How to ask")
    hit = Hit(passage, Document("A", "Registry", citation="Registry Act", status="in_force"), 1.0)
    shown = _shown(1, hit, load_labels(None), {"status_in_force": "Berlaku", "status_unknown": "?"})
    assert shown.startswith(f"1. Registry Act, {told} (Berlaku)  A:1\n")


def test_a_nation_without_sources_and_pack_has_an_empty_release_that_works(site, quick):
    site.declare()
    (site.folder / "sources.yaml").unlink()
    built = site.daulat("knowledge", "build")
    assert "no source is declared" in built.err
    found = site.daulat("search", "Where is my card?", "--json")
    assert (found.code, found.data["hits"]) == (0, [])


def test_searching_starts_neither_a_server_nor_a_database():
    loaded = subprocess.run(
        [
            sys.executable,
            "-c",
            "import daulat.cli.search, daulat.cli.knowledge, daulat.cli.ask, sys; print(*sys.modules)",
        ],
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split()
    assert {"uvicorn", "alembic", "psycopg", "sqlalchemy"}.isdisjoint(loaded)


def test_the_pack_brings_the_vector_of_every_segment_and_everyday_question():
    """Counted, not built: the pack's release takes seconds, and `make_vectors.py` is what writes the file."""
    for pack in installed_packs():
        vectors = sorted(pack.root.glob("vectors.*.bin"))
        if not pack.has("sources.yaml"):
            continue
        cache = VectorCache(pack.path("none"), E5Encoder.dimensions, vectors)
        documents = ingest_all(load_sources(pack.path("sources.yaml")), load_rules(pack.root)).documents
        keys = {key_of(E5Encoder.name, segment.text) for segment in cut_segments(documents)}
        languages = [language["tag"] for language in pack.yaml("nation.yaml")["languages"]]
        wordings = pack_everyday(pack, reader_for(pack, languages))
        # Every twentieth: to read all of them takes as long as a build.
        questions = questions_of(read_everyday(wordings.folder)[0])[::20] if wordings else []
        asking = open_e5()
        adapter = wordings.adapter_for(asking.name)[1] if wordings else None
        name = AsQueries(adapt(asking, adapter)).name
        keys |= {key_of(name, wordings.read(text, tag)[0]) for _, tag, text in questions}
        assert sum(key not in cache for key in keys) == 0
        assert sum(path.stat().st_size for path in vectors) <= 15e6


def test_what_a_nation_declares_stands_beside_what_its_pack_brings(tmp_path):
    (tmp_path / "nation.yaml").write_text(bootstrap("EE"))
    (tmp_path / "pack").mkdir()
    entry = "  - {{id: {}, title: T, publisher: P, licence: MIT, retrieved: null, coverage_date: null,\n" \
        "     read: {{format: text, path: '*.txt'}}}}\n"  # fmt: skip
    for folder, name in ((tmp_path / "pack", "of-the-pack"), (tmp_path, "own")):
        (folder / "sources.yaml").write_text("format: 1\nsources:\n" + entry.format(name))
    found = nation_sources(load_nation(tmp_path / "nation.yaml"), pack_at(tmp_path / "pack", "EE"))
    assert [source.id for source in found] == ["of-the-pack", "own"]


CHANGED = "sources or the pack have changed since"


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        (lambda site: None, ""),
        (lambda site: (site.folder / "guide/new.md").write_text("# New"), CHANGED),
        (lambda site: (site.folder / "guide/births.md").write_text("# Births\n\nWithin 90 days."), CHANGED),
        (lambda site: (site.folder / "relations.yaml").write_text("format: 1\nacts: []\n"), CHANGED),
        (lambda site: (site.folder / "sources.yaml").write_text("format: 9"), "cannot be read"),
    ],
    ids=["nothing", "a new file", "other words", "other relations", "a fault"],
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


@pytest.mark.parametrize("verb", ["build", "publish"])
def test_nobody_builds_or_publishes_for_a_country_that_is_not_declared(tmp_path, verb):
    ended = Site(tmp_path).daulat("knowledge", verb)
    assert ended.code == 1
    assert "nation.yaml: does not exist" in ended.err
    assert not (tmp_path / ".daulat").exists()


@pytest.mark.parametrize("verb", ["search", "ask"])
def test_who_asks_in_a_terminal_is_told_that_a_build_is_due(site, quick, monkeypatch, verb):
    monkeypatch.setattr("daulat.cli._answering.open_encoder", lambda *_: QuickEncoder())
    assert CHANGED not in site.daulat(verb, "births").err
    (site.folder / "guide/new.md").write_text("# New")
    assert CHANGED in site.daulat(verb, "births").err


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
    assert not is_outdated(release.manifest, sources, pack, reader, declared=None)
    asks.write_text(json.dumps(row | {"asks": {"en": ["what is a passport", "is a passport dear"]}}))
    assert is_outdated(release.manifest, sources, pack, reader, declared=None)
