# SPDX-License-Identifier: Apache-2.0
"""Places for large bodies are for callers who are known, who send, and who leave one for another."""

import asyncio
from contextlib import AsyncExitStack, asynccontextmanager

import pytest

from daulat.gateway._asgi import Request
from daulat.gateway.access.errors import Unauthorised
from daulat.gateway.api.audio import TranscriptionsRoute
from daulat.gateway.api.inner import Kept
from daulat.gateway.api.uploads import AT_ONCE, Uploads
from daulat.gateway.defaults import OpenAdmission
from daulat.gateway.errors import BodyTooSlow, Overloaded, WrongMediaType


class KeysOnly(OpenAdmission):
    async def identify(self, call):
        raise Unauthorised("an API key is needed here", why="-", fix="-", code="invalid_api_key")


async def test_a_recording_of_nobody_takes_no_place_and_is_not_read(fakes):
    uploads, read = Uploads(), asyncio.Event()

    async def receive():
        read.set()
        await asyncio.Event().wait()

    route = TranscriptionsRoute(fakes.make_parts(admission=KeysOnly()), uploads)
    with pytest.raises(Unauthorised):
        async with asyncio.timeout(20):
            await route.transcribe(Request("POST", "/v1/audio/transcriptions", "", {}, receive, "r"), Kept().send)
    assert not read.is_set()


async def test_a_packed_body_is_told_so_and_not_that_its_form_is_broken():
    request = Request("POST", "/v1/files", "", {b"content-encoding": b"gzip"}, sending(1, 0), "r")
    with pytest.raises(WrongMediaType, match="packed"):
        await Uploads().body(request, 1 << 20, "moh/portal").__aenter__()


def sending(pieces, pause_s):
    """Return what receives a body piece by piece."""
    left = iter(range(pieces, 0, -1))

    async def receive():
        await asyncio.sleep(pause_s)
        return {"type": "http.request", "body": b"x" * 16_384, "more_body": next(left) > 1}

    return receive


def request_of(receive):
    return Request("POST", "/v1/files", "", {}, receive, "r", body_timeout_s=0.2)


async def test_a_body_that_trickles_gives_its_place_back_long_before_the_end_of_patience():
    async def trickle():
        await asyncio.sleep(0.05)
        return {"type": "http.request", "body": b"x", "more_body": True}

    uploads = Uploads()
    with pytest.raises(BodyTooSlow) as slow:
        async with asyncio.timeout(60), uploads.body(request_of(trickle), 1 << 20, "moh/portal"):
            pytest.fail("it never ends")
    assert "KiB/s" in slow.value.why
    async with uploads.body(request_of(sending(1, 0)), 1 << 20, "moh/portal") as body:
        assert len(body) == 16_384


async def test_a_body_may_take_longer_the_more_of_it_is_there():
    async with Uploads().body(request_of(sending(4, 0.1)), 1 << 20, "moh/portal") as body:
        assert len(body) == 4 * 16_384  # 0.4 s, of 0.2 s and one more for each piece


async def test_no_project_holds_every_place():
    uploads = Uploads()
    async with AsyncExitStack() as held:
        for _ in range(AT_ONCE - 1):
            await held.enter_async_context(uploads.body(request_of(sending(1, 0)), 1 << 20, "moh/portal"))
        with pytest.raises(Overloaded):
            await held.enter_async_context(uploads.body(request_of(sending(1, 0)), 1 << 20, "moh/portal"))
        await held.enter_async_context(uploads.body(request_of(sending(1, 0)), 1 << 20, "mof/portal"))
    async with uploads.body(request_of(sending(1, 0)), 1 << 20, "moh/portal") as body:
        assert body


@asynccontextmanager
async def dripping(uploads, projects):
    """Keep a body of each project arriving, faster than the least rate and slowly, past its first seconds."""

    async def drip():
        await asyncio.sleep(0.02)
        return {"type": "http.request", "body": b"x" * 4_096, "more_body": True}  # 200 KiB/s

    async def hold(project):
        async with uploads.body(request_of(drip), 1 << 30, project):
            pytest.fail("it never ends")

    held = [asyncio.create_task(hold(project)) for project in projects]
    await asyncio.sleep(0.4)
    assert not any(task.done() for task in held)
    try:
        yield held
    finally:
        for task in held:
            task.cancel()
        await asyncio.gather(*held, return_exceptions=True)


async def test_two_projects_that_send_slowly_make_room_for_a_third():
    uploads = Uploads()
    async with dripping(uploads, ["moh/portal", "moh/portal", "mof/portal", "mof/portal"]) as held:
        async with uploads.body(request_of(sending(1, 0)), 1 << 20, "moe/portal") as body:
            assert body
        await asyncio.wait(held, return_when="FIRST_COMPLETED")
        (ended,) = [task for task in held if task.done()]
        with pytest.raises(BodyTooSlow, match="while others waited"):
            await ended


async def test_a_slow_line_keeps_the_one_place_of_its_project():
    uploads = Uploads()
    async with dripping(uploads, ["moh/portal", "mof/portal", "moe/portal", "mot/portal"]) as held:
        with pytest.raises(Overloaded):
            await uploads.body(request_of(sending(1, 0)), 1 << 20, "mod/portal").__aenter__()
        assert not any(task.done() for task in held)


async def test_an_ordinary_body_has_its_time_and_then_makes_room_too():
    uploads = Uploads(ordinary_s=0.1)
    async with (
        dripping(uploads, ["moh/portal", "mof/portal", "moe/portal", "mot/portal"]),
        uploads.body(request_of(sending(1, 0)), 1 << 20, "mod/portal") as body,
    ):
        assert body


async def test_a_body_that_is_there_makes_no_room_while_it_is_put_away():
    uploads = Uploads(ordinary_s=0.0)
    async with AsyncExitStack() as held:
        for project in ("moh/portal", "moh/portal", "mof/portal", "mof/portal"):
            await held.enter_async_context(uploads.body(request_of(sending(1, 0)), 1 << 20, project))
        await asyncio.sleep(0.3)
        with pytest.raises(Overloaded):
            await held.enter_async_context(uploads.body(request_of(sending(1, 0)), 1 << 20, "moe/portal"))
