# SPDX-License-Identifier: Apache-2.0
"""Files that are whole or not there: bytes in; a file that a full disk, a kill or a power cut cannot leave half
written, out. And the other way: what somebody declared in, its bytes out, without waiting for ever.

A file is written under another name in the same folder, brought to the disk, and renamed. It never shortens what is
there, and decides nothing about what is written.
"""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

__all__ = ["create_whole", "is_full", "kind_of", "read_regular", "sync", "write_whole"]

_KINDS = {
    stat.S_IFDIR: "a folder",
    stat.S_IFIFO: "a pipe",
    stat.S_IFSOCK: "a socket",
    stat.S_IFCHR: "a device",
    stat.S_IFBLK: "a device",
}


def kind_of(path: Path) -> str:
    """Say what stands where a file should, such as ``a pipe``; nothing where it is a file, or a link to one.

    >>> kind_of(Path("."))
    'a folder'
    """
    try:
        found = stat.S_IFMT(path.stat().st_mode)
    except OSError:  # gone, or in a circle
        return "a link that leads nowhere"
    return "" if found == stat.S_IFREG else _KINDS.get(found, "something else")


def read_regular(path: Path) -> bytes:
    """Read a file, and only a file: to open a pipe waits until somebody writes into it, and a device may never end.

    Raises
    ------
    OSError
        If it cannot be read, or is something else; `strerror` says what.
    """
    if not stat.S_ISREG(path.stat().st_mode):
        raise OSError(errno.EINVAL, f"it is {kind_of(path)} and no file", str(path))
    return path.read_bytes()


def write_whole(path: Path, data: bytes) -> None:
    """Write a file, replacing the one that is there; its rights stay, and so does a link that leads to it.

    Raises
    ------
    OSError
        If it cannot be written. What was there before is untouched.
    """
    target = path.resolve()
    mode = target.stat().st_mode & 0o7777 if target.exists() else 0o666
    with _draft(target, data, mode) as draft:
        if target.exists():
            draft.chmod(mode)  # making it was subject to the umask; the file that it replaces was not
        draft.replace(target)
    sync(target.parent)


def create_whole(path: Path, data: bytes, mode: int) -> None:
    """Make a file that is not there yet. Of several processes one makes it, and no reader sees a part of it.

    Parameters
    ----------
    mode : int
        Its rights, such as ``0o600``, less the umask.

    Raises
    ------
    FileExistsError
        If it is there.
    OSError
        If it cannot be written; then nothing is left.
    """
    with _draft(path, data, mode) as draft:
        os.link(draft, path)  # unlike a rename, a link does not replace
    sync(path.parent)


def is_full(error: OSError) -> bool:
    """Say whether the disk, or the share of it that a user may fill, had no room left."""
    return error.errno in (errno.ENOSPC, errno.EDQUOT)


def sync(path: Path) -> None:
    """Make sure that a file, or the names in a directory, would survive a power cut now."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextmanager
def _draft(target: Path, data: bytes, mode: int) -> Iterator[Path]:
    """Lend a file beside `target` that holds `data`, on the disk; it is gone afterwards unless it was renamed."""
    draft = target.with_name(f".{target.name}.{os.urandom(4).hex()}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        yield draft
    finally:
        draft.unlink(missing_ok=True)
