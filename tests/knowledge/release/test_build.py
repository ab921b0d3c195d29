# SPDX-License-Identifier: Apache-2.0
"""The same inputs make the same release once; a kill, a full disk or damage loses nothing."""

from __future__ import annotations

import errno
import fcntl
import json
import os
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import pytest

from daulat.knowledge.errors import ReleaseError
from daulat.knowledge.ingest import IngestRules
from daulat.knowledge.release import Builder, Release, Shelf, verify_release
from daulat.knowledge.release.known import read_failures
from daulat.knowledge.release.write import words_above
from daulat.knowledge.sources import Source, folder_sources, load_sources, undeclared_files
from daulat.knowledge.types import Document, Passage

Make = Callable[[Path], Builder]


def test_the_same_inputs_are_built_once_and_have_one_id(
    tmp_path: Path, make_builder: Make, sources: list[Source], rules: IngestRules
) -> None:
    first = make_builder(tmp_path).build(sources, rules)
    again = make_builder(tmp_path).build(sources, rules)
    assert (first.unchanged, again.unchanged) == (False, True)
    assert (first.encoded, again.encoded) == (12, 0)
    assert first.folder == again.folder
    # Made elsewhere with the same key, it has the same id.
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "key").touch(mode=0o600)
    (tmp_path / "elsewhere" / "key").write_bytes((tmp_path / "key").read_bytes())
    other = make_builder(tmp_path / "elsewhere").build(sources, rules)
    assert other.manifest.release_id == first.manifest.release_id


@pytest.mark.parametrize("what", ["text", "title", "version", "data"])
def test_whatever_goes_in_decides_the_id(
    tmp_path: Path, make_builder: Make, texts: Path, rules: IngestRules, what: str
) -> None:
    folder = tmp_path / "texts"
    folder.mkdir()
    for path in texts.iterdir():
        (folder / path.name).write_bytes(path.read_bytes())
    data = tmp_path / "words.txt"
    data.write_text("a")
    builder = replace(make_builder(tmp_path), data_files=[data])
    before = builder.build(folder_sources(folder, language="en"), rules)
    match what:
        case "text":
            path = folder / "passages_laws.jsonl"
            path.write_text(path.read_text().replace("ten crowns", "nine crowns"))
        case "title":
            path = folder / "documents_laws.csv"
            path.write_text(path.read_text().replace("Bicycles", "Bikes"))
        case "version":
            builder = replace(builder, version="2")
        case "data":
            data.write_text("b")
    after = builder.build(folder_sources(folder, language="en"), rules)
    assert after.manifest.release_id != before.manifest.release_id
    assert after.encoded == {"text": 1, "title": 4}.get(what, 0)  # a title stands before each of its four passages


def test_documents_that_failed_travel_with_the_release(
    tmp_path: Path, make_builder: Make, texts: Path, rules: IngestRules
) -> None:
    folder = tmp_path / "texts"
    folder.mkdir()
    (folder / "passages_x.jsonl").write_text('{"passage_id": "a", "doc_id": "A", "text": "One."}\nnot json\n')
    report = make_builder(tmp_path).build(folder_sources(folder), rules)
    assert report.manifest.passages == 1
    assert report.manifest.failures == 1
    assert read_failures(report.folder) == report.failures
    assert make_builder(tmp_path).build(folder_sources(folder), rules).failures == report.failures


def test_a_file_whose_name_is_not_utf8_ends_no_build(tmp_path: Path, make_builder: Make, rules: IngestRules) -> None:
    folder = tmp_path / "texts"
    folder.mkdir()
    (folder / "good.txt").write_text("Nobody pays.")
    (folder / os.fsdecode(b"lo\xf5iv.txt")).write_text("Everybody pays.")
    (folder / "sources.yaml").write_text(
        "format: 1\nsources: [{id: xa, title: T, publisher: P, licence: CC0-1.0, retrieved: null, coverage_date: null, "
        "language: en, jurisdiction: XA, read: {format: text, path: '*.txt'}}]"
    )
    [declared] = load_sources(folder / "sources.yaml")
    report = make_builder(tmp_path).build([declared], rules)
    assert [failure.path for failure in report.failures] == ["lo�iv.txt"]
    assert report.manifest.sources[0].files["lo�iv.txt"] == ""
    assert make_builder(tmp_path).build([declared], rules).unchanged
    assert undeclared_files(folder, [declared]) == []


