# SPDX-License-Identifier: Apache-2.0
"""A table says what each document is: its title, topics, language and service; every fault of a row is told."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from daulat.knowledge.ingest import IngestRules, ingest_all
from daulat.knowledge.sources import folder_sources, load_sources

from .declared import SOURCES, files, ingested, lines, passage


def test_a_table_names_files_by_their_path_and_by_name_only_where_that_tells_one(tmp_path: Path) -> None:
    files(tmp_path, "f/2023/fees.md", "f/2024/fees.md", "f/2024/card.md")
    table = "      documents: {path: t.csv}\n"
    (tmp_path / "t.csv").write_text("file,doc_id\nf/2023/fees.md,OLD\nf/2024/fees.md,NEW\ncard.md,CARD\n")
    result = ingested(tmp_path, "markdown", "f/**/*.md", table)
    assert {item.path: item.document.doc_id for item in result.documents} == {
        "f/2023/fees.md": "OLD",
        "f/2024/fees.md": "NEW",
        "f/2024/card.md": "CARD",
    }
    (tmp_path / "t.csv").write_text("file,doc_id\nfees.md,OLD\ncard.md,CARD\n")
    result = ingested(tmp_path, "markdown", "f/**/*.md", table)
    assert [item.document.doc_id for item in result.documents] == ["CARD"]
    assert [failure.path for failure in result.failures] == ["f/2023/fees.md", "f/2024/fees.md"]
    assert "`f/2023/fees.md`" in result.failures[0].fix


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


@pytest.mark.parametrize(
    ("table", "corrections", "reason"),
    [
        ("doc_id\nA\n", "title,original\nFee,Fec\n", "titles.csv has no `doc_id` among its columns"),
        ("doc_id\nA\n", "x\ny\n", "titles.csv has no `doc_id` and no `title` among its columns"),
        ("id\nA\n", "doc_id,title\n", "documents.csv has neither `doc_id` nor `file` among its columns"),
    ],
)
def test_a_table_without_its_columns_names_them(tmp_path: Path, table: str, corrections: str, reason: str) -> None:
    (tmp_path / "passages.jsonl").write_text(json.dumps(passage("A", 1)))
    (tmp_path / "documents.csv").write_text(table)
    (tmp_path / "titles.csv").write_text(corrections)
    more = "      documents: {path: documents.csv, corrections: titles.csv}\n"
    assert [failure.reason for failure in ingested(tmp_path, "jsonl", "passages.jsonl", more).failures] == [reason]


@pytest.mark.parametrize(
    ("column", "value", "told"),
    [
        ("oov_rate", "much", "no number"),
        ("relations", "[1]", "no JSON object of lists"),
        ("relations", "{broken", "is no JSON"),
        ("relations", '"{""revokd_by"": [""B""]}"', "did you mean `revoked_by`?"),
        ("relations", '"{""repealed"": [""B""]}"', "write one of revoked_by"),
        ("relations", '"{""revoked_by"": ""B""}"', "no list of document ids after `revoked_by`"),
        ("status", "rvoked", "write one of in_force"),
        ("date", "32 Foo", "write it as `1930-02-28`"),
        ("date", "1930-02-30", "write it as `1930-02-28`"),
        ("year", "19x8", "no year"),
        ("language", "Swahili!", "no tag of BCP 47"),
        ("url", "javascript:alert(document.domain)", "no address of a page"),
        ("year", "9" * 200_000, "holds 200,000 characters"),
    ],
)
def test_a_bad_cell_of_the_table_names_its_column(tmp_path: Path, column: str, value: str, told: str) -> None:
    (tmp_path / "passages_x.jsonl.gz").write_bytes(lines(passage("A", 1)))
    (tmp_path / "documents_x.csv").write_text(f"doc_id,{column}\nA,{value}\n")
    result = ingest_all(folder_sources(tmp_path), IngestRules())
    assert result.documents == ()
    (failure,) = result.failures
    assert failure.reason.startswith(f"documents_x.csv line 2, A: `{column}`")
    assert told in failure.reason


def test_one_cell_that_is_too_wide_costs_its_row_and_no_other(tmp_path: Path) -> None:
    (tmp_path / "passages_x.jsonl.gz").write_bytes(lines(passage("A", 1), passage("B", 1)))
    (tmp_path / "documents_x.csv").write_text(f"doc_id,title\nA,{'9' * 200_000}\nB,Births Act\n")
    result = ingest_all(folder_sources(tmp_path), IngestRules())
    assert [item.document.title for item in result.documents] == ["Births Act"]
    assert [failure.reason.partition(": ")[0] for failure in result.failures] == ["documents_x.csv line 2, A"]


def test_all_faults_of_a_row_are_told_at_once(tmp_path: Path) -> None:
    (tmp_path / "passages_x.jsonl.gz").write_bytes(lines(passage("A", 1)))
    (tmp_path / "documents_x.csv").write_text("doc_id,title,date,year,relations\nA,Act,32 Foo,19x8,{not json\n")
    (failure,) = ingest_all(folder_sources(tmp_path), IngestRules()).failures
    assert all(f"`{column}`" in failure.reason for column in ("date", "year", "relations"))


def test_a_service_of_a_table_is_one_that_there_is(tmp_path: Path) -> None:
    (tmp_path / "passages.jsonl").write_text("\n".join(json.dumps(passage(doc, 1)) for doc in "AB"))
    (tmp_path / "t.csv").write_text("doc_id,services\nA,wellbeing|all\nB,helth\n")
    text = SOURCES.replace("FORMAT", "jsonl").replace("PATH", "passages.jsonl") + "      documents: {path: t.csv}\n"
    (tmp_path / "sources.yaml").write_text(text)
    result = ingest_all(load_sources(tmp_path / "sources.yaml", services=["all", "health"]), IngestRules())
    assert [item.document.services for item in result.documents] == [("all", "health")]
    assert "there is no service `helth`; did you mean `health`?" in result.failures[0].reason


def test_a_row_may_name_a_file_by_the_id_that_it_is_given(tmp_path: Path) -> None:
    files(tmp_path, "docs/births.md", "docs/deaths.md")
    (tmp_path / "t.csv").write_text(
        "doc_id,title,date\nxa.births,Births Act,1930\nxa.brths,Births,\nxa.births,Act,1931\n"
    )
    result = ingested(tmp_path, "markdown", "docs/*.md", "      documents: {path: t.csv}\n")
    assert {item.path: item.document.date for item in result.documents} == {
        "docs/births.md": "1931",
        "docs/deaths.md": "",
    }
    assert [(failure.path, failure.reason) for failure in result.failures] == [
        ("docs/deaths.md", "no row of t.csv is for it; it was read without one"),
        ("t.csv line 2", "t.csv line 4, xa.births is for the same document and counts alone"),
        ("t.csv line 3", "no document that was read is called `xa.brths`"),
    ]


def test_rows_of_a_table_that_two_sources_share_name_something_in_either(tmp_path: Path) -> None:
    files(tmp_path, "a/fees.md", "b/card.md")
    (tmp_path / "t.csv").write_text("file,title\nfees.md,Fees\ncard.md,Card\n")
    one = SOURCES.replace("FORMAT", "markdown") + "      documents: {path: t.csv}\n"
    second = one.partition("sources:\n")[2].replace("id: xa", "id: xb").replace("PATH", "b/*.md")
    (tmp_path / "sources.yaml").write_text(one.replace("PATH", "a/*.md") + second)
    assert ingest_all(load_sources(tmp_path / "sources.yaml"), IngestRules()).failures == ()


def test_each_line_and_each_row_says_its_own_language(tmp_path: Path) -> None:
    (tmp_path / "faq.jsonl").write_text(
        "\n".join(
            json.dumps(passage(doc, n) | {"language": language})
            for doc, n, language in (("A", 1, "en"), ("A", 2, "sw"), ("B", 1, "sw"), ("C", 1, ""), ("D", 1, "Swahili!"))
        )
    )
    (tmp_path / "t.csv").write_text("doc_id,language\nA,\nB,\nC,fr\n")
    result = ingested(tmp_path, "jsonl", "faq.jsonl", "      documents: {path: t.csv}\n")
    spoken = {
        item.document.doc_id: (item.document.language, [p.language for p in item.passages]) for item in result.documents
    }
    assert spoken == {"A": ("en", [None, "sw"]), "B": ("sw", [None]), "C": ("fr", [None])}
    assert "no tag of BCP 47" in result.failures[0].reason


def test_a_row_says_the_language_of_its_file(tmp_path: Path) -> None:
    files(tmp_path, "fees.md", "ada.md")
    (tmp_path / "t.csv").write_text("file,language\nfees.md,\nada.md,sw\n")
    result = ingested(tmp_path, "markdown", "*.md", "      documents: {path: t.csv}\n")
    assert {item.path: item.document.language for item in result.documents} == {"fees.md": "en", "ada.md": "sw"}
