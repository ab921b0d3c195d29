# SPDX-License-Identifier: Apache-2.0
"""A release that somebody writes to while it is open says so before a word is quoted, and ends no process."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from daulat.knowledge.encoder import Encoder
from daulat.knowledge.errors import ReleaseError
from daulat.knowledge.release import Release
from daulat.knowledge.search import Reader, Searcher, load_ranking

CUT = """
import os, sys
from pathlib import Path
from daulat.knowledge.errors import ReleaseError
from daulat.knowledge.release import Release
release = Release(Path(sys.argv[1]))
os.truncate(Path(sys.argv[1]) / "passages.bin", 0)
try:
    release.stored(0)
except ReleaseError as error:
    print(error.code)
"""


@pytest.fixture
def copy(release: Release, tmp_path: Path) -> Path:
    return shutil.copytree(release.folder, tmp_path / "release", copy_function=shutil.copyfile)


def change(path: Path) -> None:
    """Change one byte in place, at a later time than the file's."""
    with path.open("r+b") as file:
        file.write(b"!")
    os.utime(path, ns=(0, path.stat().st_mtime_ns + 1))


def test_bytes_that_were_changed_in_place_are_not_quoted(copy: Path) -> None:
    opened = Release(copy)
    assert opened.stored(0).passage.text
    change(copy / "passages.bin")
    with pytest.raises(ReleaseError, match="was written to"):
        opened.stored(0)
    assert not opened.is_as_opened()


def test_a_file_that_is_cut_is_an_error_and_no_end_of_the_process(copy: Path) -> None:
    done = subprocess.run([sys.executable, "-c", CUT, str(copy)], capture_output=True, text=True, check=True)
    assert done.stdout == "knowledge.release.changed\n"


@pytest.mark.parametrize("name", ["vectors.npy", "terms.npy", "documents.json"])
def test_no_search_begins_in_a_release_that_was_written_to(
    copy: Path, encoder: Encoder, reader: Reader, name: str
) -> None:
    searcher = Searcher(Release(copy), encoder, reader, load_ranking())
    assert searcher.search("birth")
    os.truncate(copy / name, 0)
    with pytest.raises(ReleaseError, match=name):
        searcher.search("birth")


def test_what_is_put_in_the_place_of_a_file_changes_nothing_that_is_open(copy: Path, tmp_path: Path) -> None:
    opened = Release(copy)
    before = opened.stored(0)
    (tmp_path / "other").write_bytes(b"another text")
    (tmp_path / "other").replace(copy / "passages.bin")
    assert opened.stored(0) == before
    shutil.rmtree(copy)
    assert opened.stored(0) == before
    assert opened.is_as_opened()
