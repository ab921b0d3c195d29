# SPDX-License-Identifier: Apache-2.0
"""Who holds a role acts in it, for as long and as far as they hold it; every route by every role is in test_reach."""

import itertools
import time
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from browser import Browser

from daulat.gateway.access.limits import grant_role
from daulat.gateway.access.registry import utc_now
from daulat.gateway.access.sessions import Sessions
from daulat.gateway.quota.counters import CountersUnavailableError
from daulat.gateway.quota.leases import Leases
from daulat.ledger import UsageRow, open_usage

number = itertools.count()


@pytest.fixture
async def sign_in(store, office):
    """Give a browser in which somebody with certain roles is signed in; this is what the provider's word leads to."""
    await office.project("moh/portal")
    await office.project("moe/school")

    async def signing(*roles, organisation="moh", now=utc_now):
        subject = f"person-{next(number)}"
        for role in roles:
            within = organisation if role == "member" else ""
            await grant_role(office.registry, f"subject:{subject}", role, within)
        value = await Sessions(store, now=now).create(subject, "")
        return Browser(), {"cookie": f"daulat={value}"}

    return signing


async def test_a_member_sees_their_own_organisation_and_cannot_tell_another_from_none(live_app, office, sign_in):
    ours, theirs = await office.key("moh/portal"), await office.key("moe/school")
    await office.limit("key", theirs.key.id, "requests", "day", 5)
    await office.limit("organisation", "moh", "requests", "day", 7)
    async with live_app() as base:
        browser, cookie = await sign_in("member")

        async def seen(what):
            status, said = await browser.json(f"{base}/v1/admin/{what}", headers=cookie)
            assert status == 200
            return said["data"]

        assert [each["id"] for each in await seen("organisations")] == ["moh"]
        assert [each["id"] for each in await seen("projects")] == ["moh/portal"]
        assert [each["id"] for each in await seen("keys")] == [ours.key.id]
        assert [(each["of"], each["available"]) for each in await seen("limits")] == [("moh", "7")]
        there = await browser.json(f"{base}/v1/admin/keys/{theirs.key.id}", "DELETE", headers=cookie)
        nowhere = await browser.json(f"{base}/v1/admin/keys/key_none", "DELETE", headers=cookie)
        assert there == nowhere
        assert there[0] == 404
        made = await browser.json(f"{base}/v1/admin/keys", "POST", {"project": "moe/school"}, cookie)
        assert made[0] == 404
        urgent = {"project": "moh/portal", "highest_priority": "emergency"}
        assert (await browser.json(f"{base}/v1/admin/keys", "POST", urgent, cookie))[0] == 400


async def test_work_that_nobody_was_given_is_seen_by_the_operator_and_by_a_member_of_whom_it_was_for(
    live_app, sign_in, store
):
    async with open_usage(store.conninfo) as ledger:
        for organisation in ("moh", "moe"):
            row = UsageRow(time.time(), organisation, f"{organisation}/p", "k", "writer", "chat", completion_tokens=7,
                           engine="north", discarded="lost")  # fmt: skip
            ledger.put(row)
    async with live_app() as base:

        async def seen(role, question):
            browser, cookie = await sign_in(role)
            return await browser.json(f"{base}/v1/admin/usage?by={question}", headers=cookie)

        [north] = (await seen("operator", "engine&discarded=true"))[1]["data"]
        assert (north["group"], north["requests"], north["completion_tokens"], north["cost"]) == ("north", 2, 14, "0")
        [own] = (await seen("member", "organisation&discarded=true"))[1]["data"]
        assert (own["group"], own["completion_tokens"]) == ("moh", 7)
        assert (await seen("member", "organisation"))[1]["data"] == []
        assert (await seen("operator", "organisation&discarded=maybe"))[0] == 400
        assert (await seen("operator", "organisation&organisation=moh"))[0] == 400  # and not the sums of all


async def test_a_role_that_was_taken_away_ends_at_the_next_request(live_app, office, sign_in, store):
    await grant_role(office.registry, "subject:first", "owner", "")
    async with live_app() as base:
        browser, cookie = await sign_in("operator")
        assert (await browser.json(f"{base}/v1/admin/keys", headers=cookie))[0] == 200
        await store.execute("UPDATE access_role SET revoked_at = now() WHERE role = 'operator'")
        assert (await browser.json(f"{base}/v1/admin/keys", headers=cookie))[0] == 403


@pytest.mark.parametrize(
    "foreign",
    [{"origin": "https://elsewhere.example"}, {"sec-fetch-site": "cross-site"}, {"sec-fetch-site": "same-site"}],
)
async def test_a_page_of_another_site_changes_nothing(live_app, office, sign_in, foreign):
    async with live_app() as base:
        browser, cookie = await sign_in("operator")
        body = {"id": "forged"}
        status, said = await browser.json(f"{base}/v1/admin/organisations", "POST", body, cookie | foreign)
        assert (status, said["error"]["code"]) == (403, "foreign_origin")
        assert "forged" not in [each.id for each in await office.registry.organisations()]


