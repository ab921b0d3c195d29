# SPDX-License-Identifier: Apache-2.0
"""A source is what the curator declared, whole and checked; what nobody declared is not read."""

from __future__ import annotations

import gzip
import json
import os
from contextlib import suppress
from datetime import date
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from daulat.knowledge.errors import SourceError
from daulat.knowledge.ingest import IngestRules, ingest_all, load_rules
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


@pytest.mark.parametrize(
    ("pattern", "found"),
    [
        ("docs/*.md", ["docs/dogs.md"]),
        ("**/*.md", ["docs/dogs.md"]),
        ("docs/.*.md", ["docs/.sheep.md"]),
        (".old/*.md", [".old/cats.md"]),
    ],
)
def test_a_name_that_begins_with_a_dot_is_read_only_where_the_pattern_has_the_dot(
    tmp_path: Path, pattern: str, found: list[str]
) -> None:
    for name in ("docs/dogs.md", "docs/.sheep.md", ".old/cats.md"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("Pay 6.")
    [source] = load_sources(declared(tmp_path, GOOD.replace("laws/*.txt", pattern)))
    assert [path.relative_to(tmp_path).as_posix() for path in source.files()] == found


@pytest.mark.parametrize("url", ["javascript:alert(1)", "ftp://law.example/a", "law.example", "https://"])
@pytest.mark.parametrize("place", ["    url: ", "    document:\n      url: "])
def test_an_address_that_no_page_could_lead_to_is_a_fault_with_its_line(tmp_path: Path, url: str, place: str) -> None:
    said = faults(tmp_path, GOOD.replace("    language: en\n", f"    language: en\n{place}{url}\n"))
    assert "is no address of a page" in said
    assert "line 1" in said


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


def test_a_number_where_text_belongs_is_told_to_stand_between_quotes(tmp_path: Path) -> None:
    said = faults(tmp_path, GOOD + "    document: {number: 15}\n")
    assert "`sources.0.document.number` is `15`, a number where text belongs; write it between quotes: `'15'`" in said


@pytest.mark.parametrize("path", ["/etc/passwd", "../other/*.txt", "laws/../../x", "laws\\..\\x"])
def test_a_path_that_leads_out_of_the_folder_is_a_fault(tmp_path: Path, path: str) -> None:
    assert "leads out of the folder" in faults(tmp_path, GOOD.replace('"laws/*.txt"', f"'{path}'"))


def test_a_link_that_leads_out_of_the_folder_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "laws").mkdir()
    secret = tmp_path.parent / f"{tmp_path.name}-secret.txt"
    secret.write_text("secret")
    (tmp_path / "laws" / "law.txt").symlink_to(secret)
    sources = load_sources(declared(tmp_path))
    assert sources[0].files() == []
    assert sources[0].links_out() == [tmp_path / "laws" / "law.txt"]
    assert undeclared_files(tmp_path / "laws", sources) == []  # a source declares it; the failures say what is wrong
    (failure,) = (each for each in ingest_all(sources, IngestRules()).failures if each.path == "laws/law.txt")
    assert "leads out" in failure.reason


def test_a_licence_of_ones_own_needs_its_basis(tmp_path: Path) -> None:
    said = faults(tmp_path, GOOD.replace("CC0-1.0", "LicenseRef-public-domain-XA"))
    assert "`licence_basis`" in said


def test_the_same_id_twice_is_a_fault_of_the_second_line(tmp_path: Path) -> None:
    said = faults(tmp_path, GOOD + GOOD.split("sources:\n")[1])
    assert "line 12: source id declared twice: xa-laws, first in line 3" in said


def test_an_id_of_another_file_is_a_fault_that_names_it(tmp_path: Path) -> None:
    with pytest.raises(SourceError) as caught:
        load_sources(declared(tmp_path), taken={"xa-laws": Path("/packs/xa/sources.yaml")})
    assert "line 3: source id declared twice: xa-laws, first in /packs/xa/sources.yaml" in caught.value.what


def test_faults_of_values_of_every_kind_are_told_at_once(tmp_path: Path) -> None:
    text = GOOD.replace("CC0-1.0", "Mine").replace("{format: text", "{fields: {txt: x}, format: text")
    said = faults(tmp_path, text + "    document: {date: 31/12/2020, year: 19x8}\n")
    assert "has 4 faults" in said
    for words in ("`Mine`", "`txt`", "`31/12/2020`", "19x8"):
        assert words in said


