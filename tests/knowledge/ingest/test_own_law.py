# SPDX-License-Identifier: Apache-2.0
"""A nation without a pack says what became of its law, in a table or in `relations.yaml`; nothing of it is lost."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from daulat.knowledge.errors import SourceError
from daulat.knowledge.ingest import Ingested, IngestedDocument, IngestRules, ingest_all
from daulat.knowledge.legal import RelationBook, status_of
from daulat.knowledge.opening import nation_rules
from daulat.knowledge.sources import load_sources
from daulat.knowledge.types import Document, LegalStatus, Relation

SOURCES = """
format: 1
sources:
  - id: xa
    title: Laws of Exampland
    publisher: Parliament of Exampland
    jurisdiction: XA
    licence: CC0-1.0
    retrieved: 2024-05-02
    coverage_date: 2024-05-01
    language: en
    document: {status: in_force}
    read: {format: FORMAT, path: "PATH"TABLE}
"""
RELATIONS = """
format: 1
acts:
  - act: ACT-9-2020
    title: Repeal Act
    since: '2020-02-02'
    source: Gazette
    revokes: [xa.dog]
    amends: [{doc_id: CAP149, articles: ['8']}]
"""


def read(folder: Path, form: str, pattern: str, table: str = "") -> dict[str, IngestedDocument]:
    return {item.document.doc_id: item for item in ingested(folder, form, pattern, table).documents}


def ingested(folder: Path, form: str, pattern: str, table: str = "") -> Ingested:
    text = SOURCES.replace("FORMAT", form).replace("PATH", pattern)
    declared = folder / "sources.yaml"
    declared.write_text(text.replace("TABLE", f", documents: {{path: {table}}}" if table else ""))
    return ingest_all(load_sources(declared), nation_rules(None, declared))


def articles(folder: Path, *articles: tuple[str, str]) -> None:
    rows = [{"passage_id": f"{doc}:{n}", "doc_id": doc, "article": n, "text": f"Text {n}."} for doc, n in articles]
    (folder / "law.jsonl").write_text("\n".join(map(json.dumps, rows)))


def test_a_row_says_the_status_of_its_document_and_who_revoked_it(tmp_path: Path) -> None:
    (tmp_path / "dog.md").write_text("## Section 4 Fee\n\nEvery owner of a dog shall pay fifty shillings.")
    (tmp_path / "cat.md").write_text("## Section 1\n\nA cat is free.")
    (tmp_path / "t.csv").write_text(
        "file,doc_id,title,citation,status,relations\n"
        'dog.md,DOG,Dog Licences Act,Cap. 500,revoked,"{""revoked_by"":[""ACT9-2020""]}"\n'
        "cat.md,CAT,Cats Act,Cap. 501,amended,\n"
    )
    found = read(tmp_path, "markdown", "*.md", "t.csv")
    assert [found[name].document.status for name in ("DOG", "CAT")] == ["revoked", "amended"]
    (passage,) = found["DOG"].passages
    assert passage.status == "revoked"
    assert found["DOG"].statuses[passage.passage_id].by == "ACT9-2020"
    assert found["DOG"].document.relations[0].source == "Laws of Exampland"


def test_a_revoked_act_is_history_though_only_its_row_says_so(tmp_path: Path) -> None:
    articles(tmp_path, ("DOG", "1"), ("NEW", "1"))
    (tmp_path / "t.csv").write_text('doc_id,status,relations\nDOG,revoked,\nNEW,,"{""amends"":[""CAT""]}"\n')
    found = read(tmp_path, "jsonl", "law.jsonl", "t.csv")
    assert (found["DOG"].passages[0].status, found["NEW"].passages[0].status) == ("revoked", "in_force")


def test_a_relation_of_a_table_counts_for_both_documents(tmp_path: Path) -> None:
    articles(tmp_path, ("CAP500", "1"), ("CAP149", "8"), ("ACT-9-2020", "1"))
    (tmp_path / "t.csv").write_text(
        "doc_id,title,date,relations\n"
        'CAP500,Dog Licences Act,,"{""revoked_by"": [""ACT-9-2020""]}"\n'
        "CAP149,Births Act,,\n"
        'ACT-9-2020,Repeal Act,2020-02-02,"{""amends"": [""CAP149""]}"\n'
    )
    found = read(tmp_path, "jsonl", "law.jsonl", "t.csv")
    assert found["CAP500"].passages[0].status == "revoked"
    assert found["CAP149"].passages[0].status == "amended"
    status = found["CAP149"].statuses["CAP149:8"]
    assert (status.by, status.by_title, status.since) == ("ACT-9-2020", "Repeal Act", "2020-02-02")


def test_relations_beside_the_sources_are_read_without_a_pack(tmp_path: Path) -> None:
    (tmp_path / "relations.yaml").write_text(RELATIONS)
    (tmp_path / "dog.md").write_text("Every owner of a dog shall pay fifty shillings.")
    (dog,) = read(tmp_path, "markdown", "*.md").values()
    assert (dog.document.status, dog.passages[0].status) == ("revoked", "revoked")
    assert dog.statuses[dog.passages[0].passage_id].by_title == "Repeal Act"


def test_a_relation_of_a_document_that_is_not_held_is_listed(tmp_path: Path) -> None:
    (tmp_path / "relations.yaml").write_text(RELATIONS)
    (tmp_path / "dgo.md").write_text("Every owner of a dog shall pay fifty shillings.")
    result = ingested(tmp_path, "markdown", "*.md")
    assert [(failure.path, failure.doc_id) for failure in result.failures] == [
        ("relations.yaml line 8", "xa.dog"),
        ("relations.yaml line 9", "CAP149"),
    ]


@pytest.mark.parametrize("written", ["8", "Section 8", "§ 8"])
def test_an_article_is_the_same_with_and_without_its_word(tmp_path: Path, written: str) -> None:
    (tmp_path / "relations.yaml").write_text(RELATIONS)
    articles(tmp_path, ("CAP149", written), ("CAP149", "9"))
    found = read(tmp_path, "jsonl", "law.jsonl")
    assert [passage.status for passage in found["CAP149"].passages] == ["amended", "in_force"]


def test_every_fault_of_the_relations_is_told_with_its_line(tmp_path: Path) -> None:
    text = (
        RELATIONS.replace("2020-02-02", "some day").replace("revokes", "revoks").replace("source: Gazette", "note: x")
    )
    (tmp_path / "relations.yaml").write_text(text)
    with pytest.raises(SourceError) as caught:
        nation_rules(None, tmp_path / "sources.yaml")
    told = caught.value.what.splitlines()
    for line, word in ((6, "some day"), (7, "note"), (8, "revoks")):
        assert any(f"relations.yaml line {line}:" in fault and word in fault for fault in told)


@pytest.mark.parametrize("broken", ["a folder", "a link"])
def test_relations_that_cannot_be_read_are_a_fault_not_a_silence(tmp_path: Path, broken: str) -> None:
    path = tmp_path / "relations.yaml"
    path.mkdir() if broken == "a folder" else path.symlink_to(tmp_path / "gone.yaml")
    with pytest.raises(SourceError):
        nation_rules(None, tmp_path / "sources.yaml")


@pytest.mark.parametrize("declared", ["in_force", "unknown", "amended", "not_law", "revoked"])
@pytest.mark.parametrize("kind", ["Act", "By-law"])
@pytest.mark.parametrize("has_pack", [True, False])
def test_what_was_revoked_is_never_law_in_force(
    rules: IngestRules, declared: LegalStatus, kind: str, has_pack: bool
) -> None:
    document = Document("DOG", "Dogs", kind=kind, status=declared, publisher="Parliament")
    by_act = RelationBook(changes={"DOG": (Relation("revoked_by", "ACT-9-2020", since="2020", source="Gazette"),)})
    legal = rules.legal if has_pack else None
    assert status_of(document, None, by_act, legal).status == "revoked"
    if declared == "revoked":
        others = RelationBook(changes={"DOG": (Relation("amended_by", "ACT-1-2001", articles=("3",)),)})
        assert status_of(document, None, others, legal).status == "revoked"
        assert status_of(document, None, RelationBook(), legal).status == "revoked"


def test_what_became_of_one_section_is_told_of_that_section(tmp_path: Path) -> None:
    law = "THE DOG ACT\n\nSection 1 Name\nThis is it.\nSection 2 Fee\nTen.\nSection 3 Fine\nTwenty."
    (tmp_path / "dog.txt").write_text(law)
    (tmp_path / "t.csv").write_text("file,doc_id,title\ndog.txt,DOG,Dog Act\n")
    amends = RELATIONS.replace("CAP149, articles: ['8']", "DOG, articles: ['Section 2']").replace(
        "[xa.dog]", "[xa.cat]"
    )
    (tmp_path / "relations.yaml").write_text(amends)
    item = read(tmp_path, "text", "*.txt", "t.csv")["DOG"]
    told = {passage.article: passage.status for passage in item.passages}
    assert told == {"Section 1": "in_force", "Section 2": "amended", "Section 3": "in_force"}


def test_a_passage_that_says_only_what_its_document_is_called_is_none(tmp_path: Path) -> None:
    (tmp_path / "dog.txt").write_text("THE DOG LICENCES ACT, CAP. 500\n\nA dog needs a licence.")
    (tmp_path / "name.txt").write_text("Cat Act")
    rows = "file,doc_id,title,citation\ndog.txt,DOG,Dog Licences Act,Cap. 500\nname.txt,CAT,Cat Act,\n"
    (tmp_path / "t.csv").write_text(rows)
    found = read(tmp_path, "text", "*.txt", "t.csv")
    texts = {doc_id: [passage.text for passage in item.passages] for doc_id, item in found.items()}
    assert texts["CAT"] == ["Cat Act"]  # of a document that says nothing else it is kept
    assert all("needs a licence" in text for text in texts["DOG"])


def test_a_document_that_a_table_changes_and_nobody_holds_is_listed(tmp_path: Path) -> None:
    articles(tmp_path, ("DOG", "1"), ("CAT", "1"))
    relations = '"{""revokes"": [""CAT"", ""C4T""], ""revoked_by"": [""ACT-9-2020""]}"'
    (tmp_path / "t.csv").write_text(f"doc_id,relations\nDOG,{relations}\nCAT,\n")
    failures = ingested(tmp_path, "jsonl", "law.jsonl", "t.csv").failures
    assert [(each.path, each.doc_id) for each in failures] == [("t.csv line 2", "C4T")]


@pytest.mark.parametrize(("column", "meant"), [("stauts", "status"), ("relation", "relations"), ("Year", "year")])
def test_a_column_that_is_nearly_one_of_ours_is_a_fault(tmp_path: Path, column: str, meant: str) -> None:
    articles(tmp_path, ("DOG", "1"))
    (tmp_path / "t.csv").write_text(f"doc_id,{column}\nDOG,\n")
    result = ingested(tmp_path, "jsonl", "law.jsonl", "t.csv")
    assert not result.documents
    assert f"`{column}`" in result.failures[0].reason
    assert f"did you mean `{meant}`?" in result.failures[0].reason


def test_a_column_of_the_publishers_own_is_left_alone(tmp_path: Path) -> None:
    articles(tmp_path, ("DOG", "1"))
    (tmp_path / "t.csv").write_text("doc_id,status,state,note\nDOG,revoked,old,x\n")
    result = ingested(tmp_path, "jsonl", "law.jsonl", "t.csv")
    assert not result.failures
    assert result.documents[0].document.status == "revoked"


@pytest.mark.parametrize(
    ("delimiter", "encoding"), [(";", "utf-8"), ("\t", "utf-8-sig"), (";", "utf-16"), (",", "utf-16")]
)
def test_a_table_is_read_as_a_spreadsheet_saves_it(tmp_path: Path, delimiter: str, encoding: str) -> None:
    articles(tmp_path, ("DOG", "1"))
    text = delimiter.join(("doc_id", "title")) + "\r\n" + delimiter.join(("DOG", "Dogs")) + "\r\n"
    (tmp_path / "t.csv").write_bytes(text.encode(encoding))
    result = ingested(tmp_path, "jsonl", "law.jsonl", "t.csv")
    assert not result.failures
    assert result.documents[0].document.title == "Dogs"
