# SPDX-License-Identifier: Apache-2.0
"""Whoever changes a byte, or signs with another key, is found out."""

from __future__ import annotations

import errno
import hashlib
import json
import os
import re
import shutil
import stat
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from daulat.knowledge.errors import ReleaseError
from daulat.knowledge.release import Release, SigningKey, VerifyKey, verify_release
from daulat.knowledge.release.layout import MANIFEST, SIGNATURE, encode_json
from daulat.knowledge.release.signing import read_manifest


@pytest.fixture(scope="module")
def copy(release: Release, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return shutil.copytree(release.folder, tmp_path_factory.mktemp("copy") / "release", copy_function=shutil.copyfile)


def files_of(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file() and path.stat().st_size)


@settings(max_examples=300, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_any_changed_byte_of_any_file_is_found(copy: Path, data: st.DataObject) -> None:
    path = data.draw(st.sampled_from(files_of(copy)))
    original = path.read_bytes()
    at = data.draw(st.integers(0, len(original) - 1))
    changed = bytearray(original)
    changed[at] ^= data.draw(st.integers(1, 255))
    path.write_bytes(changed)
    try:
        with pytest.raises(ReleaseError):
            verify_release(copy)
    finally:
        path.write_bytes(original)


def test_a_manifest_without_its_last_byte_is_found(copy: Path) -> None:
    original = (copy / MANIFEST).read_bytes()
    (copy / MANIFEST).write_bytes(original[:-1])
    try:
        with pytest.raises(ReleaseError, match="cut short"):
            Release(copy)
    finally:
        (copy / MANIFEST).write_bytes(original)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_any_file_cut_short_is_found_and_not_opened(copy: Path, data: st.DataObject) -> None:
    path = data.draw(st.sampled_from([path for path in files_of(copy) if path.name != SIGNATURE]))
    original = path.read_bytes()
    path.write_bytes(original[: data.draw(st.integers(0, len(original) - 1))])
    try:
        with pytest.raises(ReleaseError):
            verify_release(copy)
        with pytest.raises(ReleaseError):
            Release(copy)
    finally:
        path.write_bytes(original)


@pytest.mark.parametrize("name", ["passages.bin", "vectors.npy", "terms.npy", "lexical/meta.json", "documents.json"])
def test_a_file_that_is_missing_is_named(copy: Path, name: str) -> None:
    original = (copy / name).read_bytes()
    (copy / name).unlink()
    try:
        with pytest.raises(ReleaseError, match=f"{name} is missing"):
            verify_release(copy)
        with pytest.raises(ReleaseError, match="cannot be opened"):
            Release(copy)
    finally:
        (copy / name).write_bytes(original)


def test_a_file_that_nobody_signed_for_is_named(copy: Path) -> None:
    stranger = copy / "extra.json"
    stranger.write_text("{}")
    try:
        with pytest.raises(ReleaseError, match=r"extra\.json is not in the manifest"):
            verify_release(copy)
    finally:
        stranger.unlink()


STRANGERS = {
    "an empty folder": lambda path, _: path.mkdir(),
    "a pipe": lambda path, _: os.mkfifo(path),
    "a link that leads nowhere": lambda path, _: path.symlink_to("nowhere"),
    "a link to a file": lambda path, outside: path.symlink_to(outside),
}


@pytest.mark.parametrize("make", STRANGERS.values(), ids=STRANGERS)
def test_whatever_nobody_signed_for_is_named(copy: Path, tmp_path: Path, make: Callable[[Path, Path], object]) -> None:
    stranger, outside = copy / "everyday", tmp_path / "outside"
    outside.touch()
    make(stranger, outside)
    try:
        with pytest.raises(ReleaseError, match="everyday is not in the manifest"):
            verify_release(copy)
        assert Release(copy).everyday is None  # what is heard is what the manifest lists
    finally:
        stranger.rmdir() if stranger.is_dir() and not stranger.is_symlink() else stranger.unlink()


def test_a_file_replaced_by_a_link_to_one_outside_is_named(copy: Path, tmp_path: Path) -> None:
    for name in ("passages.bin", SIGNATURE):
        outside = (copy / name).rename(tmp_path / name)
        (copy / name).symlink_to(outside)
        try:
            with pytest.raises(ReleaseError, match=f"{name} is a link and no file"):
                verify_release(copy)
        finally:
            outside.replace(copy / name)


def test_a_whole_release_verifies_and_names_its_key(release: Release) -> None:
    key = SigningKey.open(release.folder.parents[1] / "key").public
    assert verify_release(release.folder, (key,)) == (release.manifest, key)


def test_another_key_is_not_trusted(release: Release, tmp_path: Path) -> None:
    stranger = SigningKey.open(tmp_path / "key").public
    with pytest.raises(ReleaseError, match="signed by a key that is not trusted") as caught:
        verify_release(release.folder, (stranger,))
    assert caught.value.code == "knowledge.release.key"


def test_the_same_manifest_signed_again_by_another_is_not_trusted(release: Release, tmp_path: Path) -> None:
    folder = shutil.copytree(release.folder, tmp_path / "release")
    forger = SigningKey.open(tmp_path / "forger")
    (folder / SIGNATURE).write_bytes(forger.sign((folder / MANIFEST).read_bytes()))
    assert verify_release(folder)[1] == forger.public
    with pytest.raises(ReleaseError, match="not trusted"):
        verify_release(folder, (SigningKey.open(release.folder.parents[1] / "key").public,))


def test_where_nobody_is_trusted_nothing_is(release: Release) -> None:
    with pytest.raises(ReleaseError, match="not trusted"):
        verify_release(release.folder, ())


def test_a_signature_of_something_else_is_no_signature(tmp_path: Path) -> None:
    key = SigningKey.open(tmp_path / "key")
    signature = json.loads(key.sign(b"one"))["signature"]
    assert not key.public.is_valid(b"two", signature.encode())
    assert not VerifyKey("not a key").is_valid(b"one", b"")


def test_the_key_is_made_once_and_only_its_owner_reads_it(tmp_path: Path) -> None:
    path = tmp_path / "keys" / "release.key"
    first = SigningKey.open(path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert SigningKey.open(path).public == first.public
    path.chmod(0o640)
    with pytest.raises(ReleaseError, match="others can read the signing key"):
        SigningKey.open(path)


def test_a_full_disk_leaves_no_half_key(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def no_room(_descriptor: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as disk:
        disk.setattr("os.fsync", no_room)
        with pytest.raises(OSError, match="No space left"):
            SigningKey.open(tmp_path / "key")
    assert list(tmp_path.iterdir()) == []
    assert SigningKey.open(tmp_path / "key").public


@pytest.mark.parametrize("content", [b"", b"short", b"\xff" * 40])
def test_what_is_no_key_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "key"
    path.write_bytes(content)
    path.chmod(0o600)
    with pytest.raises(ReleaseError, match="is not an Ed25519 key"):
        SigningKey.open(path)


def test_a_pipe_in_the_place_of_the_key_is_refused_and_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "key", 0o600)
    with pytest.raises(ReleaseError, match="key is a pipe and no file"):
        SigningKey.open(tmp_path / "key")


@pytest.mark.parametrize("name", [MANIFEST, SIGNATURE])
def test_a_pipe_in_a_release_is_not_waited_for(copy: Path, name: str) -> None:
    original = (copy / name).read_bytes()
    (copy / name).unlink()
    os.mkfifo(copy / name)
    try:
        with pytest.raises(ReleaseError, match="cannot be read"):
            verify_release(copy)
    finally:
        (copy / name).unlink()
        (copy / name).write_bytes(original)


@given(content=st.binary(max_size=200))
def test_a_manifest_of_any_bytes_is_an_error_in_words(tmp_path_factory: pytest.TempPathFactory, content: bytes) -> None:
    folder = tmp_path_factory.mktemp("manifest")
    (folder / MANIFEST).write_bytes(content)
    with pytest.raises(ReleaseError, match="manifest cannot be read"):
        read_manifest(folder)


def test_a_release_of_a_newer_program_says_so(release: Release, tmp_path: Path) -> None:
    manifest = json.loads((release.folder / MANIFEST).read_bytes())
    (tmp_path / MANIFEST).write_text(json.dumps(manifest | {"format": 99}))
    with pytest.raises(ReleaseError, match="has format 99") as caught:
        read_manifest(tmp_path)
    assert "Update Daulat" in caught.value.fix


def test_a_name_that_leads_out_of_the_release_is_not_followed(copy: Path, tmp_path: Path) -> None:
    manifest = json.loads((copy / MANIFEST).read_bytes())
    (copy.parent / "outside").write_text("x")
    digest = hashlib.sha256(b"x").hexdigest()
    manifest["files"]["../outside"] = {"size": 1, "sha256": digest}
    key = SigningKey.open(tmp_path / "key")
    folder = shutil.copytree(copy, tmp_path / "release")
    (folder / MANIFEST).write_bytes(encode_json(manifest))
    (folder / SIGNATURE).write_bytes(key.sign((folder / MANIFEST).read_bytes()))
    with pytest.raises(ReleaseError, match=r"\.\./outside is missing"):
        verify_release(folder)


GUIDE = Path(__file__).parents[3] / "docs/guides/publish-a-release.md"


def change_signed_words(folder: Path) -> None:
    passages = folder / "passages.bin"
    before = hashlib.sha256(passages.read_bytes()).hexdigest()
    passages.write_bytes(passages.read_bytes().replace(b"crowns", b"dollar"))
    manifest = (folder / MANIFEST).read_text()
    (folder / MANIFEST).write_text(manifest.replace(before, hashlib.sha256(passages.read_bytes()).hexdigest()))


def sign_with_another_key(folder: Path) -> None:
    change_signed_words(folder)
    forger = SigningKey.open(folder.parent / "forger.key")
    (folder / SIGNATURE).write_bytes(forger.sign((folder / MANIFEST).read_bytes()))


def put_a_link_in_its_place(folder: Path) -> None:
    (folder / "rows.npy").rename(folder.parent / "rows.npy")
    (folder / "rows.npy").symlink_to(folder.parent / "rows.npy")


@pytest.mark.skipif(not all(map(shutil.which, ("openssl", "jq"))), reason="needs openssl and jq")
@pytest.mark.parametrize(
    "tamper",
    [
        None,
        lambda folder: (folder / "rows.npy").write_bytes(b"x"),
        lambda folder: (folder / "lexical/more").touch(),
        lambda folder: (folder / "rows.npy").rename(folder / "columns.npy"),
        put_a_link_in_its_place,
        change_signed_words,
        sign_with_another_key,
    ],
)
def test_an_auditor_checks_a_release_with_the_commands_of_the_guide(
    release: Release, tmp_path: Path, tamper: Callable[[Path], object] | None
) -> None:
    folder = shutil.copytree(release.folder, tmp_path / "release")
    _, key = verify_release(folder)
    if tamper:
        tamper(folder)
    [block] = re.findall(r"^```sh\n(.*?)^```$", GUIDE.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
    script = re.sub(r"^key=.*$", f"key={key.text}", block, flags=re.MULTILINE)
    done = subprocess.run(["/bin/sh", "-c", script], cwd=folder, capture_output=True, text=True, check=False)
    assert (done.returncode == 0) is (tamper is None), done.stdout + done.stderr
    assert ("is whole" in done.stdout) is (tamper is None)
