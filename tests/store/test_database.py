# SPDX-License-Identifier: Apache-2.0
"""`open_store`: embedded or given, its schema, and what it says when it cannot."""

import asyncio
import signal
import subprocess
from contextlib import suppress
from pathlib import Path

import psycopg
import pytest
from servers import fill, kill_server, postmaster_pid, wait_until
from tests.ports import free_port

from daulat.store import (
    DiskFullError,
    EmbeddedServer,
    SchemaNewerError,
    Store,
    StoreError,
    StoreSettings,
    StoreUnreachableError,
    migrate_store,
    open_store,
)
from daulat.store._postmaster import running_postmaster
from daulat.store._privilege import account_for
from daulat.store.embedded import _binaries
from daulat.store.migrate import migrate
from daulat.store.versions import REVISIONS

INSERT = "INSERT INTO knowledge_release VALUES (%s, %s, '2026-01-01Z', 'test', false)"
RELEASES = "SELECT release_id FROM knowledge_release ORDER BY 1"


@pytest.fixture
def given_url(data_dir):
    """A server that somebody else runs: on a port, with a password that needs quoting."""
    server = EmbeddedServer(data_dir)
    with psycopg.connect(server.start(), autocommit=True) as connection:
        connection.execute("CREATE ROLE ministry LOGIN PASSWORD 'p@ss word'")
        connection.execute("CREATE DATABASE given OWNER ministry")
    server.stop()
    (data_dir / "pg_hba.conf").write_text("host all all 127.0.0.1/32 scram-sha-256\n")
    port = free_port()
    options = ["-c", f"port={port}", "-c", "listen_addresses=127.0.0.1", "-c", "unix_socket_directories="]
    command = [*account_for(data_dir, _binaries()).prefix, str(_binaries() / "postgres"), "-D", str(data_dir), *options]
    process = subprocess.Popen(command, stderr=subprocess.DEVNULL)
    try:
        wait_until(lambda: (server := running_postmaster(data_dir)) and server.is_ready)
        yield f"postgresql://ministry:p%40ss%20word@127.0.0.1:{port}/given"
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(60)


async def test_an_embedded_store_opens_with_the_schema_of_this_version(settings):
    async with open_store(settings) as store:
        status = await store.status()
        assert status.schema == REVISIONS[-1]
        assert status.has_vector
        assert status.is_embedded
        assert await store.is_ready()
    assert postmaster_pid(settings.data_dir) is None


async def test_a_connection_is_a_transaction(settings):
    async with open_store(settings) as store:
        async with store.connection() as connection:
            await connection.execute(INSERT, ["kept", bytes(32)])
        with suppress(ZeroDivisionError):
            async with store.connection() as connection:
                await connection.execute(INSERT, ["lost", bytes(32)])
                raise ZeroDivisionError
        assert await store.fetch(RELEASES) == [("kept",)]


async def test_at_most_one_release_is_current(settings):
    async with open_store(settings) as store:
        current = INSERT.replace("false", "true")
        await store.execute(current, ["one", bytes(32)])
        with pytest.raises(psycopg.errors.UniqueViolation):
            await store.execute(current, ["two", bytes(32)])


async def test_a_given_server_is_used_and_left_running(given_url, data_dir):
    settings = StoreSettings(data_dir / "unused", given_url)
    async with open_store(settings) as store:
        status = await store.status()
        assert not status.is_embedded
        assert status.where.endswith("/given")
    async with open_store(settings) as store:
        assert await store.is_ready()
    assert not (data_dir / "unused").exists()


async def test_a_wrong_password_is_told_without_repeating_it(given_url, tmp_path):
    wrong = given_url.replace("p%40ss%20word", "hunter2")
    with pytest.raises(StoreUnreachableError) as refused:
        await opened(StoreSettings(tmp_path, wrong))
    assert refused.value.code == "store.password"
    assert "hunter2" not in str(refused.value)


@pytest.mark.parametrize(
    ("url", "code"),
    [
        ("postgresql://u:hunter2@127.0.0.1:1/x", "store.unreachable"),
        ("postgresql://u:hunter2@no-such-host.invalid/x", "store.unreachable"),
        ("postgresql://u:hunter2@[half/x", "store.url"),
        ("mysql:hunter2", "store.url"),
        ("postgresql://u:sek@hunter2@127.0.0.1/x", "store.url"),
        ("postgresql://u:hunter2/ret@127.0.0.1/x", "store.url"),
    ],
)
async def test_a_server_that_cannot_be_reached_is_told_without_the_password(url, code, tmp_path):
    with pytest.raises(StoreError) as refused:
        await opened(StoreSettings(tmp_path, url))
    assert refused.value.code == code
    assert "hunter2" not in str(refused.value) + repr(refused.value.__cause__) + repr(StoreSettings(tmp_path, url))


