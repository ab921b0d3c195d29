# SPDX-License-Identifier: Apache-2.0
"""Private: what `postmaster.pid` says about the server of a data directory, and whether that process still is one."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

import psutil

SOCKET_LOCK = ".s.PGSQL.5432.lock"

# The lines of postmaster.pid, from PostgreSQL's src/include/utils/pidfile.h.
_PID, _PORT, _SOCKET_DIR, _STATUS = 0, 3, 4, 7


@dataclass(frozen=True, slots=True)
class Postmaster:
    """One running server. `status` is `starting`, `ready` or `stopping`, as the server itself writes it."""

    pid: int
    port: str
    socket_dir: str
    status: str

    @property
    def is_ready(self) -> bool:
        """Whether it accepts connections."""
        return self.status == "ready"


def running_postmaster(data_dir: Path) -> Postmaster | None:
    """Return the server that runs on a data directory, or None when there is none, whatever the file may claim."""
    try:
        lines = (data_dir / "postmaster.pid").read_text().splitlines()
        pid = int(lines[_PID])
    except (FileNotFoundError, IndexError, ValueError):
        return None
    if not is_postmaster(pid, data_dir):
        return None
    lines += [""] * (_STATUS + 1 - len(lines))
    return Postmaster(pid, lines[_PORT].strip(), lines[_SOCKET_DIR].strip(), lines[_STATUS].strip())


def is_postmaster(pid: int, data_dir: Path) -> bool:
    """Say whether a process is the PostgreSQL of this directory, and not a stranger that was given the same number."""
    try:
        process = psutil.Process(pid)
        words = process.cmdline()
        return process.status() != psutil.STATUS_ZOMBIE and str(data_dir) in words and "postgres" in words[0]
    except (psutil.NoSuchProcess, psutil.ZombieProcess):
        return False
    except psutil.AccessDenied:
        # It lives and belongs to somebody else; to treat it as gone could put two servers on one directory.
        return True


def disown_reused_pid(data_dir: Path) -> None:
    """Let PostgreSQL start beside stale lock files whose number now belongs to a stranger, or to an unburied child.

    PostgreSQL clears up after a process that is gone, but not where the number lives on. It ignores the number of its
    own parent, which is us; the other lines stay, because by them it recognises helpers of the old server that still
    write.
    """
    for file in (data_dir / "postmaster.pid", data_dir / SOCKET_LOCK):
        try:
            pid, *rest = file.read_text().splitlines(keepends=True)
            if psutil.pid_exists(int(pid)) and not is_postmaster(int(pid), data_dir):
                file.write_text("".join([f"{os.getpid()}\n", *rest]))
        except (FileNotFoundError, ValueError):
            continue


def abandoned_socket_dir(data_dir: Path) -> Path | None:
    """Return the directory outside the data directory in which a server that is gone had its socket."""
    try:
        line = (data_dir / "postmaster.pid").read_text().splitlines()[_SOCKET_DIR].strip()
    except (FileNotFoundError, IndexError):
        return None
    return Path(line) if line and Path(line) != data_dir else None