def test_no_file_of_a_release_can_be_written_to(
    tmp_path: Path, make_builder: Make, sources: list[Source], rules: IngestRules
) -> None:
    folder = make_builder(tmp_path).build(sources, rules).folder
    assert {path.stat().st_mode & 0o777 for path in folder.rglob("*") if path.is_file()} == {0o444}


def test_a_damaged_release_is_set_aside_and_built_again(
    tmp_path: Path, make_builder: Make, sources: list[Source], rules: IngestRules
) -> None:
    folder = make_builder(tmp_path).build(sources, rules).folder
    (folder / "passages.bin").chmod(0o644)
    (folder / "passages.bin").write_bytes(b"tampered")
    report = make_builder(tmp_path).build(sources, rules)
    assert (report.unchanged, report.encoded, report.folder) == (False, 0, folder)
    verify_release(folder)
    assert (folder.with_name(f".damaged-{folder.name}") / "passages.bin").read_bytes() == b"tampered"


def test_what_is_made_again_on_a_later_day_keeps_the_name_that_may_be_in_use(
    tmp_path: Path, make_builder: Make, sources: list[Source], rules: IngestRules
) -> None:
    folder = make_builder(tmp_path).build(sources, rules).folder
    shelf = Shelf(folder.parent, (make_builder(tmp_path).key.public,))
    shelf.publish(folder.name, by="a clerk", now=lambda: datetime.now(UTC))
    for path in (folder / "manifest.json", folder / "passages.bin"):
        path.chmod(0o644)
        path.write_bytes(b"tampered")
        later = replace(make_builder(tmp_path), now=lambda: datetime.now(UTC) + timedelta(days=40))
        assert later.build(sources, rules).manifest.release_id == folder.name
        assert (opened := shelf.open_current()) is not None
        assert opened.manifest.release_id == folder.name


def test_what_is_built_last_is_the_newest_whatever_the_clock_said(
    tmp_path: Path, make_builder: Make, sources: list[Source], rules: IngestRules
) -> None:
    def built(version: str, clock: datetime) -> str:
        builder = replace(make_builder(tmp_path), version=version, now=lambda: clock)
        return builder.build(sources, rules).manifest.release_id

    ahead, right, back = (datetime(year, 5, 1, tzinfo=UTC) for year in (2034, 2026, 2025))
    in_turn = [built("1", ahead), built("2", right), built("3", back), built("4", right), built("5", ahead)]
    listed = Shelf(tmp_path / "releases").contents().releases
    assert [manifest.release_id for manifest in listed] == in_turn
    assert [manifest.created_at[:4] for manifest in listed] == ["2034", "2026", "2025", "2026", "2034"]


def test_a_manifest_with_a_date_that_none_is_stops_no_build(
    tmp_path: Path, make_builder: Make, sources: list[Source], rules: IngestRules
) -> None:
    first = make_builder(tmp_path).build(sources, rules).folder
    raw = json.loads((first / "manifest.json").read_bytes())
    for name, date in (("xa-end-1", "9999-12-31T23:59:59.999999+00:00"), ("xa-no-1", "-"), ("xa-bare-1", "2030-01-01")):
        (first.parent / name).mkdir()
        (first.parent / name / "manifest.json").write_text(json.dumps({**raw, "created_at": date}) + "\n")
    later = replace(make_builder(tmp_path), version="2").build(sources, rules)
    assert later.manifest.made_at[:4] == "2024"