def test_faults_between_values_are_told_with_those_of_values(tmp_path: Path) -> None:
    text = GOOD.replace("CC0-1.0", "LicenseRef-x").replace("2024-05-01", "2025-05-01").replace("publisher", "publshr")
    said = faults(tmp_path, text + GOOD.split("sources:\n")[1])
    assert "has 4 faults" in said
    for words in ("`licence_basis`", "lies after `retrieved`", "did you mean `publisher`?", "declared twice"):
        assert words in said


def test_a_misspelt_key_is_told_once_and_not_as_missing_too(tmp_path: Path) -> None:
    said = faults(tmp_path, GOOD.replace("licence:", "lisence:").replace("path:", "pth:"))
    assert "has 2 faults" in said
    assert "`sources.0.lisence` is not a key of sources.yaml; did you mean `licence`?" in said
    assert "missing" not in said
    both = faults(tmp_path, GOOD.replace("licence:", "colour:"))  # like no key, so what is missing is told as well
    assert "has 2 faults" in both
    assert "`sources.0.licence` is missing" in both


def test_the_guide_shows_what_is_told_of_its_own_example(tmp_path: Path) -> None:
    guide = (Path(__file__).parents[3] / "docs/guides/add-a-source.md").read_text()
    text = guide.partition("```yaml\n")[2].partition("```")[0]
    for before, after in (
        ("publisher:", "publshr:"),
        ("retrieved: 2026-05-02", "retrieved: 2099-01-01"),
        ("pdf ", "fax "),
    ):
        text = text.replace(before, after, 1)
    with pytest.raises(SourceError) as caught:
        load_sources(declared(tmp_path, text), today=date(2026, 5, 2))
    shown = guide.partition("error[knowledge.sources]: /srv/xa/")[2].partition("\n```")[0]
    assert caught.value.what == f"{tmp_path}/{shown}"


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ("jurisdiction: XA", "jurisdiction: ZZTOP", "`ZZTOP` is no code of ISO 3166-1 or 3166-2"),
        ("jurisdiction: XA", "jurisdiction: Estonia", "did you mean `EE`?"),
        ("jurisdiction: XA", "jurisdiction: QQ-", "`QQ-` is no code"),
        ("CC0-1.0", "My licence", "`My licence` is no SPDX identifier"),
        ("CC0-1.0", "Mine", "`Mine` is no SPDX identifier; "),
        ("CC0-1.0", "CC-BY-4", "did you mean `CC-BY-4.0`?"),
        ("CC0-1.0", "MIT OR Mine", "`Mine` is no SPDX identifier"),
        ("CC0-1.0", "MIT or Apache-2.0", "no SPDX expression; join identifiers by AND"),
        ("retrieved: 2024-05-02", "retrieved: 2099-01-01", "2099-01-01 has not come; it is 2024-06-01"),
        ("language: en", "language: en\n    document: {date: sometime in 1930}", "`sometime in 1930` is no date"),
        ("language: en", "language: en\n    document: {date: 31/12/2020}", "write it as `1930-02-28`, `1930-02`"),
        (
            "{format: text",
            "{fields: {txt: x}, format: text",
            "`txt` is no name of ours, which stand before the colon; did",
        ),
        ("{format: text", "{documents: {path: t.csv, columns: {titel: x}}, format: text", "did you mean `title`?"),
        ("language: en", "language: en\n    services: [schools]", "did you mean `school`?"),
        ("language: en", "language: en\n    service_names: {a: b}", "there is no service `b`"),
    ],
)
def test_what_makes_no_sense_is_a_fault(tmp_path: Path, before: str, after: str, said: str) -> None:
    assert before in GOOD
    (tmp_path / "t.csv").write_text("doc_id\n")
    path = declared(tmp_path, GOOD.replace(before, after))
    with pytest.raises(SourceError) as caught:
        load_sources(path, today=date(2024, 6, 1), services=["school", "tax"])
    assert said in caught.value.what


