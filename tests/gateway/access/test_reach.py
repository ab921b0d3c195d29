# SPDX-License-Identifier: Apache-2.0
"""Every route by every caller: what the table in the docs says is what the running gateway does."""

from __future__ import annotations

import asyncio
import json
import re
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from every_route import CALLS, JSON, RAW, SERVICE, WholeGateway, asked_by, number, send
from upstream import MODELS, Upstream

from daulat.cli._pages import make_pages
from daulat.gateway import Answering, Knowledge, create_app, open_parts, reserve, serve
from daulat.gateway.access.limits import grant_role
from daulat.gateway.access.roles import MEANING, ROLES
from daulat.gateway.access.service import Access, AccessSettings
from daulat.gateway.access.sessions import Sessions
from daulat.gateway.access.tokens import mint
from daulat.gateway.api.batches.queue import BatchQueue
from daulat.gateway.api.files.shelf import FileShelf
from daulat.gateway.openapi import OPERATIONS, openapi_document
from daulat.gateway.parts import Ids
from daulat.gateway.plans import PlanRoutes
from daulat.gateway.reach import as_table, marks
from daulat.models import EngineSet, RemoteEngine
from daulat.nation import bootstrap, nation_of

PAGE = Path(__file__).parents[3] / "docs" / "reference" / "roles.md"
ROLE_REFUSED, NOT_SIGNED_IN, NO_KEY = (403, "role_not_allowed"), (401, "sign_in_required"), (401, "invalid_api_key")
# Keys that open nothing, and what whoever brings one is told on every path of the API.
LOCKED_OUT = {
    "unknown key": NO_KEY,
    "expired key": (401, "key_expired"),
    "revoked key": NO_KEY,
    "key of another network": (403, "network_not_allowed"),
}


CALLERS = (*ROLES, "without role", "nobody", "key", *LOCKED_OUT)


@pytest.fixture
async def whole_gateway(store, office, fakes):
    """Serve every route over a real database and an engine's real server, and bring every kind of caller before it."""
    access = Access(AccessSettings(ZoneInfo("UTC"), is_private=False))
    plans = PlanRoutes(nation_of(bootstrap("EE", None)).model_dump_json(), Ids(), access)
    upstream, shelf = Upstream(), FileShelf(store, keep_s=3_600)
    engine = RemoteEngine(upstream.base_url, name="upstream")
    parts = fakes.make_parts(
        admission=access, routes=access.routes() | plans.routes(), engines=EngineSet(dict.fromkeys(MODELS, engine)),
        files=shelf, batches=BatchQueue(store), moderator=fakes.moderate,
    )  # fmt: skip
    keys = {"key": await office.key(), "expired key": await office.key(), "revoked key": await office.key()}
    keys["key of another network"] = await office.key(networks=("192.0.2.0/24",))
    await store.execute(
        "UPDATE access_key SET expires_at = now() - interval '1 s' WHERE id = %s", [keys["expired key"].key.id]
    )
    await office.registry.revoke_key(keys["revoked key"].key.id)
    await grant_role(office.registry, "subject:first", "owner", "")

    async def sign_in(caller):
        """Sign somebody in who holds one role or none; return the cookie."""
        subject = f"person-{next(number)}"
        if caller in ROLES:
            await grant_role(office.registry, f"subject:{subject}", caller, "moh" if caller == "member" else "")
        return "daulat=" + await Sessions(store).create(subject, "")

    headers = {name: {"authorization": f"Bearer {key.token}"} for name, key in keys.items()} | {"nobody": {}}
    headers["unknown key"] = {"authorization": f"Bearer {mint()}"}
    holder, stop, ready = reserve("127.0.0.1", 0), asyncio.Event(), asyncio.Event()
    app = create_app(parts)
    async with access.open(store), engine:
        serving = asyncio.create_task(serve(app, holder, stop=stop, on_ready=ready.set, before_end=app.close))
        await ready.wait()
        yield WholeGateway(holder.getsockname()[1], app, office, shelf, headers, sign_in)
        stop.set()
        await serving
        await plans.close()
    upstream.shutdown()
    upstream.server_close()


def route_of(operation):
    return f"{operation.method.upper()} {operation.path}"


def refusal(operation, caller):
    """Return what a caller gets who does not reach a route, or not all of it."""
    if operation.needs != "session":
        return LOCKED_OUT.get(caller, NO_KEY)
    return ROLE_REFUSED if caller in (*ROLES, "without role") else NOT_SIGNED_IN


