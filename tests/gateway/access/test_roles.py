# SPDX-License-Identifier: Apache-2.0
"""Every role on every route: what the table says is what the running gateway does."""

import itertools
from pathlib import Path

import pytest
from browser import Browser

from daulat.gateway.access.limits import grant_role
from daulat.gateway.access.roles import MEANING, ROLES, RULES, as_table
from daulat.gateway.access.sessions import Sessions

PAGE = Path(__file__).parents[3] / "docs" / "reference" / "roles.md"

# What a person who may would send, and what then comes back. `{...}` is filled with what the office holds.
BODIES = {
    ("POST", "/v1/admin/organisations"): {"id": "new-{n}"},
    ("POST", "/v1/admin/projects"): {"id": "moh/new-{n}"},
    ("POST", "/v1/admin/keys"): {"project": "moh/portal", "name": "made by a test"},
    ("POST", "/v1/admin/keys/{id}/rotate"): {"overlap_hours": 1},
    ("PUT", "/v1/admin/limits"): {"scope": "project", "of": "moh/portal", "metric": "requests", "period": "day",
                                  "amount": "5"},
    ("POST", "/v1/admin/roles"): {"principal": "subject:new-{n}", "role": "auditor"},
}  # fmt: skip
number = itertools.count()


@pytest.fixture
async def sign_in(store, office):
    """Give a browser in which somebody with certain roles is signed in; this is what the provider's word leads to."""
    await office.project("moh/portal")
    await office.project("moe/school")

    async def signing(*roles, organisation="moh"):
        subject = f"person-{next(number)}"
        for role in roles:
            within = organisation if role == "member" else ""
            await grant_role(office.registry, f"subject:{subject}", role, within)
        value = await Sessions(store).create(subject, "")
        return Browser(), {"cookie": f"daulat={value}"}

    return signing


async def target(office, rule):
    """Return the address of a route with something of its own to act on."""
    if "keys/{id}" in rule.path:
        return rule.path.replace("{id}", (await office.key()).key.id)
    if "roles/{id}" in rule.path:
        return rule.path.replace("{id}", await grant_role(office.registry, f"subject:x{next(number)}", "editor", ""))
    if "organisations/{id}" in rule.path:
        name = f"closing-{next(number)}"
        await office.registry.create_organisation(name, "")
        return rule.path.replace("{id}", name)
    if "projects/{id}" in rule.path:
        name = f"moh/closing-{next(number)}"
        await office.registry.create_project(name, "")
        return rule.path.replace("{id}", name)
    return rule.path


def filled(body):
    stamp = str(next(number))
    return {key: value.replace("{n}", stamp) if isinstance(value, str) else value for key, value in body.items()}


async def test_each_role_reaches_what_the_table_says_and_nothing_else(live_app, office, sign_in):
    await grant_role(office.registry, "subject:first", "owner", "")
    async with live_app() as base:
        visitors = {role: await sign_in(role) for role in ROLES} | {"nobody": await sign_in()}
        for rule in RULES:
            for role, (browser, cookie) in visitors.items():
                body = BODIES.get((rule.method, rule.path))
                address = base + await target(office, rule)
                status, said = await browser.json(address, rule.method, body and filled(body), cookie)
                told = f"{role} on {rule.method} {rule.path}: {status} {said}"
                if role in rule.roles:
                    assert status == 200, told
                else:
                    assert (status, said["error"]["code"]) == (403, "role_not_allowed"), told


async def test_who_is_not_signed_in_reaches_nothing(live_app, office):
    async with live_app() as base:
        for rule in RULES:
            address = base + await target_without_rows(rule)
            status, said = await Browser().json(address, rule.method, BODIES.get((rule.method, rule.path)))
            assert (status, said["error"]["code"]) == (401, "sign_in_required")


async def target_without_rows(rule):
    return rule.path.replace("{id}", "x")


async def test_every_route_of_administration_stands_in_the_table(store):
    from zoneinfo import ZoneInfo

    from daulat.gateway.access.service import Access, AccessSettings

    served = Access(AccessSettings(ZoneInfo("UTC"), is_private=False)).routes()
    admin = {(method, path) for path, methods in served.items() for method in methods if path.startswith("/v1/admin")}
    listed = {(rule.method, rule.path.removesuffix("{id}").replace("{id}", "*")) for rule in RULES}
    assert admin == listed


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
        assert (status, said["error"]["code"]) == (401, "foreign_origin")
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


async def test_a_change_is_in_the_audit_with_the_role_that_allowed_it(live_app, office, sign_in, store):
    async with live_app() as base:
        browser, cookie = await sign_in("operator")
        await browser.json(f"{base}/v1/admin/organisations", "POST", {"id": "court"}, cookie)
    [(role,)] = await store.fetch("SELECT id FROM access_role WHERE role = 'operator'")
    rows = await store.fetch("SELECT payload FROM ledger_event WHERE kind = 'access.organisation_created'")
    assert {"organisation": "court", "by": role} in [row[0] for row in rows]


def test_the_published_table_is_that_of_the_code():
    text = PAGE.read_text(encoding="utf-8")
    assert as_table() in text
    for role, meaning in MEANING.items():
        assert f"| {role} | {meaning} |" in text
