# SPDX-License-Identifier: Apache-2.0
"""Private: two locks beside a data directory, kept by the kernel, so that a killed process never leaves one behind.

`turn` is held, alone, by whoever starts or stops the server. `users` is held, together, by everyone who uses it: who
gets it alone is the last one out, and stops the server.
"""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from daulat.store.errors import StoreBusyError, StoreError

_POLL_S = 0.05


@contextmanager
def turn(data_dir: Path, timeout_s: float) -> Iterator[None]:
    """Hold the right to start or stop the server of a data directory.

    Raises
    ------
    StoreBusyError
        If another process holds it longer than `timeout_s`; the error names that process.
    """
    handle = _open(data_dir.with_name(f"{data_dir.name}.lock"))
    try:
        deadline = time.monotonic() + timeout_s
        while not _try(handle, fcntl.LOCK_EX):
            if time.monotonic() > deadline:
                holder = os.pread(handle, 32, 0).decode("ascii", "replace").strip() or "unknown"
                raise StoreBusyError(str(data_dir), holder, timeout_s)
            time.sleep(_POLL_S)
        # On a full disk the lock still holds, only its holder stays unnamed.
        with suppress(OSError):
            os.ftruncate(handle, 0)
            os.pwrite(handle, str(os.getpid()).encode(), 0)
        yield
    finally:
        os.close(handle)


class Users:
    """Our place among the users of a server. Join and leave only while holding `turn`."""

    def __init__(self, data_dir: Path) -> None:
        self._path = data_dir.with_name(f"{data_dir.name}.users")
        self._handle: int | None = None

    def join(self) -> None:
        """Take a place, once: with two of them we would never be alone."""
        if self._handle is not None:
            return
        self._handle = _open(self._path)
        fcntl.flock(self._handle, fcntl.LOCK_SH)

    def leave(self) -> bool:
        """Give the place up, and say whether nobody else has one."""
        if self._handle is None:
            return False
        alone = _try(self._handle, fcntl.LOCK_EX)
        os.close(self._handle)
        self._handle = None
        return alone


def _open(path: Path) -> int:
    try:
        return os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except PermissionError as error:
        raise StoreError(
            f"{path} belongs to another user",
            why="The embedded database is used by the processes of one user.",
            fix="Start Daulat as that user, use another directory (`store.directory`), or set DATABASE_URL.",
            code="store.owner",
        ) from error


def _try(handle: int, kind: int) -> bool:
    try:
        fcntl.flock(handle, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
