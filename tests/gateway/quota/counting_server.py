# SPDX-License-Identifier: Apache-2.0
"""A real Valkey, or a Redis, which speaks the same protocol: a fixture for the tests of counters and of workers."""

from __future__ import annotations

import shutil
import socket
import subprocess
import time

import pytest
import valkey


@pytest.fixture(scope="session")
def valkey_url(tmp_path_factory):
    """A server of its own, that writes an append-only file."""
    program = shutil.which("valkey-server") or shutil.which("redis-server")
    if program is None:
        pytest.skip("no valkey-server here: `apt-get install valkey-server` (or redis-server) lets it count too")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    words = ["--port", str(port), "--bind", "127.0.0.1", "--appendonly", "yes", "--save", "", "--dir"]
    process = subprocess.Popen([program, *words, str(tmp_path_factory.mktemp("valkey"))], stdout=subprocess.DEVNULL)
    client = valkey.Valkey(port=port)
    deadline = time.monotonic() + 20
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
    process.wait(20)
