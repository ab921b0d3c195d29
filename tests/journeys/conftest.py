# SPDX-License-Identifier: Apache-2.0
"""What a stranger types, as real processes: `daulat init`, `daulat up` on a free port, and what comes of it."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

DAULAT = str(Path(sys.executable).with_name("daulat"))


class Service:
    """`daulat up` in a folder, in a process group of its own, as a terminal starts it."""

    def __init__(self, folder: Path, *words: str) -> None:
        self.folder = folder
        with (folder / "talk").open("a") as talk:
            self.process = subprocess.Popen(
                [DAULAT, "up", "--port", "0", "--json", *words],
                cwd=folder, stdout=subprocess.PIPE, stderr=talk, text=True, start_new_session=True,
            )  # fmt: skip
        assert self.process.stdout is not None
        printed = ""
        while not printed.endswith("}\n"):
            line = self.process.stdout.readline()
            assert line, self.talk()
            printed += line
        self.url: str = json.loads(printed)["url"]

    def talk(self) -> str:
        """Return what it said on stderr."""
        return (self.folder / "talk").read_text()

    def get(self, path: str) -> str:
        """Fetch a page as a browser without script does."""
        with urllib.request.urlopen(self.url + path, timeout=30) as response:
            return str(response.read().decode())

    def wait(self) -> dict[str, Any]:
        """Wait until every part is ready, and return what `/readyz` says."""
        while True:
            assert self.process.poll() is None, self.talk()
            parts = json.loads(self.get("/v1/status"))["parts"]
            assert not [part for part in parts if part["state"] == "failed"], parts
            if all(part["state"] == "ready" for part in parts):
                return dict(json.loads(self.get("/readyz")))
            time.sleep(0.1)

    def end(self, number: signal.Signals) -> int:
        """Send a signal to the server and return how it ended."""
        os.kill(self.process.pid, number)
        code = self.process.wait(60)
        assert self.process.stdout is not None
        self.process.stdout.close()
        return code


def run(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """Run a command of Daulat in a folder."""
    return subprocess.run([DAULAT, *words], cwd=folder, capture_output=True, text=True, timeout=120, check=True)


def processes_of(folder: Path) -> list[str]:
    """List the command lines of processes that work in a folder or name it."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            line = (process / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
            inside = (process / "cwd").readlink().is_relative_to(folder)
        except OSError:
            continue  # it ended between the listing and the reading
        if inside or str(folder) in line:
            found.append(line)
    return found


def ask_path(question: str) -> str:
    """Return the address of a question asked without script."""
    return f"/ask?{urllib.parse.urlencode({'q': question})}"


@pytest.fixture(scope="session")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """`daulat init ID` and `daulat up` in an empty folder, ready."""
    folder = tmp_path_factory.mktemp("indonesia")
    run(folder, "init", "ID")
    started = Service(folder)
    started.wait()
    yield started
    started.end(signal.SIGTERM)


@pytest.fixture
def elsewhere(service: Service, tmp_path: Path) -> Path:
    """Another folder with the same declaration, key and release, so that it is not built twice."""
    shutil.copy(service.folder / "nation.yaml", tmp_path)
    for part in (".daulat/keys", ".daulat/releases"):
        shutil.copytree(service.folder / part, tmp_path / part, symlinks=True)
    return tmp_path


@pytest.fixture
def start() -> Iterator[Callable[..., Service]]:
    """Start a service that is ended with the test, if it has not ended before."""
    started: list[Service] = []

    def start_one(folder: Path, *words: str) -> Service:
        started.append(Service(folder, *words))
        return started[-1]

    yield start_one
    for each in started:
        if each.process.poll() is None:
            each.end(signal.SIGTERM)
