# SPDX-License-Identifier: Apache-2.0
"""`daulat store`, as an operator meets it."""

import asyncio
import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from click.testing import CliRunner

from daulat.cli.store import command
from daulat.ledger import ChainBrokenError, append_event
from daulat.nation import bootstrap
from daulat.store import StoreSettings, open_store
from daulat.store.versions import REVISIONS


@pytest.fixture
def run(tmp_path, monkeypatch):
    monkeypatch.delenv("DATABASE_URL", raising=False)
    monkeypatch.chdir(tmp_path)
    Path("nation.yaml").write_text(bootstrap("EE"), encoding="utf-8")
    return lambda *words: CliRunner().invoke(command, words, catch_exceptions=False)


def test_a_dry_run_prints_sql_a_migration_runs_it_and_a_second_has_nothing_to_do(run):
    printed = run("migrate", "--dry-run")
    assert printed.stdout.count("BEGIN;") == printed.stdout.count("COMMIT;") == 1
    assert "CREATE TABLE answer_receipt" in printed.stdout
    assert json.loads(run("migrate", "--json").stdout)["steps"] == list(REVISIONS)
    assert "nothing to do" in run("migrate").stderr


def test_status_describes_the_embedded_database(run):
    told = json.loads(run("status", "--json").stdout)
    assert told["is_embedded"]
    assert told["schema"] == REVISIONS[-1]
    assert told["where"].endswith(".daulat/postgres")
    assert "18." in run("status").stdout


def test_an_empty_chain_of_events_is_whole(run):
    assert json.loads(run("verify", "--json").stdout) == {"events": 0, "is_whole": True, "last_hash": ""}


def test_a_chain_is_walked_and_an_event_changed_after_the_fact_is_found(run):
    run("migrate")

    async def change(statement: str | None = None) -> None:
        async with open_store(StoreSettings(Path(".daulat/postgres"))) as store:
            if statement:
                await store.execute(statement)
                return
            async with store.connection() as connection:
                for number in range(3):
                    await append_event(connection, "key.made", {"number": number}, at=datetime(2026, 3, 1, tzinfo=UTC))

    asyncio.run(change())
    told = json.loads(run("verify", "--json").stdout)
    assert (told["events"], told["is_whole"], len(told["last_hash"])) == (3, True, 64)
    assert run("verify").stdout.strip() == told["last_hash"]
    asyncio.run(change("""UPDATE ledger_event SET payload = '{"number": 7}' WHERE id = 2"""))
    with pytest.raises(ChainBrokenError, match="event 2 "):
        run("verify")
