# SPDX-License-Identifier: Apache-2.0
"""Real PostgreSQL and a real Valkey (or Redis, which speaks the same protocol) for the counters."""

from __future__ import annotations

import shutil
import socket
import subprocess
import time

import psycopg
import pytest
import valkey

from daulat.store import EmbeddedServer
from daulat.store.migrate import migrate


@pytest.fixture(scope="session")
def conninfo(tmp_path_factory):
    """A database with the schema of this version."""
    server = EmbeddedServer(tmp_path_factory.mktemp("quota") / "postgres")
    address = server.start()
    migrate(address)
    yield address
    server.stop()


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


@pytest.fixture
def database(conninfo):
    """A connection to emptied tables."""
    with psycopg.connect(conninfo, autocommit=True) as connection:
        connection.execute("TRUNCATE quota_limit CASCADE")
        yield connection
