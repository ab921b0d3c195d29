# SPDX-License-Identifier: Apache-2.0
"""The chain of events notices any change, and takes no prose."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from daulat.ledger import GENESIS, ChainBrokenError, EventRefusedError, append_event, verify_chain, verify_events
from daulat.ledger.events import Event, sealed

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)

names = st.from_regex(r"[\w.:/@+,=-]{0,40}", fullmatch=True)
keys = st.from_regex(r"[a-z][a-z0-9_]{0,9}", fullmatch=True)
payloads = st.dictionaries(keys, names | st.integers(0, 10**9) | st.booleans(), max_size=4)
kinds = st.sampled_from(["nation.declared", "knowledge.published"])
chains = st.lists(st.tuples(kinds, payloads), min_size=1, max_size=6)
untimed = settings(deadline=None, max_examples=60)


async def append(store, kind, payload, *, at) -> Event:
    async with store.connection() as connection:
        return await append_event(connection, kind, payload, at=at)


def chained(rows) -> list[Event]:
    events: list[Event] = []
    for kind, payload in rows:
        previous = events[-1].hash if events else GENESIS
        events.append(sealed(len(events) + 1, NOON, kind, payload, previous))
    return events


@untimed
@given(rows=chains)
def test_an_untouched_chain_holds(rows):
    events = chained(rows)
    assert verify_chain(events) == events[-1]


@untimed
@given(rows=chains, data=st.data())
def test_any_edit_is_noticed(rows, data):
    events = chained(rows)
    place = data.draw(st.integers(0, len(events) - 1))
    edit = data.draw(
        st.sampled_from(
            [
                {"kind": "nation.forged"},
                {"at": NOON + timedelta(microseconds=1)},
                {"payload": {**events[place].payload, "added": 1}},
                {"previous_hash": bytes([1]) * 32},
                {"hash": bytes([1]) * 32},
                {"id": events[place].id + 1},
            ]
        )
    )
    events[place] = replace(events[place], **edit)
    with pytest.raises(ChainBrokenError):
        verify_chain(events)


@untimed
@given(rows=chains.filter(lambda rows: len(rows) > 2), data=st.data())
def test_an_event_left_out_or_moved_is_noticed(rows, data):
    events = chained(rows)
    place = data.draw(st.integers(0, len(events) - 2))
    for changed in (events[:place] + events[place + 1 :], [*events[:place], events[place + 1], events[place]]):
        with pytest.raises(ChainBrokenError):
            verify_chain(changed)


@pytest.mark.parametrize(
    ("kind", "payload"),
    [
        ("knowledge.published", {"question": "KK saya hilang"}),
        ("knowledge.published", {"note": "x" * 201}),
        ("knowledge.published", {"Field Name": 1}),
        ("knowledge.published", {"count": 2**60}),
        ("Somebody asked something", {}),
    ],
)
async def test_an_event_cannot_hold_a_sentence(store, kind, payload):
    with pytest.raises(EventRefusedError) as refused:
        await append(store, kind, payload, at=NOON)
    assert "KK saya" not in str(refused.value)
    assert await verify_events(store) is None


async def test_a_time_without_a_zone_is_refused(store):
    with pytest.raises(EventRefusedError, match="zone"):
        await append(store, "nation.declared", {}, at=datetime(2026, 1, 1))  # noqa: DTZ001  # that is the point


async def test_what_was_appended_is_what_is_verified(store):
    await append(store, "nation.declared", {"country": "XA", "languages": 3, "gated": False, "by": None}, at=NOON)
    east = NOON.astimezone(timezone(timedelta(hours=7)))
    last = await append(store, "knowledge.published", {"release": "2026-03-01", "sha256": "ab" * 32}, at=east)
    assert await verify_events(store) == last


async def test_many_writers_at_once_make_one_chain(store):
    await asyncio.gather(*(append(store, "key.made", {"number": n}, at=NOON) for n in range(20)))
    last = await verify_events(store)
    assert last is not None
    assert last.id == 20


async def test_a_row_changed_in_the_database_is_found(store):
    for n in range(3):
        await append(store, "key.made", {"number": n}, at=NOON)
    await store.execute("""UPDATE ledger_event SET payload = '{"number": 7}' WHERE id = 2""")
    with pytest.raises(ChainBrokenError, match="event 2 "):
        await verify_events(store)
