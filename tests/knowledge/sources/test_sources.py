# SPDX-License-Identifier: Apache-2.0
"""A source is what the curator declared, whole and checked; what nobody declared is not read."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest

from daulat.knowledge.errors import SourceError
from daulat.knowledge.sources import folder_sources, load_sources, undeclared_files

GOOD = """\
format: 1
sources:
  - id: xa-laws
    title: Laws of Exampland
    publisher: Government of Exampland
    jurisdiction: XA
    licence: CC0-1.0
    retrieved: 2024-05-02
    coverage_date: 2024-05-01
    language: en
    read: {format: text, path: "laws/*.txt"}
"""


def declared(folder: Path, text: str = GOOD) -> Path:
    path = folder / "sources.yaml"
    path.write_text(text)
    return path


def faults(folder: Path, text: str) -> str:
    with pytest.raises(SourceError) as caught:
        load_sources(declared(folder, text))
    return caught.value.what


def test_a_declared_source_finds_its_files(tmp_path: Path) -> None:
    (tmp_path / "laws").mkdir()
    (tmp_path / "laws" / "one.txt").write_text("Article 1")
    source = load_sources(declared(tmp_path))[0]
    assert [path.name for path in source.files()] == ["one.txt"]
    assert str(source.coverage_date) == "2024-05-01"


def test_a_file_that_no_source_declares_is_listed_as_undeclared(tmp_path: Path) -> None:
    (tmp_path / "laws").mkdir()
    for name in ("laws/one.txt", "laws/invented-decree.pdf", "README.md"):
        (tmp_path / name).write_text("x")
    assert undeclared_files(tmp_path, load_sources(declared(tmp_path))) == [tmp_path / "laws" / "invented-decree.pdf"]


def test_all_faults_are_said_at_once_each_with_its_line(tmp_path: Path) -> None:
    text = (
        GOOD.replace("retrieved: 2024-05-02", "retrieved: soon").replace("format: text", "format: fax")
        + "    colour: red\n"
    )
    said = faults(tmp_path, text)
    assert "has 3 faults" in said
    for line, key in ((8, "retrieved"), (11, "format"), (12, "colour")):
        assert any(f"line {line}:" in fault and key in fault for fault in said.splitlines())


@pytest.mark.parametrize("path", ["/etc/passwd", "../other/*.txt", "laws/../../x", "laws\\..\\x"])
def test_a_path_that_leads_out_of_the_folder_is_a_fault(tmp_path: Path, path: str) -> None:
    assert "leads out of the folder" in faults(tmp_path, GOOD.replace('"laws/*.txt"', f"'{path}'"))


def test_a_link_that_leads_out_of_the_folder_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "laws").mkdir()
    secret = tmp_path.parent / f"{tmp_path.name}-secret.txt"
    secret.write_text("secret")
    (tmp_path / "laws" / "law.txt").symlink_to(secret)
    assert load_sources(declared(tmp_path))[0].files() == []


def test_a_licence_of_ones_own_needs_its_basis(tmp_path: Path) -> None:
    said = faults(tmp_path, GOOD.replace("CC0-1.0", "LicenseRef-public-domain-XA"))
    assert "`licence_basis`" in said


def test_the_same_id_twice_is_a_fault(tmp_path: Path) -> None:
    assert "declared twice: xa-laws" in faults(tmp_path, GOOD + GOOD.split("sources:\n")[1])


def test_a_missing_file_is_said_to_be_missing(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="cannot be read"):
        load_sources(tmp_path / "sources.yaml")


def test_a_folder_of_contexts_is_recognised(tmp_path: Path) -> None:
    (tmp_path / "contexts.jsonl.gz").write_bytes(gzip.compress(json.dumps({"context_id": "c1", "text": "x"}).encode()))
    (source,) = folder_sources(tmp_path, language="en")
    assert source.read.fields["passage_id"] == "context_id"
    assert source.files()[0].name == "contexts.jsonl.gz"


def test_a_folder_of_laws_is_recognised_with_its_tables(tmp_path: Path) -> None:
    for name in ("core", "other"):
        (tmp_path / f"passages_{name}.jsonl.gz").write_bytes(gzip.compress(b"{}"))
    (tmp_path / "documents_core.csv").write_text("doc_id,title\n")
    core, other = folder_sources(tmp_path)
    assert [path.name for path in core.tables()] == ["documents_core.csv"]
    assert other.tables() == []


def test_a_folder_of_neither_shape_says_what_it_looked_for(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"contexts\.jsonl\.gz"):
        folder_sources(tmp_path)
