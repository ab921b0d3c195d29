# SPDX-License-Identifier: Apache-2.0
"""Who is let in, with a real database behind it."""

import asyncio
import time
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from zoneinfo import ZoneInfo

import pytest
from access_calls import asleep, call, refusal, refused, until, usage

from daulat.errors import DaulatError
from daulat.gateway.access.service import Access, AccessSettings
from daulat.gateway.errors import envelope, retry_after_s, status_of


async def test_a_key_opens_what_it_was_given_for_on_the_account_of_its_project(office, open_access):
    key = await office.key(data_class="personal", highest_priority="emergency")
    async with open_access() as access:
        grant = await access.admit(call(key, priority="emergency", data_class="public"))
    assert (grant.organisation, grant.project, grant.key) == ("moh", "moh/portal", key.key.id)
    assert (grant.data_class, grant.priority) == ("personal", "emergency")


@pytest.mark.parametrize(
    ("rules", "fields", "status", "code"),
    [
        ({"models": ("qwen*",)}, {}, 403, "model_not_allowed"),
        ({"models": ("tiny",)}, {"model": "xa/health", "service": "health"}, 403, "model_not_allowed"),
        ({"services": ("health",)}, {}, 403, "model_not_allowed"),
        ({"networks": ("10.0.0.0/8",)}, {}, 403, "network_not_allowed"),
    ],
)
async def test_a_restricted_key_is_refused_elsewhere(office, open_access, rules, fields, status, code):
    key = await office.key(**rules)
    async with open_access() as access:
        error = await refusal(access, key, **fields)
    assert (status_of(error), error.code) == (status, code)
    assert envelope(error)["error"]["code"] == code


async def test_an_unknown_a_mistyped_and_no_key_are_refused_alike(office, open_access):
    key = await office.key()
    wrong = key.token[:-1] + ("A" if key.token[-1] != "A" else "B")
    async with open_access() as access:
        for token in (wrong, "sk-something-else", ""):
            error = await refusal(access, token)
            assert (status_of(error), error.code) == (401, "invalid_api_key")
            assert token == "" or token not in str(error)


async def test_a_key_ends_at_its_time(office, open_access, store):
    key = await office.key(expires_at=datetime.now(UTC) + timedelta(hours=1))
    await store.execute("UPDATE access_key SET expires_at = now() - interval '1 second'")
    async with open_access() as access:
        error = await refusal(access, key)
    assert (status_of(error), error.code) == (401, "key_expired")


async def test_a_revoked_key_stops_on_every_worker_that_is_running(office, open_access):
    key = await office.key()
    async with open_access() as one, open_access() as other:
        for access in (one, other):
            (await access.admit(call(key))).settle(usage())
        await office.registry.revoke_key(key.key.id)

        async def both_refuse():
            try:
                for access in (one, other):
                    (await access.admit(call(key))).settle(usage())
            except DaulatError as error:
                return error.code == "invalid_api_key"
            return False

        await until(both_refuse)
        for access in (one, other):
            await until(lambda access=access: refused(access, key))


async def test_closing_an_organisation_stops_all_its_keys(office, open_access):
    key, other = await office.key(), await office.key("moe/school")
    async with open_access() as access:
        await office.registry.close("organisation", "moh")
        await until(lambda: refused(access, key))
        assert not await refused(access, other)


async def test_a_new_key_works_on_a_worker_that_was_running_before(office, open_access):
    async with open_access() as access:
        key = await office.key()

        async def works():
            return not await refused(access, key)

        await until(works)


async def test_without_a_key_services_answer_and_models_do_not(office, open_access):
    await office.key()
    async with open_access(is_private=True) as access:
        grant = await access.admit(call(model="xa/health", service="health", data_class="public"))
        assert (grant.key, grant.data_class) == ("", "personal")
        error = await refusal(access)
    assert error.code == "invalid_api_key"


async def test_on_ones_own_machine_models_answer_until_the_first_key_is_made(office, open_access):
    async with open_access(is_private=True) as access:
        (await access.admit(call("none"))).settle(usage())
        await office.key()
        await until(lambda: refused(access, "none"))
    async with open_access(is_private=False) as access:
        assert (await refusal(access)).code == "invalid_api_key"