async def test_a_database_that_is_not_there_is_named(given_url, tmp_path):
    with pytest.raises(StoreUnreachableError, match="nowhere"):
        await opened(StoreSettings(tmp_path, given_url.replace("/given", "/nowhere")))


async def opened(settings: StoreSettings) -> None:
    async with open_store(settings):
        pass


async def test_a_schema_that_is_newer_is_refused_and_not_changed(settings, data_dir):
    server = EmbeddedServer(data_dir)
    with psycopg.connect(server.start()) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(SchemaNewerError, match="9999"):
        await opened(settings)
    with psycopg.connect(server.start()) as connection:
        assert connection.execute("SELECT version_num FROM alembic_version").fetchall() == [("9999",)]
    server.stop()
    server.stop()


async def test_a_dry_run_prints_the_sql_and_changes_nothing(given_url, tmp_path):
    settings = StoreSettings(tmp_path, given_url)
    planned = await migrate_store(settings, dry_run=True)
    assert (planned.before, planned.steps) == ("", REVISIONS)
    with psycopg.connect(given_url) as connection:
        assert tables(connection) == []
        # The printed SQL is the whole migration: run by hand it leaves nothing to do.
        connection.execute(planned.sql.encode())
    done = await migrate_store(settings)
    assert (done.before, done.steps) == (REVISIONS[-1], ())


def tables(connection: psycopg.Connection) -> list[str]:
    query = "SELECT table_name FROM information_schema.tables WHERE table_schema = 'public' ORDER BY 1"
    return [row[0] for row in connection.execute(query)]


async def test_two_migrations_at_once_end_in_one_schema(given_url):
    done = await asyncio.gather(*(asyncio.to_thread(migrate, given_url) for _ in range(3)))
    assert sorted(one.steps for one in done) == [(), (), REVISIONS]
    with psycopg.connect(given_url) as connection:
        assert {"alembic_version", "answer_receipt", "ledger_event", "usage_call"} <= set(tables(connection))


def test_the_steps_that_the_code_knows_are_those_that_alembic_finds():
    from alembic.script import ScriptDirectory

    from daulat.store import migrate as module

    found = [step.revision for step in ScriptDirectory(str(Path(module.__file__).parent)).walk_revisions()]
    assert tuple(reversed(found)) == REVISIONS


async def test_a_server_that_dies_is_told_and_its_committed_rows_come_back(settings, data_dir):
    async with open_store(settings) as store:
        await store.execute(INSERT, ["kept", bytes(32)])
        kill_server(data_dir)
        while await store.is_ready():  # a backend may outlive its killed postmaster for a moment
            await asyncio.sleep(0.05)
        with pytest.raises(StoreUnreachableError, match="does not answer"):
            await store.fetch(RELEASES)
    async with open_store(settings) as store:
        assert await store.fetch(RELEASES) == [("kept",)]


async def test_a_deadlock_or_a_time_limit_is_the_callers_to_handle(settings):
    async with open_store(settings) as store:
        with pytest.raises(psycopg.errors.QueryCanceled):
            await too_slow(store)


async def too_slow(store: Store) -> None:
    async with store.connection() as connection:
        await connection.execute("SET LOCAL statement_timeout = 10")
        await connection.execute("SELECT pg_sleep(60)")


async def test_writing_to_a_full_disk_is_told_and_nothing_committed_is_lost(small_disk, made_once):
    data_dir = small_disk("120m") / "postgres"
    subprocess.run(["cp", "-a", made_once, data_dir], check=True)
    settings = StoreSettings(data_dir)
    async with open_store(settings) as store:
        await store.execute(INSERT, ["kept", bytes(32)])
        fill(data_dir.parent / "somebody else's file")
        with pytest.raises(DiskFullError):
            await store.execute("CREATE TABLE large AS SELECT repeat('x', 2000) FROM generate_series(1, 2000)")
        assert await store.fetch(RELEASES) == [("kept",)]
        (data_dir.parent / "somebody else's file").unlink()
        await store.execute(INSERT, ["later", bytes(32)])
    async with open_store(settings) as store:
        assert await store.fetch(RELEASES) == [("kept",), ("later",)]


async def test_being_cancelled_while_it_starts_leaves_no_server_behind(new_dir):
    task = asyncio.create_task(opened(StoreSettings(new_dir)))
    while not list(new_dir.parent.glob("*.unfinished-*")):
        await asyncio.sleep(0.01)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert postmaster_pid(new_dir) is None
