# SPDX-License-Identifier: Apache-2.0
"""A key that is given out can be used: it has its time before it, and somebody's open account behind it."""

from datetime import UTC, datetime, timedelta

import pytest

from daulat.gateway.access.errors import AccessError
from daulat.gateway.access.registry import KeyRules, Registry

MARCH = datetime(2026, 3, 1, tzinfo=UTC)
MONTH = timedelta(days=30)


@pytest.fixture
async def registry(store, office):
    await office.project("moh/portal")
    return Registry(store, by="operator", now=lambda: MARCH)


@pytest.mark.parametrize("days", [10, 90], ids=["good", "expired"])
async def test_a_rotated_key_lives_as_long_from_now_as_the_old_one_was_given(store, registry, days):
    rotated_at = MARCH + timedelta(days=days)
    old = await registry.create_key("moh/portal", "portal", KeyRules(expires_at=MARCH + MONTH))
    new = await Registry(store, by="operator", now=lambda: rotated_at).rotate_key(old.key.id, timedelta(hours=24))
    assert new.key.expires_at == rotated_at + MONTH


@pytest.mark.parametrize("end", [MARCH + MONTH, None], ids=["with an end", "without"])
async def test_a_key_rotated_again_in_its_overlap_hands_on_the_time_it_was_given(registry, end):
    old = await registry.create_key("moh/portal", "portal", KeyRules(expires_at=end))
    for _ in range(3):
        assert (await registry.rotate_key(old.key.id, timedelta(hours=24))).key.expires_at == end
    [shown] = [key for key in await registry.keys("moh") if key.id == old.key.id]
    assert shown.expires_at == MARCH + timedelta(hours=24)


async def test_a_rotated_key_without_an_end_has_none(registry):
    old = await registry.create_key("moh/portal", "portal", KeyRules())
    assert (await registry.rotate_key(old.key.id, timedelta(0))).key.expires_at is None


@pytest.mark.parametrize("closed", [("organisation", "moh"), ("project", "moh/portal")])
async def test_no_key_is_made_or_rotated_on_a_closed_account(registry, closed):
    old = await registry.create_key("moh/portal", "portal", KeyRules())
    await registry.close(*closed)
    for attempt in (
        registry.create_key("moh/portal", "another", KeyRules()),
        registry.rotate_key(old.key.id, timedelta(0)),
    ):
        with pytest.raises(AccessError, match="is closed") as refused:
            await attempt
        assert refused.value.code == f"access.{closed[0]}_closed"
    assert [each.id for each in await registry.keys("moh/portal")] == [old.key.id]
