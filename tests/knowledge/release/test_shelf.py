# SPDX-License-Identifier: Apache-2.0
"""A site changes its release in one step, can go back, and knows what it had."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from daulat.knowledge.errors import ReleaseError
from daulat.knowledge.release import Release, Shelf, SigningKey
from daulat.knowledge.release.layout import MANIFEST, SIGNATURE, encode_json


def noon() -> datetime:
    return datetime(2024, 5, 1, 12, tzinfo=UTC)


@pytest.fixture
def shelf(release: Release, tmp_path: Path) -> Shelf:
    """A shelf of three releases, a, b and c, of one key."""
    key = SigningKey.open(tmp_path / "key")
    for name in "abc":
        folder = shutil.copytree(release.folder, tmp_path / "shelf" / name, copy_function=shutil.copyfile)
        raw = encode_json(msgspec.structs.replace(release.manifest, release_id=name))
        (folder / MANIFEST).write_bytes(raw)
        (folder / SIGNATURE).write_bytes(key.sign(raw))
    return Shelf(tmp_path / "shelf", (key.public,))


def put(shelf: Shelf, *names: str) -> None:
    for name in names:
        shelf.publish(name, by="clerk", now=noon)


def back(shelf: Shelf) -> str:
    return shelf.rollback(by="clerk", now=noon).release_id


def test_nothing_is_in_use_before_the_first_publication(shelf: Shelf) -> None:
    assert (shelf.current_id(), shelf.open_current(), shelf.history()) == ("", None, [])
    assert [manifest.release_id for manifest in shelf.contents().releases] == ["a", "b", "c"]


def test_what_is_published_is_in_use_and_in_the_history(shelf: Shelf) -> None:
    put(shelf, "a", "b")
    current = shelf.open_current()
    assert current is not None
    assert current.release_id == "b"
    assert [(p.release_id, p.replaced, p.by, p.at) for p in shelf.history()] == [
        ("a", "", "clerk", "2024-05-01T12:00:00+00:00"),
        ("b", "a", "clerk", "2024-05-01T12:00:00+00:00"),
    ]


def test_each_rollback_goes_one_further_back(shelf: Shelf) -> None:
    put(shelf, "a", "b", "c")
    assert (back(shelf), back(shelf)) == ("b", "a")
    with pytest.raises(ReleaseError, match="no release before"):
        back(shelf)
    assert shelf.current_id() == "a"


def test_a_rollback_knows_a_release_that_came_back(shelf: Shelf) -> None:
    put(shelf, "a", "b", "a", "a", "c")
    assert (back(shelf), back(shelf), back(shelf)) == ("a", "b", "a")


def test_a_rollback_that_meets_a_publication_leaves_what_was_published(shelf: Shelf) -> None:
    put(shelf, "a", "b")

    def published_meanwhile() -> datetime:
        put(shelf, "c")
        return noon()

    with pytest.raises(ReleaseError, match="c was put in use meanwhile"):
        shelf.rollback(by="clerk", now=published_meanwhile)
    assert shelf.current_id() == "c"
    assert [p.release_id for p in shelf.history()] == ["a", "b", "c"]
    assert back(shelf) == "b"


def test_publishing_after_a_rollback_starts_from_there(shelf: Shelf) -> None:
    put(shelf, "a", "b")
    back(shelf)
    put(shelf, "c")
    assert back(shelf) == "a"


def test_a_tampered_release_is_not_put_in_use(shelf: Shelf) -> None:
    put(shelf, "a")
    with (shelf.folder / "b" / "passages.bin").open("r+b") as file:
        file.write(b"!")
    with pytest.raises(ReleaseError, match=r"passages\.bin has another sha256") as caught:
        put(shelf, "b")
    assert "rollback" not in caught.value.fix  # the one before may be none, or the one that is in use still
    assert shelf.current_id() == "a"
    assert [p.release_id for p in shelf.history()] == ["a"]


def test_nothing_is_put_in_use_or_opened_that_a_stranger_signed(shelf: Shelf, tmp_path: Path) -> None:
    put(shelf, "a")
    for suspicious in (Shelf(shelf.folder), Shelf(shelf.folder, (SigningKey.open(tmp_path / "other").public,))):
        with pytest.raises(ReleaseError, match="not trusted"):
            put(suspicious, "b")
        with pytest.raises(ReleaseError, match="not trusted"):
            suspicious.open("b")
        with pytest.raises(ReleaseError, match="not trusted"):
            suspicious.open_current()
    assert shelf.current_id() == "a"


def test_a_release_under_the_name_of_another_is_not_put_in_use_opened_or_listed(shelf: Shelf) -> None:
    put(shelf, "a", "b")
    (shelf.folder / "b").rename(shelf.folder / ".away")
    shutil.copytree(shelf.folder / "a", shelf.folder / "b")
    for look in (shelf.verify, shelf.open, lambda name: put(shelf, name)):
        with pytest.raises(ReleaseError, match="the directory b holds release a"):
            look("b")
    assert [p.release_id for p in shelf.history()] == ["a", "b"]
    assert [manifest.release_id for manifest in shelf.contents().releases] == ["a", "c"]
    assert list(shelf.contents().unreadable) == ["b"]


@given(content=st.binary(max_size=200))
def test_a_manifest_that_cannot_be_read_hides_no_other(
    release: Release, tmp_path_factory: pytest.TempPathFactory, content: bytes
) -> None:
    folder = tmp_path_factory.mktemp("shelf")
    for name, raw in ((release.release_id, (release.folder / MANIFEST).read_bytes()), ("spoilt", content)):
        (folder / name).mkdir()
        (folder / name / MANIFEST).write_bytes(raw)
    contents = Shelf(folder).contents()
    assert [manifest.release_id for manifest in contents.releases] == [release.release_id]
    assert list(contents.unreadable) == ["spoilt"]


@pytest.mark.parametrize("look", [Shelf.current_id, Shelf.history, Shelf.previous_id])
def test_a_file_where_the_shelf_should_be_is_told_in_words(tmp_path: Path, look: Callable[[Shelf], object]) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(ReleaseError, match="file") as caught:
        look(Shelf(tmp_path / "file" / "releases"))
    assert "move it away" in caught.value.fix


@pytest.mark.parametrize("name", ["d", "", ".", "..", "../shelf/a", "/etc"])
def test_only_what_stands_here_can_be_published(shelf: Shelf, name: str) -> None:
    with pytest.raises(ReleaseError, match=r"is not here \(here: a, b, c\)"):
        put(shelf, name)


@pytest.mark.parametrize("torn", [b'{"release_id": "b", "at', b"\xff\xfe", b"{}"])
def test_the_torn_line_of_a_killed_publisher_costs_nothing_else(shelf: Shelf, torn: bytes) -> None:
    put(shelf, "a")
    with (shelf.folder / "published.jsonl").open("ab") as log:
        log.write(torn)
    put(shelf, "b")
    assert [p.release_id for p in shelf.history()] == ["a", "b"]
    assert back(shelf) == "a"


def test_a_publisher_killed_between_log_and_name_leaves_the_old_one_in_use(shelf: Shelf) -> None:
    put(shelf, "a", "b")
    (shelf.folder / "current").write_text("a\n")
    assert shelf.current_id() == "a"
    with pytest.raises(ReleaseError, match="no release before"):
        back(shelf)


def test_readers_see_one_release_or_the_other_while_it_is_swapped(shelf: Shelf) -> None:
    put(shelf, "a")
    kept = shelf.open_current()
    assert kept is not None
    seen: set[str] = set()
    done = threading.Event()

    def look() -> None:
        while not done.is_set():
            seen.add(shelf.current_id())

    watcher = threading.Thread(target=look)
    watcher.start()
    put(shelf, *"bcbc")
    done.set()
    watcher.join()
    assert seen <= {"a", "b", "c"}
    assert kept.stored(0).passage.passage_id == "ACT-1-2001:1"  # the old one is still read by who holds it
