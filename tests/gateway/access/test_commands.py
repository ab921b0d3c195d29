# SPDX-License-Identifier: Apache-2.0
"""`daulat access` and `daulat usage`, as an operator meets them."""

import asyncio
import csv
import io
import json
import re
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from click.testing import CliRunner

from daulat.cli import daulat
from daulat.gateway.access.service import Access, AccessSettings
from daulat.gateway.access.tokens import is_well_formed
from daulat.nation import bootstrap, load_nation
from daulat.store import StoreSettings, open_store


@pytest.fixture(scope="module")
def desk(tmp_path_factory):
    """A directory with a declaration; its database is started by the first command and stopped after each."""
    place = tmp_path_factory.mktemp("desk")
    (place / "nation.yaml").write_text(bootstrap("EE"), encoding="utf-8")
    return place


@pytest.fixture
def run(desk, monkeypatch):
    monkeypatch.delenv("DATABASE_URL", raising=False)
    monkeypatch.delenv("VALKEY_URL", raising=False)
    monkeypatch.chdir(desk)

    def running(words, ok=True):
        done = CliRunner().invoke(daulat, words.split(), catch_exceptions=True)
        assert (done.exception is None) == ok, done.exception
        return done

    return running


def data(done):
    return json.loads(done.stdout)


def test_an_empty_desk_says_what_to_do_next(run):
    for words, next_step in [
        ("access organisations list", "organisations create"),
        ("access projects list", "projects create"),
        ("access keys list", "keys create"),
        ("access limits show", "limits set"),
        ("access roles list", "grant owner"),
        ("usage", "keys create"),
    ]:
        done = run(words)
        assert done.stdout == ""
        assert next_step in done.stderr
    assert data(run("access keys list --json")) == []


def test_a_pattern_that_no_model_has_is_told_and_the_key_is_made(run):
    run("access organisations create pat --name Health")
    run("access projects create pat/portal")
    done = run("access keys create pat/portal --model nonesuch* --json")
    assert data(done)["key"].startswith("daulat_sk_")
    assert "no declared model matches `nonesuch*`" in done.stderr


def test_from_an_organisation_to_a_key_with_a_limit(run):
    run("access organisations create moh --name Health")
    run("access projects create moh/portal")
    done = run("access keys create moh/portal --model qwen* --network 10.0.0.0/8 --expires-in 30")
    assert is_well_formed(done.stdout.strip())
    [key] = data(run("access keys list --within moh --json"))
    assert (key["models"], key["networks"], key["created_by"]) == (["qwen*"], ["10.0.0.0/8"], "operator")
    listed = run("access keys list").stdout
    assert done.stdout.strip() not in listed
    assert re.search(r"  2\d{3}-\d\d-\d\d \d\d:\d\d:\d\d UTC$", listed, re.MULTILINE)
    run("access limits set project moh/portal money month 12.50 --currency EUR")
    [limit] = data(run("access limits show --json"))
    assert (limit["limit"], limit["used"], limit["available"]) == ("12.5", "0", "12.5")
    run("access limits set project moh/portal money month none --currency EUR")
    assert data(run("access limits show --json")) == []


def test_limits_are_not_shown_from_counters_that_the_service_does_not_use(run, desk, monkeypatch):
    async def serve(valkey_url):
        nation = load_nation(desk / "nation.yaml")
        settings = StoreSettings.from_environment(nation.path(nation.store.directory), {})
        access = Access(AccessSettings(ZoneInfo("UTC"), is_private=True, valkey_url=valkey_url))
        async with open_store(settings) as store, access.open(store):
            pass

    elsewhere = "redis://127.0.0.1:1/0"  # where nothing listens: it is known by its name alone
    run("access organisations create counted")
    run("access limits set organisation counted requests day 5")
    asyncio.run(serve(elsewhere))
    refused = run("access limits show --of counted", ok=False).exception
    assert (refused.code, "VALKEY_URL" in refused.fix) == ("access.counted_elsewhere", True)
    assert "counts in Valkey" in refused.what
    asyncio.run(serve(""))
    assert data(run("access limits show --of counted --json"))[0]["available"] == "5"
    monkeypatch.setenv("VALKEY_URL", elsewhere)
    assert run("access limits show --of counted", ok=False).exception.code == "access.counted_elsewhere"
    monkeypatch.delenv("VALKEY_URL")
    run("access limits set organisation counted requests day none")


