# SPDX-License-Identifier: Apache-2.0
"""An id names one text in the whole release, and every file gets one of its own."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from daulat.knowledge._naming import document_ids
from daulat.knowledge.ingest import IngestRules, ingest_all
from daulat.knowledge.sources import folder_sources, load_sources

from .declared import SOURCES, files, folder_source, ingested, lines, passage


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


def test_the_guide_on_everyday_questions_shows_an_id_of_the_form_that_is_made(tmp_path: Path) -> None:
    guide = Path(__file__).parents[3] / "docs/guides/write-everyday-questions.md"
    [shown] = re.findall(r'\{"passages": \["(.+?)"\]', guide.read_text(encoding="utf-8"))
    (tmp_path / "births.txt").write_text(
        "\n\n".join(["Births", *(f"Section {n}\n\nA birth is told." for n in range(1, 6))])
    )
    [item] = ingested(tmp_path, "text", "births.txt").documents
    assert shown.replace("xa-acts", "xa") in [passage.passage_id for passage in item.passages]