async def test_a_network_without_a_key_gets_its_share_and_no_more(open_access):
    async with open_access(anonymous_a_minute=2) as access:
        for _ in range(2):
            await access.admit(call(model="xa/health", service="health"))
        error = await refusal(access, model="xa/health", service="health", client="192.0.2.99")
        assert (status_of(error), error.code, retry_after_s(error) >= 1) == (429, "rate_limit_exceeded", True)
        await access.admit(call(model="xa/health", service="health", client="198.51.100.1"))


async def test_a_revocation_is_seen_though_the_worker_no_longer_hears_of_it(office, open_access, store):
    key = await office.key()
    async with open_access() as access:
        assert not await refused(access, key)
        # The change is made where no trigger runs: the worker is told nothing, and finds out by itself.
        async with store.connection() as connection:
            await connection.execute("ALTER TABLE access_key DISABLE TRIGGER USER")
            await connection.execute("UPDATE access_key SET revoked_at = now()")
            await connection.execute("ALTER TABLE access_key ENABLE TRIGGER USER")
            await connection.execute("UPDATE access_version SET version = version + 1")
        await until(lambda: refused(access, key))


async def test_a_listener_that_was_cut_off_listens_again(office, open_access, store):
    key = await office.key()
    async with open_access() as access:
        await store.fetch("SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                          " WHERE application_name = 'daulat-access'")  # fmt: skip
        await office.registry.revoke_key(key.key.id)
        await until(lambda: refused(access, key))


async def test_keys_that_could_not_be_read_for_long_open_nothing(office, store):
    from daulat.gateway.access.directory import STALE_S, Directory

    key, now = await office.key(), 100.0
    leases = SimpleNamespace(slots=tuple)
    directory = Directory(store.conninfo, leases, clock=lambda: now)
    running = asyncio.create_task(directory.run())
    await directory.loaded(10)
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    assert directory.find(key.token).id == key.key.id
    now += STALE_S + 1
    with pytest.raises(DaulatError) as unread:
        directory.find(key.token)
    assert (status_of(unread.value), unread.value.code) == (503, "access_unavailable")


async def test_no_call_is_let_in_that_could_not_be_written_down(office, open_access):
    key = await office.key()
    async with open_access() as access:
        admission = (await access.opened()).admission
        admission._ledger._capacity = 0
        error = await refusal(access, key)
        assert (status_of(error), error.code) == (503, "ledger_unavailable")


async def test_before_the_database_is_there_citizens_are_answered_and_accounts_wait(monkeypatch):
    monkeypatch.setattr("daulat.gateway.access.service.PATIENCE_S", 0.1)
    access = Access(AccessSettings(ZoneInfo("UTC"), is_private=True))
    assert (await access.admit(call(model="xa/health", service="health"))).data_class == "personal"
    error = await refusal(access)
    assert (status_of(error), error.code) == (503, "loading")


async def test_what_is_older_than_the_nation_keeps_is_deleted(office, open_access, store):
    key = await office.key()
    async with open_access() as access:
        for _ in range(2):
            (await access.admit(call(key))).settle(usage())
    await store.execute("UPDATE usage_call SET at = now() - interval '31 days' WHERE id = (SELECT min(id::text)::uuid"
                        " FROM usage_call)")  # fmt: skip

    async def one_left():
        return await store.fetch("SELECT count(*) FROM usage_call") == [(1,)]

    async with open_access(keep_days=32):
        await asleep()
        assert not await one_left()
    async with open_access(keep_days=30):
        await until(one_left)


async def test_how_old_a_row_is_is_told_by_the_clock_of_the_service(office, open_access, store):
    key = await office.key()
    async with open_access() as access:
        (await access.admit(call(key))).settle(usage())

    async def none_left():
        return await store.fetch("SELECT count(*) FROM usage_call") == [(0,)]

    async with open_access(keep_days=30, wall_clock=lambda: time.time() + 31 * 86_400):
        await until(none_left)