def test_a_dry_run_changes_nothing(run):
    run("access organisations create dry")
    run("access projects create dry/project")
    before = [run(f"access {noun} list --json").stdout for noun in ("organisations", "projects", "keys", "roles")]
    said = data(run("access keys create dry/project --dry-run --json"))
    assert (said["dry_run"], said["key"]) == (True, "")
    run("access organisations create other --dry-run")
    run("access projects close dry/project --dry-run")
    run("access roles grant owner email:a@example.org --dry-run")
    after = [run(f"access {noun} list --json").stdout for noun in ("organisations", "projects", "keys", "roles")]
    assert after == before


def test_a_rotated_key_keeps_its_rules_and_its_limits(run):
    run("access organisations create rot")
    run("access projects create rot/app")
    old = data(run("access keys create rot/app --service public-services --json"))
    run(f"access limits set key {old['id']} requests day 9")
    new = data(run(f"access keys rotate {old['id']} --json"))
    assert (new["services"], new["key"] != old["key"]) == (["public-services"], True)
    assert [each["of"] for each in data(run(f"access limits show --of {new['id']} --json"))] == [new["id"]]
    known = {each["id"]: each["revoked_at"] for each in data(run("access keys list --within rot --json"))}
    assert known[old["id"]]
    assert known[new["id"]] is None
    kept = data(run(f"access keys rotate {new['id']} --overlap 2 --json"))
    known = {each["id"]: each for each in data(run("access keys list --within rot --json"))}
    assert known[new["id"]]["revoked_at"] is None
    ends = datetime.fromisoformat(known[new["id"]]["expires_at"])
    assert 0 < (ends - datetime.now(UTC)).total_seconds() <= 7200
    assert known[kept["id"]]["expires_at"] is None


@pytest.mark.parametrize(
    ("words", "code"),
    [
        ("access organisations create Ministry_of_Health", "access.id"),
        ("access projects create nobody/app", "access.no_organisation"),
        ("access keys create nobody/app", "access.no_project"),
        ("access keys create dry/project --network everywhere", "access.rules"),
        ("access keys create dry/project --service nonesuch", "access.no_service"),
        ("access keys revoke key_none", "access.no_key"),
        ("access limits set project nobody/app requests day 5", "access.no_project"),
        ("access limits set organisation dry requests day 1.5", "access.limit_or_role"),
        ("access limits set organisation dry money day 5", "access.limit_or_role"),
        ("access limits set organisation dry money day 5 --currency XQQ", "access.limit_or_role"),
        ("access limits set organisation dry concurrent day 5", "access.limit_or_role"),
        ("access limits set organisation dry requests day many", "access.limit_or_role"),
        ("access roles grant owner somebody", "access.limit_or_role"),
        ("access roles grant member email:a@example.org", "access.limit_or_role"),
        ("usage --month November", "ledger.usage_period"),
    ],
)
def test_what_makes_no_sense_is_refused_with_what_to_do(run, words, code):
    error = run(words, ok=False).exception
    assert error.code == code
    assert error.fix


def test_the_last_owner_cannot_be_taken_away(run):
    first = data(run("access roles grant owner email:a@example.org --json"))["id"]
    assert run(f"access roles revoke {first}", ok=False).exception.what == "this is the last owner"
    second = data(run("access roles grant owner subject:123 --json"))["id"]
    run(f"access roles revoke {first}")
    assert [each["id"] for each in data(run("access roles list --json"))] == [second]


def test_an_operator_reads_how_much_a_limit_is_and_what_a_key_is_bound_to(run):
    run("access organisations create told")
    run("access projects create told/app")
    key = run("access keys create told/app --model qwen* --model writer --network 10.20.0.0/16")
    assert "key_" in key.stderr
    [row] = [line for line in run("access keys list --within told").stdout.splitlines() if line.startswith("key_")]
    assert "qwen* writer" in row
    assert "10.20.0.0/16" in row
    for words, told in (
        ("organisation told money month 2500.00 --currency EUR", "money of organisation told: 2500.00 EUR a month"),
        ("project told/app requests minute 600", "requests of project told/app: 600 a minute"),
        ("project told/app concurrent at-once 20", "concurrent of project told/app: 20 at once"),
    ):
        done = run(f"access limits set {words}")
        assert told in done.stdout + done.stderr


