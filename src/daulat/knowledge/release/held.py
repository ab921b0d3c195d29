# SPDX-License-Identifier: Apache-2.0
"""The files of an open release, held: whether one of them was written to since it was opened.

Files that are mapped change under whoever reads them, and one that is cut short ends the process that reads on. A
release is never changed; where somebody does, it is seen here before a word of it is quoted. A file that is put in the
place of another changes nothing: what was opened stays.
"""

from __future__ import annotations

import os
import weakref
from collections.abc import Iterable
from pathlib import Path

Stamp = tuple[int, int]
"""Bytes, and when the file was last written to, in nanoseconds."""


class HeldFiles:
    """Open files of a release, and how they were.

    Parameters
    ----------
    folder : Path
    names : iterable of str
        Of the files below it.

    Raises
    ------
    OSError
        If one cannot be opened.
    """

    def __init__(self, folder: Path, names: Iterable[str]) -> None:
        self._files: dict[str, int] = {}
        weakref.finalize(self, _close, self._files)
        for name in names:
            self._files[name] = os.open(folder / name, os.O_RDONLY | os.O_CLOEXEC)
        self._stamps = {name: _stamp(file) for name, file in self._files.items()}

    def size(self, name: str) -> int:
        """Return how many bytes a file had when it was opened."""
        return self._stamps[name][0]

    def is_as_opened(self, name: str) -> bool:
        """Say whether a file was not written to since it was opened."""
        return _stamp(self._files[name]) == self._stamps[name]

    def changed(self) -> str:
        """Name a file that was written to; empty where none was."""
        return next((name for name in self._files if not self.is_as_opened(name)), "")

    def read(self, name: str, start: int, end: int) -> bytes:
        """Read a part of a file; shorter where the file has been cut. Not through a map, which cannot say so."""
        return os.pread(self._files[name], end - start, start)


def _stamp(file: int) -> Stamp:
    found = os.fstat(file)
    return found.st_size, found.st_mtime_ns


def _close(files: dict[str, int]) -> None:
    for file in files.values():
        os.close(file)
