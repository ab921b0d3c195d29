# SPDX-License-Identifier: Apache-2.0
"""What is declared is read; what cannot be read is listed with its reason, and stops nothing."""

from __future__ import annotations

import gzip
import json
import os
import re
import time
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from daulat.knowledge import ingest
from daulat.knowledge import ingest as ingest_module
from daulat.knowledge._naming import document_ids
from daulat.knowledge.ingest import Ingested, IngestRules, ingest_all
from daulat.knowledge.readers import Block, Extract, ReadingError
from daulat.knowledge.sources import Source, folder_sources, load_sources

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
        f"document A was already read from {folder_sources(tmp_path)[0].id} passages_x.jsonl",
    ]


def test_a_passage_id_names_one_text_in_the_whole_release(tmp_path: Path) -> None:
    born, dog = (
        passage("A", 1, "A birth is reported."),
        passage("A", 1, "A dog licence costs twelve euro.") | {"doc_id": "B"},
    )
    (tmp_path / "a.jsonl").write_text(json.dumps(born))
    (tmp_path / "b.jsonl").write_text("\n".join(map(json.dumps, (dog, passage("B", 2)))))
    result = ingested(tmp_path, "jsonl", "*.jsonl")
    assert [p.text for item in result.documents for p in item.passages] == ["A birth is reported.", "Text."]
    assert [(f.path, f.reason) for f in result.failures] == [
        ("b.jsonl line 1", "passage A:1 was already read from xa a.jsonl")
    ]


def test_a_copy_of_a_document_is_one_failure_not_one_a_passage(tmp_path: Path) -> None:
    for name in "ab":
        (tmp_path / f"{name}.jsonl").write_text("\n".join(json.dumps(passage("A", n)) for n in range(20)))
    result = ingested(tmp_path, "jsonl", "*.jsonl")
    assert [(f.path, f.doc_id) for f in result.failures] == [("b.jsonl", "A")]


def test_a_passage_of_ready_lines_cannot_take_the_id_of_one_that_was_cut(tmp_path: Path) -> None:
    (tmp_path / "fees.md").write_text("Nobody pays.")
    (tmp_path / "more.jsonl").write_text(json.dumps({"passage_id": "xa.fees:text#0", "doc_id": "B", "text": "Who?"}))
    text = SOURCES.replace("FORMAT", "jsonl").replace("PATH", "*.jsonl")
    second = text.partition("sources:\n")[2].replace("id: xa", "id: xb")
    (tmp_path / "sources.yaml").write_text(SOURCES.replace("FORMAT", "markdown").replace("PATH", "*.md") + second)
    result = ingest_all(load_sources(tmp_path / "sources.yaml"), IngestRules())
    assert [item.document.doc_id for item in result.documents] == ["xa.fees"]
    assert result.failures[0].reason == "passage xa.fees:text#0 was already read from xa fees.md"


@pytest.mark.parametrize(
    ("record", "reason"),
    [
        ({"passage_id": 7, "doc_id": "A"}, "`passage_id` is 7, not text"),
        ({"passage_id": "p", "doc_id": {"x": 1}}, '`doc_id` is {"x": 1}, not text'),
        ({"passage_id": "p", "doc_id": True}, "`doc_id` is true, not text"),
        ({"passage_id": "p"}, "names no document"),
        ({"doc_id": "A"}, "names no passage"),
    ],
)
def test_an_id_that_is_no_text_is_said_to_be_none(tmp_path: Path, record: dict[str, object], reason: str) -> None:
    (tmp_path / "a.jsonl").write_text(json.dumps(record | {"text": "Text."}))
    result = ingested(tmp_path, "jsonl", "*.jsonl")
    assert (result.documents, [failure.reason for failure in result.failures]) == ((), [reason])


