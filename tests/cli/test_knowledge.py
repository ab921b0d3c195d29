# SPDX-License-Identifier: Apache-2.0
"""The journey of a curator: declare, build, read what failed, publish, search, go back."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

from daulat.cli._answering import nation_knowledge
from daulat.knowledge.errors import SourceError
from daulat.knowledge.opening import nation_sources
from daulat.nation import bootstrap, installed_packs, load_nation, pack_at

from .conftest import GUIDE, Site

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


def test_a_text_that_was_put_back_is_published_again_without_a_name(site, quick):
    site.write_act(*TWO_CARDS)
    first = site.daulat("knowledge", "build").out.strip()
    site.write_act(*TWO_CARDS, "A third article by mistake.")
    second = site.daulat("knowledge", "build").out.strip()
    site.daulat("knowledge", "publish")
    site.write_act(*TWO_CARDS)
    again = site.daulat("knowledge", "build", "--json").data
    assert (again["release_id"], again["unchanged"]) == (first, True)
    assert [row["release_id"] for row in site.daulat("knowledge", "list", "--json").data] == [second, first]
    assert site.daulat("knowledge", "publish").out == f"{first} is in use instead of {second}\n"
    site.write_act(*TWO_CARDS, "Another third article.")
    third = site.daulat("knowledge", "build").out.strip()
    assert site.daulat("knowledge", "publish").out == f"{third} is in use instead of {first}\n"
    (site.releases / "built_again.json").write_text("{")
    assert site.daulat("knowledge", "publish", "--dry-run").out == f"{third} is whole and is in use already\n"


def test_a_release_without_text_is_not_said_to_answer(site, quick):
    (site.folder / "sources.yaml").unlink()
    site.daulat("knowledge", "build")
    published = site.daulat("knowledge", "publish")
    assert "it holds no text, so every question is declined" in published.err
    assert "answers from it" not in published.err


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
    assert re.search(r"  2\d{3}-\d\d-\d\d \d\d:\d\d:\d\d UTC  ", site.daulat("knowledge", "list").out)
    in_use = {each["release_id"] for each in site.daulat("knowledge", "list", "--json").data if each["in_use"]}
    assert in_use == {(site.releases / "current").read_text().strip()}
    assert len(site.daulat("knowledge", "list", "--json").data) == 2


def test_where_no_release_can_be_read_the_list_says_to_build_one_and_not_to_publish_what_is_not_there(site, quick):
    site.daulat("knowledge", "build")
    site.daulat("knowledge", "publish")
    [folder] = [path.parent for path in site.releases.glob("*/manifest.json")]
    (folder / "manifest.json").chmod(0o644)
    (folder / "manifest.json").write_bytes(b"{")
    assert "hint: none here can be read; `daulat knowledge build`" in site.daulat("knowledge", "list").err


@pytest.mark.parametrize("words", [["verify"], ["publish"], ["failures"], ["failures", "xa-1"], ["publish", "../etc"]])
def test_a_release_that_is_not_here_is_said_to_be_missing(site, words):
    ended = site.daulat("knowledge", *words)
    assert ended.code == 1
    assert "error[knowledge.release.missing]" in ended.err


@pytest.mark.parametrize("verb", ["verify", "publish", "failures"])
def test_an_empty_name_of_a_release_is_not_taken_for_the_one_in_use(site, verb):
    ended = site.daulat("knowledge", verb, "")
    assert ended.code == 2
    assert "it names nothing" in ended.err


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


def test_a_nation_without_sources_and_pack_has_an_empty_release_that_works(site, quick):
    site.declare()
    (site.folder / "sources.yaml").unlink()
    built = site.daulat("knowledge", "build")
    assert "no source is declared" in built.err
    found = site.daulat("search", "Where is my card?", "--json")
    assert (found.code, found.data["hits"]) == (0, [])


def test_what_a_nation_declares_stands_beside_what_its_pack_brings(tmp_path):
    (tmp_path / "nation.yaml").write_text(bootstrap("EE"))
    (tmp_path / "pack").mkdir()
    entry = "  - {{id: {}, title: T, publisher: P, licence: MIT, retrieved: null, coverage_date: null,\n" \
        "     read: {{format: text, path: '*.txt'}}}}\n"  # fmt: skip
    for folder, name in ((tmp_path / "pack", "of-the-pack"), (tmp_path, "own")):
        (folder / "sources.yaml").write_text("format: 1\nsources:\n" + entry.format(name))
    found = nation_sources(load_nation(tmp_path / "nation.yaml"), pack_at(tmp_path / "pack", "EE"))
    assert [source.id for source in found] == ["of-the-pack", "own"]


@pytest.mark.parametrize("verb", ["build", "publish"])
def test_nobody_builds_or_publishes_for_a_country_that_is_not_declared(tmp_path, verb):
    ended = Site(tmp_path).daulat("knowledge", verb)
    assert ended.code == 1
    assert "nation.yaml: does not exist" in ended.err
    assert not (tmp_path / ".daulat").exists()
