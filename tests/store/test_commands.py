# SPDX-License-Identifier: Apache-2.0
"""`daulat store`, as an operator meets it."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from daulat.cli.store import command
from daulat.nation import bootstrap
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
