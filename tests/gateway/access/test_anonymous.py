# SPDX-License-Identifier: Apache-2.0
"""Questions without a key are counted by network; only a machine that nobody else can reach asks as it likes."""

from dataclasses import replace
from zoneinfo import ZoneInfo

import pytest

from daulat.gateway.access.errors import QuotaReached
from daulat.gateway.access.service import Access
from daulat.gateway.access.settings import access_settings
from daulat.gateway.ports import Call
from daulat.nation import bootstrap, nation_of

ALONE = "listen: 127.0.0.1:8080"
PROXIED = f"{ALONE}\n  public_url: https://tanya.example"


async def asked(declared: str, client: str, times: int) -> int:
    """Return how many questions of an address are let in, of a service that lets two a minute in."""
    nation = nation_of(bootstrap("EE").replace(ALONE, declared))
    settings = replace(access_settings(nation, {}), anonymous_a_minute=2, zone=ZoneInfo("UTC"))
    access, admitted = Access(settings, clock=lambda: 0.0), 0
    for _ in range(times):
        try:
            await access.admit(Call("ee/public-services", "page", 1, 1, client=client, service="public-services"))
            admitted += 1
        except QuotaReached:
            break
    return admitted


@pytest.mark.parametrize("client", ["127.0.0.1", "::1", "127.9.9.9"])
async def test_behind_a_proxy_on_this_machine_citizens_have_a_limit(client):
    assert await asked(PROXIED, client, 5) == 2


async def test_a_service_that_only_this_machine_can_reach_counts_nobody_here():
    assert await asked(ALONE, "127.0.0.1", 5) == 5


async def test_any_other_network_is_counted_wherever_it_comes_from():
    assert await asked(ALONE, "192.0.2.1", 5) == 2
