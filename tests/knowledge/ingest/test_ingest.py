# SPDX-License-Identifier: Apache-2.0
"""What is declared is read; what cannot be read is listed with its reason, and stops nothing."""

from __future__ import annotations

import json
import os
import time
from pathlib import Path

import pytest

from daulat.knowledge import ingest
from daulat.knowledge import ingest as ingest_module
from daulat.knowledge.ingest import IngestRules, ingest_all
from daulat.knowledge.readers import Block, Extract, ReadingError
from daulat.knowledge.sources import folder_sources, load_sources

from .declared import SOURCES, files, ingested, lines, passage


def test_one_bad_file_is_listed_and_the_others_are_read(tmp_path: Path) -> None:
    (tmp_path / "good.txt").write_text("Nobody pays.")
    (tmp_path / "bad.txt").write_bytes(b"\xff\xfe\x00")
    (tmp_path / "empty.txt").touch()
    result = ingested(tmp_path, "text", "*.txt")
    assert [item.passages[0].text for item in result.documents] == ["Nobody pays."]
    assert [failure.path for failure in result.failures] == ["bad.txt", "empty.txt"]
    assert all(failure.reason and failure.fix for failure in result.failures)


def test_a_document_that_gives_no_passage_is_a_failure_with_its_reason(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "law.txt").write_text("Nobody pays.")
    monkeypatch.setattr(ingest_module, "cut_blocks", lambda *_, **__: [])
    result = ingested(tmp_path, "text", "*.txt")
    assert result.documents == ()
    assert [(each.path, "no passage" in each.reason, bool(each.fix)) for each in result.failures] == [
        ("law.txt", True, True)
    ]


def test_what_matches_and_is_no_file_is_listed_with_what_it_is(tmp_path: Path) -> None:
    (tmp_path / "good.txt").write_text("Nobody pays.")
    (tmp_path / "folder.txt").mkdir()
    os.mkfifo(tmp_path / "pipe.txt")
    (tmp_path / "astray.txt").symlink_to("gone.txt")
    (tmp_path / "round.txt").symlink_to("round.txt")
    result = ingested(tmp_path, "text", "*.txt")
    assert [item.path for item in result.documents] == ["good.txt"]
    assert {failure.path: failure.reason for failure in result.failures} == {
        "astray.txt": "it is a link that leads nowhere and no file",
        "folder.txt": "it is a folder and no file",
        "pipe.txt": "it is a pipe and no file",
        "round.txt": "it is a link that leads nowhere and no file",
    }


def test_a_file_whose_name_is_not_utf8_is_listed_and_stops_no_other(tmp_path: Path) -> None:
    (tmp_path / "good.txt").write_text("Nobody pays.")
    (tmp_path / os.fsdecode(b"lo\xf5iv.txt")).write_text("Everybody pays.")
    result = ingested(tmp_path, "text", "*.txt")
    assert [item.path for item in result.documents] == ["good.txt"]
    assert [(each.path, each.reason) for each in result.failures] == [("lo�iv.txt", "its name is not written in UTF-8")]


def test_folders_on_the_way_of_a_pattern_are_no_failures(tmp_path: Path) -> None:
    (tmp_path / "laws" / "old").mkdir(parents=True)
    (tmp_path / "laws" / "old" / "one").write_text("Nobody pays.")
    result = ingested(tmp_path, "text", "laws/**/*")
    assert ([item.path for item in result.documents], result.failures) == (["laws/old/one"], ())


ORDERS = "\x1b[8m\x1b]52;c;cm0=\x07\x1b]8;;https://a.example\x1b\\\x9b\x7f\u202e"  # hide, copy, link, turn round


FILES = {
    "text": f"{ORDERS}Pay{ORDERS} ten.",
    "markdown": f"# {ORDERS}Fees\n\nPay{ORDERS} ten.",
    "html": f"<title>{ORDERS}Fees</title><h1>Fees{ORDERS}</h1><p>Pay{ORDERS} ten.</p>",
    "jsonl": json.dumps({"passage_id": f"A{ORDERS}:1", "doc_id": f"A{ORDERS}", "text": f"Pay{ORDERS} ten."}),
}


@pytest.mark.parametrize("form", FILES)
def test_no_control_character_of_a_document_comes_in(tmp_path: Path, form: str) -> None:
    (tmp_path / "fees.x").write_text(FILES[form])
    (tmp_path / "table.csv").write_text(f"file,doc_id,citation\nfees.x,A,Act{ORDERS} 1\n")
    [item] = ingested(tmp_path, form, "*.x", "      documents: {path: table.csv}\n").documents
    [passage] = item.passages
    assert (passage.text, item.document.doc_id, item.document.citation) == ("Pay ten.", "A", "Act 1")
    named = f"{item.document.title} {passage.passage_id} {passage.heading}"
    assert named.isprintable()


def test_a_file_that_is_not_declared_is_not_read(tmp_path: Path) -> None:
    (tmp_path / "law.txt").write_text("Nobody pays.")
    (tmp_path / "invented.md").write_text("Everybody pays.")
    result = ingested(tmp_path, "text", "*.txt")
    assert len(result.documents) == 1
    assert "Everybody" not in result.documents[0].passages[0].text


