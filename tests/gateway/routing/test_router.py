# SPDX-License-Identifier: Apache-2.0
"""Data goes where its rule says or nowhere; calls wait their turn and are told when to come back."""

import asyncio
import contextlib
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from routing_calls import (
    GONE,
    WELL,
    Clock,
    call,
    grant,
    interrupted,
    overloaded,
    post,
    router_of,
    unavailable,
)

from daulat.gateway.errors import retry_after_s, status_of
from daulat.gateway.routing import EnginesAway, NoRoute, QueueFull, QueueSettings, Residency, Rule
from daulat.models import GateResult, Gates, UnknownModel

AT_HOME = Residency({"public": Rule(None), "internal": Rule({"XA", "XB"}), "personal": Rule({"XA"}, {"Data Office"})})


async def place_of(router, data_class) -> str:
    target = await router.choose(call(), grant(data_class=data_class))
    router.ended(target, WELL, None)
    return target.place


async def test_each_class_of_data_goes_only_where_its_rule_allows():
    router = router_of(
        post("abroad", "XC"), post("near", "XB"), post("home", "XA-01", operator="Data Office"), residency=AT_HOME
    )
    assert await place_of(router, "personal") == "XA-01"
    assert await place_of(router, "internal") in {"XB", "XA-01"}


async def test_the_reason_names_the_class_and_its_rule():
    router = router_of(post("home", "XA", operator="Data Office"), residency=AT_HOME)
    target = await router.choose(call(), grant(data_class="personal"))
    assert target.reason == "only; personal may go to XA with Data Office"


async def test_who_sends_no_class_is_taken_at_the_strictest():
    router = router_of(post("abroad", "XC"), residency=AT_HOME)
    with pytest.raises(NoRoute):
        await router.choose(call(), grant(data_class=""))


@pytest.mark.parametrize("data_class", ["personal", "secret"])
async def test_no_rule_no_route_and_the_refusal_says_why(data_class):
    router = router_of(post("abroad", "XC"), residency=AT_HOME)
    with pytest.raises(NoRoute) as refused:
        await router.choose(call(), grant(data_class=data_class))
    assert (status_of(refused.value), refused.value.code) == (403, "no_route")
    assert data_class in refused.value.what


async def test_a_name_that_nothing_has_is_unknown():
    with pytest.raises(UnknownModel):
        await router_of(post("home")).choose(call("nothing"), grant())


ENDS = {
    "well": (WELL, None),
    "gone": (GONE, None),
    "away": (WELL, unavailable()),
    "broke": (WELL, interrupted()),
    "busy": (WELL, overloaded(2.0)),
}


@settings(max_examples=60, deadline=None)
@given(
    places=st.lists(st.sampled_from(["XA", "XA-01", "XB", "XC", ""]), min_size=1, max_size=5),
    policy=st.sampled_from(["prefix", "least-busy", "weighted"]),
    events=st.lists(
        st.tuples(
            st.sampled_from(["public", "internal", "personal", "secret"]),
            st.sampled_from(sorted(ENDS)),
            st.integers(0, 2**32 - 1),
            st.floats(0, 20),
        ),
        max_size=30,
    ),
)
def test_never_a_forbidden_engine_whatever_fails(places, policy, events):
    rules = Residency({"public": Rule(None), "internal": Rule({"XA", "XB"}), "personal": Rule({"XA"})})
    allowed = {
        "public": {"XA", "XA-01", "XB", "XC", ""},
        "internal": {"XA", "XA-01", "XB"},
        "personal": {"XA", "XA-01"},
    }
    clock = Clock()
    router = router_of(
        *(post(f"engine-{n}", place) for n, place in enumerate(places)), policy=policy, residency=rules, clock=clock
    )

    async def one(data_class, end, affinity):
        tried = []
        while True:
            try:
                target = await router.choose(call(affinity=affinity), grant(data_class=data_class), tried)
            except (NoRoute, EnginesAway, QueueFull):
                return
            assert target.place in allowed[data_class]
            usage, error = ENDS[end]
            router.ended(target, usage, error)
            if error is None:
                return
            tried.append(target)

    for data_class, end, affinity, passed in events:
        clock.now += passed
        asyncio.run(one(data_class, end, affinity))
    assert all(each.in_flight == 0 for each in router.posts.values())


async def test_a_target_that_was_tried_is_not_chosen_again():
    router = router_of(post("a"), post("b"))
    first = await router.choose(call(), grant())
    router.ended(first, WELL, unavailable())
    second = await router.choose(call(), grant(), [first])
    assert {first.model, second.model} == {"a", "b"}
    assert second.reason.startswith("retry")
    router.ended(second, WELL, unavailable())
    with pytest.raises(EnginesAway):
        await router.choose(call(), grant(), [first, second])


async def test_an_engine_that_fails_is_passed_over_and_asked_again_later(clock):
    bad, good = post("bad"), post("good")
    router = router_of(bad, good, clock=clock)
    for _ in range(5):
        router.ended(await router.choose(call("bad"), grant()), WELL, unavailable())
    with pytest.raises(EnginesAway) as away:
        await router.choose(call("bad"), grant())
    assert retry_after_s(away.value) == 5
    assert {(await router.choose(call(), grant())).model for _ in range(4)} == {"good"}
    clock.now += 5
    trial = await router.choose(call("bad"), grant())
    router.ended(trial, WELL, None)
    assert bad.breaker.position == "closed"


