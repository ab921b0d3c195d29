# SPDX-License-Identifier: Apache-2.0
"""Hashes that are computed once: a file in; its SHA-256 out, read from a note beside it while the file is the same.

A file is the same while its size, its times and its inode are: weights of tens of gigabytes are read whole when they
come and when they change, not at each start. The note holds what the file was, so one that is wrong is known as wrong
without being read again. What it should be is told by its provenance, never here.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import msgspec

from daulat.files import read_regular, write_whole

NOTE = "verified.json"
_CHUNK_BYTES = 1 << 20
_SHA256 = re.compile(r"[0-9a-f]{64}")

Report = Callable[[int, int | None], None]


class Stamp(msgspec.Struct, frozen=True):
    """By what a file is known again. The time of its last change of state cannot be set back by a program."""

    bytes: int
    modified_ns: int
    changed_ns: int
    inode: int


class _Note(msgspec.Struct, frozen=True):
    stamp: Stamp
    sha256: str


def stamp_of(path: Path) -> Stamp | None:
    """Return the stamp of a file, or None where there is none."""
    try:
        found = path.stat()
    except OSError:
        return None
    return Stamp(found.st_size, found.st_mtime_ns, found.st_ctime_ns, found.st_ino)


class Hashes:
    """Computes hashes and keeps them, in memory and in the note beside each file.

    A note that cannot be written, as on a share that is read only, costs reading the file again at the next start.
    """

    def __init__(self) -> None:
        self._known: dict[Path, _Note] = {}

    def known(self, path: Path) -> str:
        """Return the hash of a file that was read before and is still the same; empty where it is not known."""
        stamp, note = stamp_of(path), self._known.get(path)
        if note is None or note.stamp != stamp:
            note = _read(path.with_name(NOTE))
        return note.sha256 if note is not None and note.stamp == stamp else ""

    def of(self, path: Path, report: Report | None = None, *, anew: bool = False, keep: bool = True) -> str:
        """Return the hash of a file, reading it only if it is not known, or `anew` is asked for.

        Parameters
        ----------
        path : Path
        report : callable, optional
            (bytes read, bytes of the file), called as it is read.
        anew : bool
            Read it whatever is known.
        keep : bool
            Write the note.
        """
        known = "" if anew else self.known(path)
        if known:
            return known
        before = stamp_of(path)
        sha256 = hash_file(path, report)
        if before is not None and before == stamp_of(path):  # else it changed under our eyes, and is read again
            self._known[path] = _Note(before, sha256)
            if keep:
                self.note(path, sha256)
        return sha256

    def note(self, path: Path, sha256: str) -> None:
        """Write down the hash of a file that was just read."""
        stamp = stamp_of(path)
        if stamp is None:
            return
        note, place = _Note(stamp, sha256), path.with_name(NOTE)
        self._known[path] = note
        with suppress(OSError):
            write_whole(place, msgspec.json.encode(note) + b"\n")


def _read(note: Path) -> _Note | None:
    try:
        return msgspec.json.decode(read_regular(note), type=_Note)
    except (OSError, msgspec.DecodeError):
        return None


def is_sha256(text: str) -> bool:
    """Say whether a text can be a SHA-256 in hexadecimal.

    Examples
    --------
    >>> is_sha256("ab" * 32), is_sha256("zz")
    (True, False)
    """
    return bool(_SHA256.fullmatch(text))


def hash_file(path: Path, report: Report | None = None) -> str:
    """Return the SHA-256 of a file, in hexadecimal."""
    digest, total = hashlib.sha256(), path.stat().st_size
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK_BYTES):
            digest.update(chunk)
            if report is not None:
                report(file.tell(), total)
    return digest.hexdigest()
