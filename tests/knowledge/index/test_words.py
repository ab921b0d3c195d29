# SPDX-License-Identifier: Apache-2.0
"""Passages are found by their words; the terms of each can be read back as they were written."""

from __future__ import annotations

import errno
import resource
import shutil
import stat
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given
from hypothesis import strategies as st

from daulat.knowledge.index import ForwardIndex, ForwardWriter, LexicalIndex, write_lexical
from daulat.knowledge.index.lexical import Entry

ENTRIES = (
    Entry(("birth", "report", "office"), ("civil", "registry"), ("doc:a", "status:in_force", "service:registry")),
    Entry(("death", "report", "office"), ("civil", "registry"), ("doc:a", "status:revoked", "service:registry")),
    Entry(("school", "report"), ("education",), ("doc:b", "status:in_force", "service:school")),
    Entry(("school", "report"), ("education",), ("doc:b", "status:in_force", "service:school")),
    Entry(("lamp", "night"), ("bicycle",), ("doc:c", "status:in_force")),
)
CLAUSES = st.lists(st.lists(st.text(min_size=1, max_size=5), max_size=6), max_size=5)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("lexical")
    assert write_lexical(folder, ENTRIES) == len(ENTRIES)
    return folder


@pytest.fixture(scope="module")
def index(folder: Path) -> LexicalIndex:
    return LexicalIndex(folder)


def rows(index: LexicalIndex, *terms: str, **how: object) -> list[int]:
    return index.search(dict.fromkeys(terms, 1.0), 10, **how)[0].tolist()  # type: ignore[arg-type]


@pytest.mark.parametrize("room", [0, 100, 400])
def test_an_index_that_the_disk_has_no_room_for_is_an_error_of_the_system(tmp_path: Path, room: int) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (room, hard))
    try:
        with pytest.raises(OSError, match=r"File too large|writer was killed") as raised:
            write_lexical(tmp_path / "lexical", ENTRIES)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert raised.value.errno in (errno.EFBIG, errno.EIO)


def test_the_rarer_word_decides(index: LexicalIndex) -> None:
    assert rows(index, "report", "death")[0] == 1
    assert index.document_frequency("report") == 4
    assert index.document_frequency("nowhere") == 0


def test_equal_scores_go_to_the_earlier_passage(index: LexicalIndex) -> None:
    assert rows(index, "school") == [2, 3]


def test_titles_count_only_when_asked_to(index: LexicalIndex) -> None:
    assert rows(index, "bicycle") == []
    assert rows(index, "bicycle", title_boost=0.3) == [4]


def test_one_facet_of_each_group_must_be_there(index: LexicalIndex) -> None:
    assert rows(index, "report", facets=[["doc:a"]]) == [0, 1]
    assert rows(index, "report", facets=[["doc:a", "doc:b"], ["status:in_force"]]) == [2, 3, 0]
    assert rows(index, "report", facets=[["doc:c"]]) == []


def test_facets_change_which_and_not_how_well(index: LexicalIndex) -> None:
    plain, with_facet = (index.search({"death": 1.0}, 1, facets=f)[1] for f in ([], [["doc:a"]]))
    assert plain.tolist() == with_facet.tolist()


def test_a_flood_of_unknown_words_does_not_drown_the_known_one(index: LexicalIndex) -> None:
    assert rows(index, *(f"gibberish{n}" for n in range(500)), "lamp") == [4]


@pytest.mark.parametrize("term", ["", "a b", "a:b", '"', "NOT", "*", "'; DROP TABLE passages; --", "\x00", "😀", "ᮃ"])
def test_a_term_is_never_read_as_a_query(index: LexicalIndex, term: str) -> None:
    assert rows(index, term) == []
    assert rows(index, "lamp", facets=[[term]]) == []


def test_an_empty_index_and_an_empty_question_find_nothing(tmp_path: Path, index: LexicalIndex) -> None:
    write_lexical(tmp_path, [])
    assert rows(LexicalIndex(tmp_path), "report") == []
    assert rows(index) == []


def test_everyone_may_read_what_was_written(folder: Path) -> None:
    assert all(stat.S_IMODE(path.stat().st_mode) & 0o044 == 0o044 for path in folder.iterdir())


def test_an_index_opens_where_nothing_may_be_written(folder: Path) -> None:
    program = (
        "import os,sys; from pathlib import Path; from daulat.knowledge.index import LexicalIndex\n"
        "if os.getuid() == 0: os.setgid(65534), os.setuid(65534)\n"  # root may write everywhere
        "print(LexicalIndex(Path(sys.argv[1])).search({'lamp': 1.0}, 5)[0].tolist())"
    )
    with TemporaryDirectory() as place:  # pytest's own folders are closed to other users
        Path(place).chmod(0o755)
        copy = shutil.copytree(folder, Path(place) / "lexical")
        for path in copy.iterdir():
            path.chmod(0o444)
        copy.chmod(0o555)
        command = [sys.executable, "-c", program, str(copy)]
        said = subprocess.run(command, capture_output=True, text=True, check=False)
        copy.chmod(0o755)
    assert (said.stdout, said.stderr) == ("[4]\n", "")


@given(st.lists(CLAUSES, max_size=6))
def test_terms_come_back_in_order_with_clauses_parted(
    tmp_path_factory: pytest.TempPathFactory, passages: list[list[list[str]]]
) -> None:
    folder = tmp_path_factory.mktemp("forward")
    writer = ForwardWriter()
    for clauses in passages:
        writer.add(clauses)
    writer.write(folder)
    index = ForwardIndex(folder)
    assert len(index) == len(passages)
    for row, clauses in enumerate(passages):
        expected = [number for clause in clauses if clause for number in [*map(index.number, clause), 0]]
        assert index.row(row) == expected
    assert all(index.number(term) > 0 for clauses in passages for clause in clauses for term in clause)
    assert index.number("a word that nobody wrote") == -1


def test_a_forward_index_that_is_cut_short_is_refused(tmp_path: Path) -> None:
    writer = ForwardWriter()
    writer.add([["a", "b"]])
    writer.write(tmp_path)
    other = ForwardWriter()
    other.add([["a"]])
    other._numbers = writer._numbers
    (tmp_path / "x").mkdir()
    other.write(tmp_path / "x")
    (tmp_path / "x" / "terms.npy").replace(tmp_path / "terms.npy")
    with pytest.raises(ValueError, match="holds 2 terms, not 3"):
        ForwardIndex(tmp_path)