def test_whether_a_text_was_read_from_a_scan_is_what_its_reader_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "law.txt").write_text("Nobody pays.")
    plain = ingested(tmp_path, "text", "*.txt").documents[0].document
    monkeypatch.setattr(ingest, "read_document", lambda *_: Extract((Block("text", "Be ae aoe"),), by_ocr=True))
    scan = ingested(tmp_path, "text", "*.txt").documents[0].document
    assert [(each.scanned, each.quality) for each in (plain, scan)] == [(False, None), (True, None)]


def test_provenance_travels_with_every_document(tmp_path: Path) -> None:
    (tmp_path / "law.txt").write_text("Nobody pays.")
    document = ingested(tmp_path, "text", "*.txt").documents[0].document
    assert (document.publisher, document.licence, document.jurisdiction) == ("Government of Exampland", "CC0-1.0", "XA")
    assert (document.retrieved, document.coverage_date, document.status) == ("2024-05-02", "2024-05-01", "not_law")


def test_a_path_that_matches_nothing_is_a_failure_not_a_silence(tmp_path: Path) -> None:
    assert [failure.reason for failure in ingested(tmp_path, "text", "*.txt").failures] == ["no file matches"]


def test_what_stood_before_the_damage_of_a_file_is_kept(tmp_path: Path) -> None:
    whole = lines(*(passage(f"D{n}", n, "Text " * 20) for n in range(3000)))
    (tmp_path / "passages_x.jsonl.gz").write_bytes(whole[: len(whole) // 2])
    result = ingest_all(folder_sources(tmp_path), IngestRules())
    assert len(result.documents) > 100
    assert "damaged" in result.failures[0].reason


def test_contexts_keep_their_ids(tmp_path: Path) -> None:
    (tmp_path / "contexts.jsonl.gz").write_bytes(lines({"context_id": "c1", "text": "A river."}))
    (item,) = ingest_all(folder_sources(tmp_path, language="en"), IngestRules()).documents
    assert (item.passages[0].passage_id, item.document.language) == ("c1", "en")


def test_a_file_that_takes_long_is_named_meanwhile(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def slow(path: Path, *_: object) -> None:
        deadline = time.monotonic() + 30
        while not caplog.messages and time.monotonic() < deadline:
            time.sleep(0.001)
        raise ReadingError(f"{path.name} is slow", fix="-")

    files(tmp_path, "docs/births.md")
    monkeypatch.setattr(ingest_module, "_TOLD_AFTER_S", 0.0)
    monkeypatch.setattr(ingest_module, "read_document", slow)
    assert ingested(tmp_path, "markdown", "docs/*.md").documents == ()
    assert caplog.messages == ["still reading births.md"]


def test_a_document_is_called_by_its_only_title_of_the_first_level(tmp_path: Path) -> None:
    (tmp_path / "land.md").write_text("# Land Act\n\nNobody pays.\n\n## Part I\n\n### Section 36\n\nA proprietor pays.")
    (tmp_path / "parts.md").write_text("# Section 1\n\nNobody pays.\n\n# Section 2\n\nAll pay.")
    text = SOURCES.replace("FORMAT", "markdown").replace("PATH", "*.md").replace("{title: Texts of Exampland, ", "{")
    (tmp_path / "sources.yaml").write_text(text)
    land, parts = ingest_all(load_sources(tmp_path / "sources.yaml"), IngestRules()).documents
    assert (land.document.title, parts.document.title) == ("Land Act", "xa.parts")
    assert [(p.passage_id, p.heading) for p in land.passages] == [
        ("xa.land:land-act#0", None),
        ("xa.land:section-36#1", "Part I / Section 36"),  # the title is told of the document
    ]
    assert [p.heading for p in parts.passages] == ["Section 1", "Section 2"]


def test_a_passage_that_only_repeats_the_title_is_left_out_and_one_that_says_more_is_kept(
    tmp_path: Path,
) -> None:
    text = SOURCES.replace("FORMAT", "markdown").replace("PATH", "*.md").replace("{title: Texts of Exampland, ", "{")
    (tmp_path / "sources.yaml").write_text(text)
    title = "Land Act of the Northern and Southern Isles"
    (tmp_path / "name.md").write_text(f"# {title}\n\nThe {title}\n\n## 1\n\nAll pay.")
    (tmp_path / "repeal.md").write_text(f"# {title}\n\n{title} is repealed.\n\n## 1\n\nNobody pays.")
    name, repeal = ingest_all(load_sources(tmp_path / "sources.yaml"), IngestRules()).documents
    assert [passage.text for passage in name.passages] == ["All pay."]
    assert [passage.text for passage in repeal.passages] == [f"{title} is repealed.", "Nobody pays."]


@pytest.mark.parametrize(("form", "name"), [("text", "law.txt"), ("jsonl", "law.jsonl")])
def test_a_source_of_one_document_without_a_title_gives_it_its_own(tmp_path: Path, form: str, name: str) -> None:
    (tmp_path / name).write_text(json.dumps(passage("A", 1)))
    text = SOURCES.replace("FORMAT", form).replace("PATH", name).replace("{title: Texts of Exampland, ", "{")
    (tmp_path / "sources.yaml").write_text(text)
    (item,) = ingest_all(load_sources(tmp_path / "sources.yaml"), IngestRules()).documents
    assert item.document.title == "Texts of Exampland"
