# SPDX-License-Identifier: Apache-2.0
"""What is declared is read; what cannot be read is listed with its reason, and stops nothing."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest

from daulat.knowledge.ingest import Ingested, IngestRules, ingest_all
from daulat.knowledge.sources import folder_sources, load_sources

SOURCES = """
format: 1
sources:
  - id: xa
    title: Texts of Exampland
    publisher: Government of Exampland
    jurisdiction: XA
    licence: CC0-1.0
    retrieved: 2024-05-02
    coverage_date: 2024-05-01
    language: en
    services: [all]
    service_names: {wellbeing: health}
    document: {title: Texts of Exampland, status: not_law}
    read:
      format: FORMAT
      path: "PATH"
"""


def ingested(folder: Path, form: str, pattern: str, more: str = "") -> Ingested:
    (folder / "sources.yaml").write_text(SOURCES.replace("FORMAT", form).replace("PATH", pattern) + more)
    return ingest_all(load_sources(folder / "sources.yaml"), IngestRules())


def lines(*records: object) -> bytes:
    return gzip.compress("\n".join(r if isinstance(r, str) else json.dumps(r) for r in records).encode())


def passage(doc: str, number: int, text: str = "Text.") -> dict[str, object]:
    return {"passage_id": f"{doc}:{number}", "doc_id": doc, "text": text}


def test_one_bad_file_is_listed_and_the_others_are_read(tmp_path: Path) -> None:
    (tmp_path / "good.txt").write_text("Nobody pays.")
    (tmp_path / "bad.txt").write_bytes(b"\xff\xfe\x00")
    (tmp_path / "empty.txt").touch()
    result = ingested(tmp_path, "text", "*.txt")
    assert [item.passages[0].text for item in result.documents] == ["Nobody pays."]
    assert [failure.path for failure in result.failures] == ["bad.txt", "empty.txt"]
    assert all(failure.reason and failure.fix for failure in result.failures)


def test_a_file_that_is_not_declared_is_not_read(tmp_path: Path) -> None:
    (tmp_path / "law.txt").write_text("Nobody pays.")
    (tmp_path / "invented.md").write_text("Everybody pays.")
    result = ingested(tmp_path, "text", "*.txt")
    assert len(result.documents) == 1
    assert "Everybody" not in result.documents[0].passages[0].text


def test_provenance_travels_with_every_document(tmp_path: Path) -> None:
    (tmp_path / "law.txt").write_text("Nobody pays.")
    document = ingested(tmp_path, "text", "*.txt").documents[0].document
    assert (document.publisher, document.licence, document.jurisdiction) == ("Government of Exampland", "CC0-1.0", "XA")
    assert (document.retrieved, document.coverage_date, document.status) == ("2024-05-02", "2024-05-01", "not_law")


def test_a_path_that_matches_nothing_is_a_failure_not_a_silence(tmp_path: Path) -> None:
    assert [failure.reason for failure in ingested(tmp_path, "text", "*.txt").failures] == ["no file matches"]


def test_passage_ids_are_kept_as_given_and_bad_lines_listed(tmp_path: Path) -> None:
    records = [passage("A", 1), "not json", passage("A", 2), passage("B", 1, "  "), passage("B", 2), {"text": "x"}]
    (tmp_path / "passages_x.jsonl.gz").write_bytes(lines(*records))
    result = ingest_all(folder_sources(tmp_path), IngestRules())
    assert [p.passage_id for item in result.documents for p in item.passages] == ["A:1", "A:2", "B:2"]
    assert sorted(failure.path.rpartition(" ")[2] for failure in result.failures) == ["2", "4", "6"]


def test_passages_of_a_document_need_not_stand_together(tmp_path: Path) -> None:
    (tmp_path / "passages_x.jsonl.gz").write_bytes(lines(passage("A", 1), passage("B", 1), passage("A", 2)))
    result = ingest_all(folder_sources(tmp_path), IngestRules())
    assert [[p.passage_id for p in item.passages] for item in result.documents] == [["A:1", "A:2"], ["B:1"]]
    assert [p.seq for p in result.documents[0].passages] == [0, 1]


def test_the_same_passage_or_document_twice_is_a_failure(tmp_path: Path) -> None:
    (tmp_path / "passages_x.jsonl").write_text("\n".join(json.dumps(passage("A", n)) for n in (1, 1)))
    (tmp_path / "passages_y.jsonl").write_text(json.dumps(passage("A", 3)))
    result = ingest_all(folder_sources(tmp_path), IngestRules())
    assert [failure.reason for failure in result.failures] == [
        "passage A:1 stands in this file twice",
        f"document A was already read from {folder_sources(tmp_path)[0].id}",
    ]


def test_what_stood_before_the_damage_of_a_file_is_kept(tmp_path: Path) -> None:
    whole = lines(*(passage(f"D{n}", n, "Text " * 20) for n in range(3000)))
    (tmp_path / "passages_x.jsonl.gz").write_bytes(whole[: len(whole) // 2])
    result = ingest_all(folder_sources(tmp_path), IngestRules())
    assert len(result.documents) > 100
    assert "damaged" in result.failures[0].reason


def test_a_table_gives_titles_topics_and_addresses(tmp_path: Path) -> None:
    (tmp_path / "passages.jsonl").write_text(json.dumps(passage("A", 1)))
    (tmp_path / "documents.csv").write_text(
        "doc_id,title,topics,page\nA,Fec schedule,wellbeing|tax,https://xa.example/a\n"
    )
    (tmp_path / "titles.csv").write_text("doc_id,title,original\nA,Fee schedule,Fec schedule\n")
    table = "      documents: {path: documents.csv, columns: {services: topics, url: page}, corrections: titles.csv}\n"
    document = ingested(tmp_path, "jsonl", "passages.jsonl", table).documents[0].document
    assert (document.title, document.url) == ("Fee schedule", "https://xa.example/a")
    assert document.services == ("all", "health", "tax")


def test_contexts_keep_their_ids(tmp_path: Path) -> None:
    (tmp_path / "contexts.jsonl.gz").write_bytes(lines({"context_id": "c1", "text": "A river."}))
    (item,) = ingest_all(folder_sources(tmp_path, language="en"), IngestRules()).documents
    assert (item.passages[0].passage_id, item.document.language) == ("c1", "en")


@pytest.mark.parametrize(("column", "value"), [("oov_rate", "much"), ("relations", "[1]")])
def test_a_bad_cell_of_the_table_names_its_column(tmp_path: Path, column: str, value: str) -> None:
    (tmp_path / "passages_x.jsonl.gz").write_bytes(lines(passage("A", 1)))
    (tmp_path / "documents_x.csv").write_text(f"doc_id,{column}\nA,{value}\n")
    result = ingest_all(folder_sources(tmp_path), IngestRules())
    if column == "relations":  # without rules of law a relation table says nothing
        assert len(result.documents) == 1
    else:
        assert f"`{column}` of A" in result.failures[0].reason