def expected(operation, caller):
    """Return what the table says a caller gets of a route: of what is public of it, and of the rest."""
    call = CALLS[route_of(operation)]
    mark = marks(operation)[caller if caller in (*ROLES, "key") else "nobody"]
    if caller == "without role" and operation.path == "/auth/session":
        mark = "own"  # who is signed in may always see who that is
    through, refused = (call.status, call.code), refusal(operation, caller)
    if caller in LOCKED_OUT and operation.path.startswith("/v1/"):
        # Whoever brings a key that is no longer one is told so, whatever it was brought for; only administration has
        # its own word for whoever posts without a session.
        by_key = (operation.needs, operation.method) != ("session", "post")
        return dict.fromkeys(("public", "rest"), LOCKED_OUT[caller] if by_key else NOT_SIGNED_IN)
    if mark == "public":
        return {"public": through, "rest": refused}
    given = refused if mark == "–" else through
    return {"public": given, "rest": given}


@pytest.mark.timeout(300)
async def test_each_caller_reaches_what_the_table_says_and_nothing_else(whole_gateway):
    wrong = []
    for operation in OPERATIONS:
        for caller in CALLERS:
            told = expected(operation, caller)
            for part in CALLS[route_of(operation)].parts:
                found = await asked_by(whole_gateway, caller, operation, part)
                if found != told[part]:
                    wrong.append(f"{caller} on {route_of(operation)} ({part}): {found}, and not {told[part]}")
    assert wrong == []


async def test_a_key_that_is_held_to_one_model_is_shown_that_alone(whole_gateway, office):
    held = {"authorization": f"Bearer {(await office.key(models=(RAW,))).token}"}
    store = "/v1/vector_stores/vs_xa_public-services"
    while (await send(whole_gateway, "GET", "/v1/usage", headers=held))[0] != 200:
        await asyncio.sleep(0.01)  # the gateway hears of a new key a moment after it was made
    for path, found in [("/v1/models", [RAW]), ("/v1/vector_stores", [])]:
        listed = json.loads((await send(whole_gateway, "GET", path, headers=held))[1])
        assert [each["id"] for each in listed["data"]] == found
    for path, status in [(f"/v1/models/{RAW}", 200), (f"/v1/models/{SERVICE}", 404), (store, 404)]:
        assert (await send(whole_gateway, "GET", path, headers=held))[0] == status
        assert (await send(whole_gateway, "GET", path))[0] == 200
    searched = await send(
        whole_gateway, "POST", f"{store}/search", b'{"query": "births"}', held | {"content-type": JSON}
    )
    assert searched[0] == 403


async def test_the_table_holds_what_is_mounted_and_what_is_described(whole_gateway, fakes):
    paths = openapi_document("0.0")["paths"]
    described = {f"{method.upper()} {path}" for path, by_method in paths.items() for method in by_method}
    assert described == set(CALLS)
    assert fakes.mounted(whole_gateway.app) == in_table()
    assert in_table() == {
        (route.partition(" ")[0], re.sub(r"\{[^}]*\}", "*", route.partition(" ")[2])) for route in CALLS
    }


class Silent:
    """Answers nothing: it is not asked."""

    async def stream(self, question, writer_for=None):
        raise AssertionError("nobody asks")
        yield


async def test_a_service_as_it_is_started_mounts_what_the_table_holds(store, fakes, tmp_path):
    nation = nation_of(bootstrap("EE", None))
    knowledge = Knowledge(lambda report: Answering(Silent(), None, None, "no text"), lambda: "none")
    async with open_parts(nation, knowledge, {"DATABASE_URL": store.conninfo}) as parts:
        make_pages(nation, parts)
        async with asyncio.timeout(60):
            while parts.readiness.waiting_for():
                await asyncio.sleep(0.02)
        assert parts.readiness.failed() == []
        assert fakes.mounted(create_app(parts)) == in_table()


def in_table():
    """Return (method, path) of each row, `*` for what differs."""
    rows = (re.search(r"`(\w+) ([^`]+)`", line) for line in as_table().splitlines()[2:])
    return {(row[1], re.sub(r"\{[^}]*\}", "*", row[2])) for row in rows}


def test_the_published_table_is_that_of_the_code():
    text = PAGE.read_text(encoding="utf-8")
    assert as_table() in text
    for role, meaning in MEANING.items():
        assert f"| {role} | {meaning} |" in text