@pytest.mark.parametrize("code", ["", "XA", "EE", "ID-JB", "XA-1"])
def test_codes_of_countries_their_parts_and_nobody_are_jurisdictions(tmp_path: Path, code: str) -> None:
    (source,) = load_sources(declared(tmp_path, GOOD.replace("jurisdiction: XA", f"jurisdiction: '{code}'")))
    assert source.jurisdiction == code


@pytest.mark.parametrize("licence", ["MIT", "CC-BY-4.0", "MIT OR (Apache-2.0 AND CC0-1.0)", "GPL-2.0+ WITH x-y", "mit"])
def test_identifiers_and_expressions_of_spdx_are_licences(tmp_path: Path, licence: str) -> None:
    (source,) = load_sources(declared(tmp_path, GOOD.replace("CC0-1.0", licence)))
    assert source.licence == licence


@given(pattern=st.text(st.sampled_from("ab.*?[]/~!\\\0é "), max_size=8) | st.text(max_size=300))
@example("d/**.md")
@example(".")
@example("./")
@example("a" * 300)
@example("/".join(["a" * 200] * 30))
def test_any_pattern_finds_files_or_is_a_fault_in_words(tmp_path_factory: pytest.TempPathFactory, pattern: str) -> None:
    folder = tmp_path_factory.getbasetemp() / "patterns"
    folder.mkdir(exist_ok=True)
    (folder / "a.md").write_text("x")
    path = declared(folder, GOOD.replace('"laws/*.txt"', json.dumps(pattern)))
    with suppress(SourceError):
        (source,) = load_sources(path)
        assert all(found.is_file() for found in source.files())


@pytest.mark.parametrize(
    ("table", "said"),
    [
        ("documents: {path: missing.csv}", "`missing.csv` is no file"),
        ("documents: {path: laws}", "`laws` is no file"),
        ("documents: {path: ../x.csv}", "`../x.csv` leads out of the folder"),
        ("documents: {path: out.csv}", "`out.csv` is a link that leads out"),
        ("documents: {path: in.csv, corrections: missing.csv}", "`missing.csv` is no file"),
        ("documents: {path: ''}", "at least 1 character"),
    ],
)
def test_a_table_that_is_not_there_or_leads_out_is_a_fault_with_its_line(tmp_path: Path, table: str, said: str) -> None:
    (tmp_path / "laws").mkdir()
    (tmp_path / "in.csv").write_text("doc_id\n")
    (tmp_path / "out.csv").symlink_to("/etc/passwd")
    found = faults(tmp_path, GOOD.replace("{format: text, path: ", f"{{{table}, format: text, path: "))
    assert "line 11:" in found
    assert said in found


def test_a_pipe_in_the_place_of_a_declaration_or_its_table_is_a_fault_and_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "sources.yaml")
    with pytest.raises(SourceError, match="it is a pipe and no file"):
        load_sources(tmp_path / "sources.yaml")
    (tmp_path / "sources.yaml").unlink()
    os.mkfifo(tmp_path / "table.csv")
    assert "is no file" in faults(tmp_path, GOOD.replace('.txt"', '.txt", documents: {path: table.csv}'))


@pytest.mark.parametrize("name", ["legal.yaml", "relations.yaml", "structure.yaml", "misreadings.yaml"])
def test_a_rule_of_a_pack_that_is_no_file_is_not_taken_for_none(tmp_path: Path, name: str) -> None:
    os.mkfifo(tmp_path / name)
    with pytest.raises(SourceError, match="it is a pipe and no file"):
        load_rules(tmp_path)


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


def test_an_id_that_no_document_can_have_is_one_fault_that_says_what_to_write(tmp_path: Path) -> None:
    (tmp_path / "sources.yaml").write_text(
        "format: 1\nsources:\n"
        "  - {id: a, title: A, publisher: P, licence: CC0-1.0, retrieved: null, coverage_date: null,\n"
        "     read: {format: text, path: a.txt},\n"
        '     document: {doc_id: "EE/Rows 1"}}\n'
    )
    with pytest.raises(SourceError) as caught:
        load_sources(tmp_path / "sources.yaml")
    assert "has 1 fault\n" in caught.value.what
    assert "line 5" in caught.value.what
    assert "`EE/Rows 1` is no id of a document; write up to 80 letters" in caught.value.what
    assert "constrained" not in caught.value.what
