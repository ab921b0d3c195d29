# SPDX-License-Identifier: Apache-2.0
"""Private: work on a file or folder of the site in; what the system refused, as an error that teaches, out."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from daulat.files import is_full
from daulat.knowledge.errors import ReleaseError

_NOT_A_FOLDER = (errno.ENOTDIR, errno.EEXIST)


@contextmanager
def using(place: Path, *, why: str) -> Iterator[None]:
    """Tell what the system refuses inside as an error of the curator.

    Parameters
    ----------
    place : Path
        What is worked on, for a refusal that names nothing.
    why : str
        What it is needed for.

    Raises
    ------
    ReleaseError
        Instead of any OSError.
    """
    try:
        yield
    except OSError as error:
        raise ReleaseError(
            f"{error.filename or place} cannot be used: {error.strerror or error}",
            why=why,
            fix=_fix(error),
            code="knowledge.place",
        ) from error


def _fix(error: OSError) -> str:
    if is_full(error):
        return "Free some space there and run the same command again."
    if error.errno in _NOT_A_FOLDER:
        return "A file lies where a folder should be: move it away, or name another place in nation.yaml."
    if error.errno == errno.EROFS:
        return "That disk can only be read: mount it so that it can be written, or name another place in nation.yaml."
    return "Give this user the right to read and write there, or start where nation.yaml lies."