def test_usage_is_summed_up_and_exported(run, desk):
    import asyncio
    from decimal import Decimal

    from daulat.ledger.usage import UsageRow, open_usage
    from daulat.store import StoreSettings, open_store

    def at(text):
        return datetime.fromisoformat(text).timestamp()

    rows = [
        # In Tallinn, two hours ahead of UTC in winter, the first is of December.
        UsageRow(at("2026-11-30T22:30:00+00:00"), "moh", "moh/portal", "k", "a", "chat", prompt_tokens=5),
        UsageRow(at("2026-11-30T12:00:00+00:00"), "moh", "moh/portal", "k", "a", "chat", prompt_tokens=10,
                 completion_tokens=4, cost=Decimal("0.00000012"), currency="EUR"),
        UsageRow(at("2026-11-02T12:00:00+00:00"), "moh", "moh/portal", "k", "b", "chat", prompt_tokens=20,
                 completion_tokens=6, cost=Decimal("0.1"), currency="EUR", status=502),
        UsageRow(at("2026-11-02T12:00:00+00:00"), "moe", "moe/app", "k", "=cmd()", "chat", prompt_tokens=1,
                 energy_wh=0.0238, energy_low_wh=0.0193, energy_high_wh=0.0427, energy_method="ecologits",
                 carbon_g=0.0119),
        UsageRow(at("2026-11-02T12:00:00+00:00"), "moe", "moe/app", "k", "a", "chat", prompt_tokens=3, engine="north",
                 energy_wh=12_345.0, energy_low_wh=12_345.0, energy_high_wh=12_345.0, energy_method="meter",
                 discarded="lost"),
    ]  # fmt: skip

    async def write():
        async with (
            open_store(StoreSettings(desk / ".daulat" / "postgres")) as store,
            open_usage(store.conninfo) as kept,
        ):
            for row in rows:
                kept.put(row)

    asyncio.run(write())
    assert all(line.startswith("2026-11 ") for line in run("usage --month 2026-11").stdout.splitlines()[1:])
    said = data(run("usage --by project --month 2026-11 --json"))
    assert said["time_zone"] == "Europe/Tallinn"
    portal = next(row for row in said["data"] if row["group"] == "moh/portal")
    assert (portal["requests"], portal["failed"], portal["prompt_tokens"], portal["completion_tokens"]) == (
        2,
        1,
        30,
        10,
    )
    assert (portal["cost"], portal["currency"]) == ("0.10000012", "EUR")
    days = data(run("usage --by organisation --month 2026-11 --each day --organisation moh --json"))["data"]
    assert [(day["period"], day["prompt_tokens"]) for day in days] == [("2026-11-02", 20), ("2026-11-30", 10)]
    months = data(run("usage --by organisation --month 2026 --each month --organisation moh --json"))["data"]
    assert [month["period"] for month in months] == ["2026-11", "2026-12"]
    table = list(csv.DictReader(io.StringIO(run("usage --by project --month 2026-11 --csv").stdout)))
    assert {row["group"] for row in table} == {"moh/portal", "moe/app"}
    models = list(csv.DictReader(io.StringIO(run("usage --by model --month 2026-11 --csv").stdout)))
    # What nobody was given is told by itself, and with its engine.
    said = run("usage --by project --month 2026-11").stdout
    # 0.0119 g for 0.0238 Wh: half of each end in grams.
    assert "0.0238 (0.0193 to 0.0427)" in said
    assert "0.0119 (0.00965 to 0.02135)" in said
    assert "12,345" not in said
    said = run("usage --by engine --month 2026-11 --discarded").stdout
    assert "north" in said
    assert "12,345 (12,345 to 12,345)" in said
    lost = data(run("usage --by discarded --month 2026-11 --json"))["data"]
    assert [(row["group"], row["requests"], row["by_meter"]) for row in lost] == [("lost", 1, 1)]
    assert "no engine worked for nothing" in run("usage --by discarded --month 2026-10").stderr
    # A caller chose that name; a spreadsheet must not run it.
    assert {row["group"]: row["requests"] for row in models} == {"a": "1", "b": "1", "'=cmd()": "1"}


def test_a_person_can_be_signed_out_from_the_desk(run, desk):
    import asyncio

    from daulat.gateway.access.sessions import Sessions
    from daulat.store import StoreSettings, open_store

    async def sign_in():
        async with open_store(StoreSettings(desk / ".daulat" / "postgres")) as store:
            return [await Sessions(store).create("ani", "") for _ in range(2)]

    asyncio.run(sign_in())
    assert data(run("access sessions end ani --json")) == {"subject": "ani", "ended": 2}
    assert data(run("access sessions end ani --json"))["ended"] == 0
