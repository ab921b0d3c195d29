# SPDX-License-Identifier: Apache-2.0
"""Real PostgreSQL for the counters; the real Valkey beside it comes from `counting_server.py`."""

from __future__ import annotations

import sys
from pathlib import Path

import psycopg
import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "quota"))

from counting_server import valkey_url

from daulat.store import EmbeddedServer
from daulat.store.migrate import migrate

__all__ = ["valkey_url"]


@pytest.fixture(scope="session")
def conninfo(tmp_path_factory):
    """A database with the schema of this version."""
    server = EmbeddedServer(tmp_path_factory.mktemp("quota") / "postgres")
    address = server.start()
    migrate(address)
    yield address
    server.stop()


@pytest.fixture
def database(conninfo):
    """A connection to emptied tables."""
    with psycopg.connect(conninfo, autocommit=True) as connection:
        connection.execute("TRUNCATE quota_limit CASCADE")
        yield connection