async def test_an_engine_that_says_it_is_busy_is_left_alone_for_as_long_as_it_says(clock):
    busy, free = post("busy"), post("free")
    router = router_of(busy, free, clock=clock)
    router.ended(await router.choose(call("busy"), grant()), WELL, overloaded(7.0))
    assert {(await router.choose(call(), grant())).model for _ in range(3)} == {"free"}
    clock.now += 7
    assert (await router.choose(call("busy"), grant())).model == "busy"


async def test_an_engine_that_answers_no_probe_is_still_asked_when_nothing_else_is_left():
    silent, good = post("silent"), post("good")
    silent.reachable, silent.troubled = False, True
    router = router_of(silent, good)
    assert (await router.choose(call(), grant())).model == "good"
    assert (await router.choose(call("silent"), grant())).model == "silent"


async def waiting_calls(router, *grants):
    """Start a call for each grant, in order; return a list that fills with who was let through."""
    order, tasks = [], []

    async def one(each):
        target = await router.choose(call(prompt_tokens=10, max_tokens=10), each)
        order.append(each.organisation)
        router.ended(target, WELL, None)

    for each in grants:
        tasks.append(asyncio.create_task(one(each)))
        await asyncio.sleep(0)
    return order, tasks


async def test_who_waits_goes_in_fair_order_and_emergency_first():
    router = router_of(post("small", concurrency=1))
    held = await router.choose(call(), grant())
    order, tasks = await waiting_calls(
        router,
        grant("a"), grant("a"), grant("a"), grant("b"), grant("batch", priority="batch"),
        grant("rescue", priority="emergency"),
    )  # fmt: skip
    assert (order, router.waiting) == ([], 6)
    router.ended(held, WELL, None)
    await asyncio.gather(*tasks)
    assert order == ["rescue", "a", "b", "a", "a", "batch"]


async def test_the_next_one_too_many_is_told_when_to_come_back():
    router = router_of(post("small", concurrency=1), queue=QueueSettings(limit=1))
    await router.choose(call(), grant())
    _, tasks = await waiting_calls(router, grant())
    with pytest.raises(QueueFull) as full:
        await router.choose(call(), grant())
    assert status_of(full.value) == 429
    assert 1 <= retry_after_s(full.value) <= 60
    tasks[0].cancel()


async def test_a_call_that_waits_too_long_is_told_so_and_leaves_the_queue():
    router = router_of(post("small", concurrency=1), queue=QueueSettings(wait_s=0.01))
    await router.choose(call(), grant())
    with pytest.raises(QueueFull):
        await router.choose(call(), grant())
    assert router.waiting == 0


async def test_a_caller_that_leaves_while_it_waits_holds_no_place():
    small = post("small", concurrency=1)
    router = router_of(small)
    held = await router.choose(call(), grant())
    _, (task,) = await waiting_calls(router, grant())
    router.ended(held, WELL, None)  # the place is handed over; the caller leaves before it hears of it
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task
    assert (small.in_flight, router.waiting) == (0, 0)


async def test_a_place_that_becomes_free_in_the_moment_in_which_a_caller_leaves_goes_to_the_next(clock):
    router = router_of(post("small", concurrency=1))
    held = await router.choose(call(), grant())
    order, (leaving, staying) = await waiting_calls(router, grant("leaves"), grant("stays"))
    leaving.cancel()  # and before its task has run again:
    router.ended(held, WELL, None)
    await staying
    assert order == ["stays"]


@settings(max_examples=40, deadline=None)
@given(
    room=st.lists(st.integers(1, 3), min_size=1, max_size=3),
    calls=st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from(["writer", "engine-0"])), max_size=25),
)
def test_no_engine_has_room_while_a_call_waits_that_it_could_take(room, calls):
    async def run():
        posts = [post(f"engine-{n}", concurrency=size) for n, size in enumerate(room)]
        router = router_of(*posts, policy="prefix")
        held, tasks = [], []

        async def one(name, organisation):
            held.append(await router.choose(call(name), grant(organisation)))

        for organisation, name in calls:
            tasks.append(asyncio.create_task(one(name, organisation)))
            await asyncio.sleep(0)
        for _ in range(len(calls)):
            await asyncio.sleep(0)
            assert all(each.in_flight <= each.concurrency for each in posts)
            if router.waiting:  # work conserving: what waits could go nowhere
                assert posts[0].in_flight == posts[0].concurrency
            if held:
                router.ended(held.pop(0), WELL, None)
        await asyncio.gather(*tasks)
        assert len(held) + sum(1 for task in tasks if task.done()) >= len(calls)

    asyncio.run(run())


async def test_a_model_without_its_gate_does_not_write_for_a_service():
    passed = GateResult("b", "health", "xa", True, "suite", "0" * 64, date(2026, 1, 31))
    router = router_of(post("a"), post("b"), gates=Gates([passed]))
    target = await router.choose(call(service="health", language="xa"), grant())
    assert target.model == "b"
    with pytest.raises(NoRoute):
        await router.choose(call(service="health", language="xb"), grant())


async def test_the_light_tells_the_truth_from_the_last_minutes(clock):
    one = post("one")
    router = router_of(one, clock=clock)
    levels = []
    for error, ttft_s in ((None, 0.2), (None, 4.0), (unavailable(), None)):
        target = await router.choose(call(), grant())
        if ttft_s is not None:
            router.first_token(target, ttft_s)
        router.ended(target, WELL, error)
        levels.append(router.vitals()[0].level)
        clock.now += 1
    clock.now += 301
    levels.append(router.vitals()[0].level)
    assert levels == ["green", "amber", "red", "green"]  # quick; slow at times; one in three failed; five minutes later
