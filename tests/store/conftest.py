# SPDX-License-Identifier: Apache-2.0
"""Real PostgreSQL for the tests: a data directory made once and copied, servers that are ended by their number."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))  # the helpers beside this file

from servers import kill_server

from daulat.store import EmbeddedServer, StoreSettings
from daulat.store.migrate import migrate


@pytest.fixture(scope="session")
def made_once(tmp_path_factory) -> Path:
    """A stopped data directory with the schema of this version."""
    data_dir = tmp_path_factory.mktemp("made") / "postgres"
    server = EmbeddedServer(data_dir)
    migrate(server.start())
    server.stop()
    return data_dir


@pytest.fixture
def data_dir(tmp_path, made_once) -> Iterator[Path]:
    """A copy of it; whatever still runs there at the end is killed."""
    copy = tmp_path / "d" / "postgres"
    copy.parent.mkdir()
    subprocess.run(["cp", "-a", made_once, copy], check=True)
    yield copy
    kill_server(copy)


@pytest.fixture
def new_dir(tmp_path) -> Iterator[Path]:
    """A place where no data directory has been made yet."""
    yield tmp_path / "n" / "postgres"
    kill_server(tmp_path / "n" / "postgres")


@pytest.fixture
def settings(data_dir) -> StoreSettings:
    return StoreSettings(data_dir)


@pytest.fixture
def script() -> Iterator[Callable[..., subprocess.Popen[str]]]:
    """Run Python in a process of its own, with the data directory as its first argument; kill it at the end."""
    started: list[subprocess.Popen[str]] = []

    def run(code: str, *words: object) -> subprocess.Popen[str]:
        # What a shell starts in the background, such as a run of all tests, ignores SIGINT and hands that on.
        hearing = "import signal; signal.signal(signal.SIGINT, signal.default_int_handler)\n"
        command = [sys.executable, "-c", hearing + code, *map(str, words)]
        started.append(subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True))
        return started[-1]

    yield run
    for process in started:
        process.kill()
        process.communicate()


@pytest.fixture
def small_disk(tmp_path) -> Iterator[Callable[[str], Path]]:
    """Mount a disk of a given size; needs root."""
    place = tmp_path / "disk"
    place.mkdir()
    mounted = []

    def mount(size: str) -> Path:
        command = ["mount", "-t", "tmpfs", "-o", f"size={size},mode=755", "tmpfs", str(place)]
        if os.geteuid() != 0 or shutil.which("mount") is None:
            pytest.skip("mounting a small disk needs root")
        done = subprocess.run(command, check=False, capture_output=True, text=True)
        if done.returncode:
            pytest.skip(f"this machine does not let root mount a disk: {done.stderr.strip()}")
        mounted.append(place)
        return place

    yield mount
    for disk in mounted:
        kill_server(disk / "postgres")
        subprocess.run(["umount", str(disk)], check=True)
