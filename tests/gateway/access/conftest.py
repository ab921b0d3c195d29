# SPDX-License-Identifier: Apache-2.0
"""A real database with organisations, projects and keys, and the access of one worker over it."""

from __future__ import annotations

import sys
from contextlib import asynccontextmanager
from decimal import Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

sys.path.insert(0, str(Path(__file__).parent))  # the helpers of both folders
sys.path.insert(0, str(Path(__file__).parents[1] / "quota"))

from counting_server import valkey_url

from daulat.gateway.access.limits import set_limit
from daulat.gateway.access.registry import KeyRules, Registry
from daulat.gateway.access.service import Access, AccessSettings
from daulat.gateway.quota.prices import Price
from daulat.store import StoreSettings, open_store

__all__ = ["valkey_url"]

PRICES = {"tiny": Price.of("XTS", input=Decimal("2"), output=Decimal("6"))}


@pytest.fixture(scope="session")
def data_dir(tmp_path_factory):
    return tmp_path_factory.mktemp("access") / "postgres"


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
def open_access(store):
    """Open the access of one worker."""

    @asynccontextmanager
    async def opening(**settings):
        chosen = {"zone": ZoneInfo("UTC"), "is_private": False, "prices": PRICES, "contexts": {"tiny": 4096}}
        access = Access(AccessSettings(**(chosen | settings)))
        async with access.open(store):
            yield access

    return opening
