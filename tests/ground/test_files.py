# SPDX-License-Identifier: Apache-2.0
"""A file is whole, or as it was before: whatever ends the writing."""

from __future__ import annotations

import errno
import os
import socket
import stat
import threading
from pathlib import Path

import pytest

from daulat.files import create_whole, is_full, kind_of, read_regular, write_whole


@pytest.fixture
def full(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let no byte reach the disk any more."""

    def no_room(_descriptor: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr("os.fsync", no_room)


def test_a_file_is_replaced_with_its_rights_kept(tmp_path: Path) -> None:
    path = tmp_path / "nation.yaml"
    path.write_text("old, and longer than the new")
    path.chmod(0o640)
    write_whole(path, b"new")
    assert (path.read_text(), stat.S_IMODE(path.stat().st_mode)) == ("new", 0o640)
    assert list(tmp_path.iterdir()) == [path]


def test_a_new_file_has_the_rights_that_any_new_file_has(tmp_path: Path) -> None:
    write_whole(tmp_path / "one", b"x")
    (tmp_path / "two").write_bytes(b"x")
    assert (tmp_path / "one").stat().st_mode == (tmp_path / "two").stat().st_mode


def test_a_link_still_leads_to_the_file_afterwards(tmp_path: Path) -> None:
    (tmp_path / "kept").mkdir()
    (tmp_path / "kept/nation.yaml").write_text("old")
    (tmp_path / "nation.yaml").symlink_to("kept/nation.yaml")
    write_whole(tmp_path / "nation.yaml", b"new")
    assert (tmp_path / "nation.yaml").is_symlink()
    assert (tmp_path / "kept/nation.yaml").read_text() == "new"


def test_a_full_disk_leaves_what_was_there_and_nothing_beside_it(tmp_path: Path, full: None) -> None:
    path = tmp_path / "nation.yaml"
    path.write_text("what people wrote")
    with pytest.raises(OSError, match="No space left") as caught:
        write_whole(path, b"x" * 10_000)
    assert is_full(caught.value)
    with pytest.raises(OSError, match="No space left"):
        create_whole(tmp_path / "release.key", b"key", 0o600)
    assert path.read_text() == "what people wrote"
    assert list(tmp_path.iterdir()) == [path]


def test_what_is_there_is_not_made_again(tmp_path: Path) -> None:
    create_whole(tmp_path / "key", b"first", 0o600)
    with pytest.raises(FileExistsError):
        create_whole(tmp_path / "key", b"second", 0o600)
    assert (tmp_path / "key").read_bytes() == b"first"
    assert [path.name for path in tmp_path.iterdir()] == ["key"]
    assert stat.S_IMODE((tmp_path / "key").stat().st_mode) == 0o600


def test_of_many_that_make_a_file_one_does_and_readers_see_it_whole(tmp_path: Path) -> None:
    path, made, seen = tmp_path / "key", [], set()
    start = threading.Barrier(9)

    def make(content: bytes) -> None:
        start.wait()
        try:
            create_whole(path, content, 0o600)
            made.append(content)
        except FileExistsError:
            seen.add(path.read_bytes())

    makers = [threading.Thread(target=make, args=(bytes([65 + n]) * 1000,)) for n in range(8)]
    for maker in makers:
        maker.start()
    start.wait()
    for maker in makers:
        maker.join()
    assert len(made) == 1
    assert seen | {path.read_bytes()} == set(made)


def test_what_is_no_file_is_not_waited_for(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "link").symlink_to("pipe")
    with socket.socket(socket.AF_UNIX) as made:
        made.bind(str(tmp_path / "socket"))
    said = {}
    for name in ("folder", "pipe", "link", "socket"):
        with pytest.raises(OSError, match="and no file") as caught:
            read_regular(tmp_path / name)
        said[name] = caught.value.strerror
    assert said == {
        "folder": "it is a folder and no file",
        "pipe": "it is a pipe and no file",
        "link": "it is a pipe and no file",
        "socket": "it is a socket and no file",
    }


def test_a_file_is_read_through_its_link_and_a_link_to_nothing_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"x")
    (tmp_path / "link").symlink_to("file")
    (tmp_path / "astray").symlink_to("gone")
    assert read_regular(tmp_path / "link") == b"x"
    assert (kind_of(tmp_path / "link"), kind_of(tmp_path / "astray")) == ("", "a link that leads nowhere")