async def test_a_key_made_over_http_opens_the_gateway_and_is_shown_once(live_app, office, sign_in, store):
    async with live_app() as base:
        browser, cookie = await sign_in("operator")
        body = {"project": "moh/portal", "models": ["tiny"], "expires_in_days": 30}
        status, made = await browser.json(f"{base}/v1/admin/keys", "POST", body, cookie)
        assert status == 200
        kept = str(await store.fetch("SELECT * FROM access_key")) + str(await store.fetch("SELECT * FROM ledger_event"))
        assert made["key"] not in kept
        _, listed = await browser.json(f"{base}/v1/admin/keys", headers=cookie)
        assert made["key"] not in str(listed)
        status, own = await browser.json(f"{base}/v1/usage", headers={"authorization": f"Bearer {made['key']}"})
        assert (status, own["project"], own["key"]) == (200, "moh/portal", made["id"])


async def test_keys_and_months_end_by_the_clock_of_the_service_in_the_zone_of_the_nation(
    live_app, sign_in, office, store
):
    key = await office.key()
    late = datetime(2031, 12, 31, 23, 30, tzinfo=UTC)  # past noon of the first of January in Auckland
    async with open_usage(store.conninfo) as ledger:
        ledger.put(UsageRow(late.timestamp(), "moh", "moh/portal", "k", "m", "chat", completion_tokens=7))
    async with live_app(wall_clock=late.timestamp, zone=ZoneInfo("Pacific/Auckland")) as base:
        browser, cookie = await sign_in("operator", now=lambda: late)
        body = {"project": "moh/portal", "expires_in_days": 30}
        _, made = await browser.json(f"{base}/v1/admin/keys", "POST", body, cookie)
        assert datetime.fromisoformat(made["expires_at"]) == datetime(2032, 1, 30, 23, 30, tzinfo=UTC)
        _, used = await browser.json(f"{base}/v1/admin/usage", headers=cookie)
        assert [row["completion_tokens"] for row in used["data"]] == [7]
        _, own = await browser.json(f"{base}/v1/usage", headers={"authorization": f"Bearer {key.token}"})
        assert own["month"] == "2032-01"


async def test_a_change_is_in_the_audit_with_the_role_that_allowed_it(live_app, office, sign_in, store):
    async with live_app() as base:
        browser, cookie = await sign_in("operator")
        await browser.json(f"{base}/v1/admin/organisations", "POST", {"id": "court"}, cookie)
    [(role,)] = await store.fetch("SELECT id FROM access_role WHERE role = 'operator'")
    rows = await store.fetch("SELECT payload FROM ledger_event WHERE kind = 'access.organisation_created'")
    assert {"organisation": "court", "by": role} in [row[0] for row in rows]


async def test_what_is_taken_or_has_ended_is_told_from_what_is_not_there(live_app, office, sign_in):
    key = (await office.key()).key.id
    async with live_app() as base:
        browser, cookie = await sign_in("owner")

        async def answer(method, path, body=None):
            status, said = await browser.json(f"{base}/v1/admin/{path}", method, body, cookie)
            return status, said["error"]["code"] if status >= 400 else ""

        assert await answer("POST", "organisations", {"id": "moh"}) == (409, "access.taken")
        assert await answer("DELETE", f"keys/{key}") == (200, "")
        assert await answer("DELETE", f"keys/{key}") == (409, "access.key_revoked")
        assert await answer("DELETE", "keys/key_none") == (404, "access.no_key")
        assert await answer("DELETE", "projects/moh/portal") == (200, "")
        assert await answer("POST", "keys", {"project": "moh/portal"}) == (409, "access.project_closed")
        assert await answer("DELETE", "roles/none") == (404, "access.no_role")
        king = {"principal": "subject:x", "role": "king"}
        assert await answer("POST", "roles", king) == (400, "access.limit_or_role")


async def test_a_key_for_a_service_that_is_not_declared_is_refused_with_those_that_are(live_app, sign_in, store):
    async with live_app(services=("health", "schools")) as base:
        browser, cookie = await sign_in("operator")
        asked = {"project": "moh/portal", "services": ["health", "nope"]}
        status, said = await browser.json(f"{base}/v1/admin/keys", "POST", asked, cookie)
        assert (status, said["error"]["code"]) == (404, "access.no_service")
        assert "declared are health, schools" in said["error"]["message"]
        assert await store.fetch("SELECT count(*) FROM access_key") == [(0,)]
        status, _ = await browser.json(f"{base}/v1/admin/keys", "POST", asked | {"services": ["health"]}, cookie)
        assert status == 200


async def test_limits_are_not_ready_while_the_counters_are_away(live_app, office, sign_in, monkeypatch):
    async def away(self, limits):
        raise CountersUnavailableError("away")

    await office.limit("organisation", "moh", "requests", "day", 7)
    monkeypatch.setattr(Leases, "read", away)
    async with live_app() as base:
        browser, cookie = await sign_in("operator")
        status, said = await browser.json(f"{base}/v1/admin/limits", headers=cookie)
    assert (status, said["error"]["code"]) == (503, "quota_unavailable")


async def test_who_asks_for_their_usage_without_a_key_is_told_that_one_is_needed(live_app):
    async with live_app() as base:
        status, said = await Browser().json(f"{base}/v1/usage")
    assert (status, said["error"]["code"]) == (401, "invalid_api_key")
    assert "an API key is needed here" in said["error"]["message"]