def test_what_a_killed_build_left_is_swept_up(
    tmp_path: Path, make_builder: Make, sources: list[Source], rules: IngestRules
) -> None:
    left = tmp_path / "releases" / ".building-0123"
    left.mkdir(parents=True)
    (left / "vectors.npy").write_bytes(b"half")
    make_builder(tmp_path).build(sources, rules)
    assert not left.exists()


def test_two_builds_at_once_are_refused_in_words(
    tmp_path: Path, make_builder: Make, sources: list[Source], rules: IngestRules
) -> None:
    (tmp_path / "releases").mkdir()
    with (tmp_path / "releases" / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with pytest.raises(ReleaseError, match="another build is writing"):
            make_builder(tmp_path).build(sources, rules)


@pytest.mark.parametrize("stage", ["encode", "index"])
def test_a_full_disk_leaves_no_release_and_keeps_the_vectors(
    tmp_path: Path, make_builder: Make, sources: list[Source], rules: IngestRules, stage: str
) -> None:
    def full(now: str, done: int, total: int) -> None:
        if now == stage and done:
            raise OSError(errno.ENOSPC, "No space left on device")

    with pytest.raises(ReleaseError, match="No space left on device"):
        replace(make_builder(tmp_path), progress=full).build(sources, rules)
    assert not list((tmp_path / "releases").glob("[!.]*"))
    report = make_builder(tmp_path).build(sources, rules)
    assert report.encoded == 0
    assert {path.name for path in (tmp_path / "releases").iterdir()} == {".lock", report.folder.name}


def test_the_first_batch_is_timed_like_the_others(
    tmp_path: Path, make_builder: Make, sources: list[Source], rules: IngestRules
) -> None:
    told: list[tuple[str, int]] = []
    replace(make_builder(tmp_path), progress=lambda stage, done, _: told.append((stage, done))).build(sources, rules)
    encoding = [done for stage, done in told if stage == "encode"]
    assert encoding[0] == 0  # before the first text is encoded
    assert encoding[-1] > 0


def test_a_release_of_nothing_opens(tmp_path: Path, make_builder: Make, rules: IngestRules) -> None:
    release = Release(make_builder(tmp_path).build([], rules).folder)
    assert (len(release), release.as_of, release.row_of("a"), list(release.rows_of_document("A"))) == (0, "", None, [])


def test_documents_of_a_release_from_before_scans_were_noted_are_read() -> None:
    [old] = msgspec.json.decode(b'[{"doc_id": "A-1", "title": "Act", "quality": 1.0}]', type=tuple[Document, ...])
    assert (old.quality, old.scanned) == (1.0, False)


def test_the_manifest_says_what_went_in(release: Release) -> None:
    manifest = json.loads((release.folder / "manifest.json").read_bytes())
    (source,) = manifest["sources"]
    assert (manifest["country"], manifest["documents"], manifest["passages"]) == ("XA", 3, 12)
    assert set(source["files"]) == {"passages_laws.jsonl", "documents_laws.csv"}
    assert manifest["created_at"] == "2024-05-01T00:00:00.000000+00:00"


def test_every_passage_is_found_by_its_id_and_in_its_document(release: Release) -> None:
    for row in range(len(release)):
        passage = release.stored(row).passage
        assert release.row_of(passage.passage_id) == row
        assert row in release.rows_of_document(passage.doc_id)
        assert release.document_of(row).doc_id == passage.doc_id
        first, last = release.first_segments[row], release.first_segments[row + 1]
        assert (release.segments["passage"][first:last] == row).all()
    assert release.row_of("nowhere:1") is None
    assert list(release.rows_of_document("nowhere")) == []


def test_what_is_encoded_of_other_text_says_under_which_heading_it_stands_and_of_law_does_not() -> None:
    days = Passage("fees#1", "fees", 1, "text", "Three days.", heading="Passports / How long does it take?")
    page, act = Document("fees", "Town office"), Document("ACT-1-2001", "Act on Passports", rank=2)
    assert words_above(page, days) == "Town office. How long does it take? "
    assert words_above(act, days) == "Act on Passports. "
    assert words_above(Document("fees", "fees"), replace(days, heading=None)) == ""
