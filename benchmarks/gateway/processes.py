# SPDX-License-Identifier: Apache-2.0
"""Processes of a measurement: started on a processor of their own, read from /proc, ended at the end."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Literal

HERE = Path(__file__).parent
TICK_S = 1 / os.sysconf("SC_CLK_TCK")
PAGE_MB = os.sysconf("SC_PAGE_SIZE") / 1e6


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def compile_tools(directory: Path) -> None:
    """Build the mock engine and the load client with the system's C compiler."""
    for name in ("mock", "load"):
        source, target = HERE / f"{name}.c", directory / name
        subprocess.run(["cc", "-O2", "-Wall", "-o", str(target), str(source)], check=True)


Precedence = Literal["", "heavy", "real"]


def prepared(cores: set[int], precedence: Precedence) -> Callable[[], None]:
    """Return what a program does before it starts: go to its processors and, where asked, before everybody else's."""

    def prepare() -> None:
        os.sched_setaffinity(0, cores)
        if precedence == "real":
            os.sched_setscheduler(0, os.SCHED_RR, os.sched_param(1))

    return prepare


def weigh_all(directory: Path) -> None:
    """Give weight to every program that works in a directory: each connection of PostgreSQL is a session of its own."""
    for entry in Path("/proc").iterdir():
        with suppress(OSError):
            if entry.name.isdigit() and (entry / "cwd").readlink().is_relative_to(directory):
                (entry / "autogroup").write_text("-20")


class Family:
    """A process and its children, as /proc tells of them."""

    def __init__(self, pid: int) -> None:
        self.pid = pid

    def members(self, pid: int | None = None) -> list[int]:
        pid = pid or self.pid
        try:
            children = " ".join(each.read_text() for each in Path(f"/proc/{pid}/task").glob("*/children")).split()
        except OSError:
            return []
        return [pid, *(each for child in children for each in self.members(int(child)))]

    def cpu_s(self) -> float:
        """CPU seconds so far."""
        total = 0
        for pid in self.members():
            with suppress(OSError):  # it ended meanwhile
                fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
                total += int(fields[11]) + int(fields[12])
        return total * TICK_S

    def resident_mb(self) -> float:
        return sum(int(Path(f"/proc/{pid}/statm").read_text().split()[1]) for pid in self.members()) * PAGE_MB

    def forget_peak(self) -> None:
        """Let `peak_mb` begin at what is resident now."""
        for pid in self.members():
            Path(f"/proc/{pid}/clear_refs").write_text("5")

    def peak_mb(self) -> float:
        """The most that was resident since `forget_peak`; of several processes the sum of each one's most."""
        lines = [line for pid in self.members() for line in Path(f"/proc/{pid}/status").read_text().splitlines()]
        return sum(int(line.split()[1]) for line in lines if line.startswith("VmHWM:")) * 1024 / 1e6


class Process:
    """One program, pinned to some processors.

    `precedence` says how it goes before what else runs on a shared machine: `real` as real-time work, which is never
    late but is held to 95 % of a processor; `heavy` as a session of the greatest weight; empty not at all.
    """

    def __init__(
        self,
        words: Sequence[object],
        cores: set[int],
        directory: Path,
        environ: dict[str, str] | None = None,
        precedence: Precedence = "",
    ) -> None:
        self.log = (directory / f"{Path(str(words[0])).name}-{free_port()}.log").open("wb")
        self.process = subprocess.Popen(
            [str(word) for word in words],
            cwd=directory,
            stdout=self.log,
            stderr=self.log,
            stdin=subprocess.DEVNULL,
            env=os.environ | (environ or {}),
            preexec_fn=prepared(cores, precedence),
            start_new_session=True,
        )
        self.precedence, self._directory = precedence, directory
        self.favour()

    def favour(self) -> None:
        """Give precedence to what was started since: sessions of PostgreSQL, and threads that write beside the loop."""
        if self.precedence:
            weigh_all(self._directory)
        if self.precedence == "real":
            for task in Path(f"/proc/{self.process.pid}/task").iterdir():
                if int(task.name) != self.process.pid:
                    os.sched_setscheduler(int(task.name), os.SCHED_RR, os.sched_param(2))

    @property
    def talk(self) -> str:
        return Path(self.log.name).read_text(errors="replace")[-2000:]

    @property
    def family(self) -> Family:
        """The process and its children."""
        return Family(self.process.pid)

    def wait_for_port(self, port: int, patience_s: float = 120.0) -> None:
        deadline = time.monotonic() + patience_s
        while time.monotonic() < deadline:
            if self.process.poll() is not None:
                raise SystemExit(f"a program ended before it was up:\n{self.talk}")
            try:
                socket.create_connection(("127.0.0.1", port), timeout=1).close()
                return
            except OSError:
                time.sleep(0.005)
        raise SystemExit(f"nothing listens on {port}:\n{self.talk}")

    def end(self) -> None:
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(20)
            except subprocess.TimeoutExpired:
                os.killpg(self.process.pid, signal.SIGKILL)
                self.process.wait(10)
        self.log.close()


def request_bytes(path: str, key: str, body: dict) -> bytes:
    data = json.dumps(body).encode()
    head = (
        f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {key}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(data)}\r\n\r\n"
    )
    return head.encode() + data


def ask_once(port: int, request: bytes) -> int:
    """Send one request and return its status."""
    with socket.create_connection(("127.0.0.1", port), timeout=60) as connection:
        connection.sendall(request)
        connection.settimeout(60)
        answer = connection.recv(65536)
    return int(answer.split(b" ", 2)[1]) if answer.startswith(b"HTTP/1.1 ") else 0


class Load:
    """The load client, pinned; `precedence` as for a process."""

    def __init__(self, directory: Path, core: int, precedence: Precedence = "") -> None:
        self._directory, self._core = directory, core
        self.precedence = precedence

    def run(self, kind: str, port: int, request: bytes, first: int, second: int, patience_s: float = 600.0) -> dict:
        file = self._directory / "request"
        file.write_bytes(request)
        words = [self._directory / "load", kind, port, file, first, second]
        with subprocess.Popen(
            [str(word) for word in words],
            cwd=self._directory,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            preexec_fn=prepared({self._core}, self.precedence),
            start_new_session=True,
        ) as client:
            if self.precedence == "heavy":
                weigh_all(self._directory)
            try:
                said, talk = client.communicate(timeout=patience_s)
            except subprocess.TimeoutExpired:
                client.kill()
                raise SystemExit(f"load {kind}: not done in {patience_s:g} s") from None
        if client.returncode != 0:
            raise SystemExit(f"load {kind}: {talk.decode()[-600:]}")
        if talk:
            print(talk.decode()[-600:], file=sys.stderr)
        return json.loads(said)