def test_a_line_without_a_document_is_told_where_one_may_be_named(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_text(json.dumps({"passage_id": "p", "text": "Text."}))
    [failure] = ingested(tmp_path, "jsonl", "*.jsonl").failures
    assert "`document: {doc_id: ...}`" in failure.fix
    assert "`fields`" in failure.fix


def files(folder: Path, *paths: str) -> None:
    for path in paths:
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(f"Text of {path}.")


def ids(folder: Path, pattern: str = "**/*.md") -> dict[str, str]:
    result = ingested(folder, "markdown", pattern)
    assert result.failures == ()
    return {item.path: item.document.doc_id for item in result.documents}


def test_files_of_one_name_in_two_folders_are_two_documents(tmp_path: Path) -> None:
    files(tmp_path, "f/2023/fees.md", "f/2024/fees.md", "f/2024/Fees 2.md")
    assert ids(tmp_path, "f/**/*.md") == {
        "f/2023/fees.md": "xa.fees",  # as before there was a second one
        "f/2024/fees.md": "xa.2024-fees",
        "f/2024/Fees 2.md": "xa.Fees-2",
    }


def test_names_of_every_script_are_names(tmp_path: Path) -> None:
    files(tmp_path, "żółć.md", "日本.md", "शुल्क.md", "رسوم.md", "§.md", "§§.md", "gebühr.md")
    found = ids(tmp_path)
    assert [found[name] for name in ("日本.md", "शुल्क.md", "رسوم.md")] == ["xa.日本", "xa.शुल्क", "xa.رسوم"]
    assert found["żółć.md"] == "xa.żółć"
    assert found["gebühr.md"] == "xa.geb-hr"  # as it always was: an id that citations name stays
    assert len(set(found.values())) == 7


_NAME = st.text(st.characters(codec="utf-8", exclude_characters="/\0"), min_size=1, max_size=12).filter(
    lambda name: name not in (".", "..") and not name.startswith(".")
)


@given(paths=st.sets(st.lists(_NAME, min_size=1, max_size=3).map("/".join), min_size=1, max_size=12))
def test_every_file_has_an_id_of_its_own_whatever_it_is_called(paths: set[str]) -> None:
    source = folder_source("**/*")
    listed = [source.root / path for path in sorted(paths)]
    found = document_ids(source, listed, {path: {} for path in listed})
    assert len(set(found.values())) == len(listed)
    assert all(doc_id.startswith("xa.") and doc_id != "xa." for doc_id in found.values())
    deeper = source.root / "z/z/z/z/fees"
    more = [*listed, deeper]
    assert found.items() <= document_ids(source, more, {path: {} for path in more}).items()
    plain = {path: re.sub("[^A-Za-z0-9]+", "-", path.stem).strip("-") for path in listed}
    if all(plain.values()) and len(set(plain.values())) == len(listed):
        assert found == {path: f"xa.{name}" for path, name in plain.items()}


def folder_source(pattern: str) -> Source:
    text = SOURCES.partition("sources:\n")[2].replace("FORMAT", "markdown").replace("PATH", pattern)
    return Source.model_validate(yaml.safe_load(text)[0]).at(Path("/declared"))


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


def test_contexts_keep_their_ids(tmp_path: Path) -> None:
    (tmp_path / "contexts.jsonl.gz").write_bytes(lines({"context_id": "c1", "text": "A river."}))
    (item,) = ingest_all(folder_sources(tmp_path, language="en"), IngestRules()).documents
    assert (item.passages[0].passage_id, item.document.language) == ("c1", "en")


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


def test_the_guide_on_everyday_questions_shows_an_id_of_the_form_that_is_made(tmp_path: Path) -> None:
    guide = Path(__file__).parents[3] / "docs/guides/write-everyday-questions.md"
    [shown] = re.findall(r'\{"passages": \["(.+?)"\]', guide.read_text(encoding="utf-8"))
    (tmp_path / "births.txt").write_text(
        "\n\n".join(["Births", *(f"Section {n}\n\nA birth is told." for n in range(1, 6))])
    )
    [item] = ingested(tmp_path, "text", "births.txt").documents
    assert shown.replace("xa-acts", "xa") in [passage.passage_id for passage in item.passages]
