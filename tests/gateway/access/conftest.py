# SPDX-License-Identifier: Apache-2.0
"""A real database with organisations, projects and keys, and the access of one worker over it."""

from __future__ import annotations

import asyncio
import sys
import time
from contextlib import asynccontextmanager
from decimal import Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

sys.path.insert(0, str(Path(__file__).parent))  # the helpers of these folders
sys.path.insert(0, str(Path(__file__).parents[1] / "quota"))
sys.path.insert(0, str(Path(__file__).parents[1] / "clients"))

from counting_server import valkey_url

from daulat.gateway import create_app, reserve, serve
from daulat.gateway.access.cors import with_cors
from daulat.gateway.access.limits import set_limit
from daulat.gateway.access.registry import KeyRules, Registry
from daulat.gateway.access.service import Access, AccessSettings
from daulat.gateway.api.files.shelf import FileShelf
from daulat.gateway.quota.prices import Price
from daulat.store import StoreSettings, open_store

__all__ = ["valkey_url"]

PRICES = {"tiny": Price.of("XTS", input=Decimal("2"), output=Decimal("6"))}


@pytest.fixture(scope="session")
def data_dir(tmp_path_factory):
    return tmp_path_factory.mktemp("access") / "postgres"


@pytest.fixture(autouse=True)
def patient(monkeypatch):
    """Let a call wait for its counters: on a busy machine an exchange may take longer than a caller would."""
    monkeypatch.setattr("daulat.gateway.quota.leases.PATIENCE_S", 60.0)


@pytest.fixture
async def store(data_dir):
    async with open_store(StoreSettings(data_dir)) as store:
        await store.execute(
            "TRUNCATE access_organisation, access_project, access_key, access_role, access_session, access_sign_in,"
            " quota_limit, quota_counter, quota_lease, usage_call, ledger_event"
        )
        yield store


class Office:
    """An operator's office: keys and limits in a line each."""

    def __init__(self, store):
        self.store = store
        self.registry = Registry(store, by="operator")

    async def project(self, project="moh/portal"):
        organisation = project.partition("/")[0]
        if organisation not in [each.id for each in await self.registry.organisations()]:
            await self.registry.create_organisation(organisation, organisation)
        if project not in [each.id for each in await self.registry.projects()]:
            await self.registry.create_project(project, project)

    async def key(self, project="moh/portal", **rules):
        await self.project(project)
        return await self.registry.create_key(project, "test", KeyRules(**rules))

    async def limit(self, scope, scope_id, metric, period, amount, currency=""):
        await set_limit(self.registry, scope, scope_id, metric, period, Decimal(amount), currency)


@pytest.fixture
def office(store):
    return Office(store)


@pytest.fixture
async def live_app(store, fakes):
    """Serve the whole gateway over the database, on a port of this process; gives its address."""
    running = []

    @asynccontextmanager
    async def serving(port=0, origins=(), wall_clock=time.time, **settings):
        chosen = {"zone": ZoneInfo("UTC"), "is_private": False, "prices": PRICES, "contexts": {"tiny": 4096}}
        access = Access(AccessSettings(**(chosen | settings)), wall_clock=wall_clock)
        parts = fakes.make_parts(
            admission=access, routes=access.routes(), files=FileShelf(store, keep_s=3_600), allowed_origins=origins,
            is_private=chosen["is_private"],
        )  # fmt: skip
        holder, stop, ready = reserve("127.0.0.1", port), asyncio.Event(), asyncio.Event()
        app = create_app(parts)
        async with access.open(store):
            serving = asyncio.create_task(
                serve(with_cors(app, origins), holder, stop=stop, on_ready=ready.set, before_end=app.close)
            )
            running.append(serving)
            await asyncio.wait([asyncio.create_task(ready.wait()), serving], return_when=asyncio.FIRST_COMPLETED)
            try:
                yield f"http://127.0.0.1:{holder.getsockname()[1]}"
            finally:
                stop.set()
                await serving

    return serving


@pytest.fixture
def open_access(store):
    """Open the access of one worker."""

    @asynccontextmanager
    async def opening(wall_clock=time.time, **settings):
        chosen = {"zone": ZoneInfo("UTC"), "is_private": False, "prices": PRICES, "contexts": {"tiny": 4096}}
        access = Access(AccessSettings(**(chosen | settings)), wall_clock=wall_clock)
        async with access.open(store):
            yield access

    return opening
