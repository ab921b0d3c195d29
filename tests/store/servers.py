# SPDX-License-Identifier: Apache-2.0
"""What the tests do to servers: find them, wait for them, kill them by their number."""

import contextlib
import os
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil

from daulat.store._postmaster import running_postmaster


def wait_until(holds: Callable[[], object], *, at_most_s: float = 60) -> None:
    """Wait for something that another process does."""
    deadline = time.monotonic() + at_most_s
    while not holds():
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.01)


def postmaster_pid(data_dir: Path) -> int | None:
    server = running_postmaster(data_dir.resolve())
    return server.pid if server else None


def kill_server(data_dir: Path) -> None:
    if pid := postmaster_pid(data_dir):
        os.kill(pid, signal.SIGKILL)
        wait_until(lambda: postmaster_pid(data_dir) is None)


def fill(file: Path) -> None:
    """Write until the disk is full."""
    with contextlib.suppress(OSError), file.open("wb", buffering=0) as out:
        while out.write(bytes(1024 * 1024)):
            pass


@contextlib.contextmanager
def frozen(data_dir: Path) -> Iterator[None]:
    """Stop a server and all its processes, so that it takes what it is sent and says nothing; let them go on after."""
    postmaster = psutil.Process(postmaster_pid(data_dir))
    everyone = [postmaster, *postmaster.children(recursive=True)]
    for process in everyone:
        process.suspend()
    try:
        yield
    finally:
        for process in everyone:
            process.resume()
