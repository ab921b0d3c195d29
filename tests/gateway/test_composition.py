# SPDX-License-Identifier: Apache-2.0
"""A release that is written to while it is open is opened anew through verification, or no longer answered from."""

import asyncio
from contextlib import suppress

import pytest

from daulat.gateway import composition
from daulat.gateway.composition import Answering, Knowledge
from daulat.gateway.errors import envelope, status_of
from daulat.knowledge.errors import ReleaseError


def damaged():
    return ReleaseError("the release in /srv/r is not whole", why="-", fix="see /srv", code="knowledge.release.damaged")


class Shelf:
    """Opens what the script says: an assistant by name, or an error. A file may be written to."""

    def __init__(self, *script):
        self.script, self.is_whole, self.opened = list(script), True, 0

    def open(self, _report):
        self.opened += 1
        self.is_whole = True
        found = self.script.pop(0)
        if isinstance(found, Exception):
            self.is_whole = False
            raise found
        return Answering(found, None, None, found, lambda: self.is_whole)


async def until(holds):
    async with asyncio.timeout(30):
        while not holds():
            await asyncio.sleep(0.001)


@pytest.fixture
def keeping(fakes, monkeypatch):
    """Keep a shelf open in the background of a test."""
    monkeypatch.setattr(composition, "WATCH_S", 0.001)
    monkeypatch.setattr(composition, "RETRY_S", 0.003)
    tasks = []

    def keep(shelf):
        parts = fakes.make_parts()
        parts.assistant = None
        tasks.append(asyncio.create_task(composition._keep_answering(parts, Knowledge(shelf.open, lambda: "r1"))))
        return parts, tasks[-1]

    return keep


async def ended(task):
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task


async def test_a_release_that_was_written_to_and_is_whole_is_opened_anew(keeping):
    shelf = Shelf("first", "second")
    parts, task = keeping(shelf)
    await until(lambda: parts.assistant == "first")
    shelf.is_whole = False
    await until(lambda: parts.assistant == "second")
    assert parts.readiness.states["knowledge"] == ("ready", "second")
    await ended(task)


async def test_a_release_that_was_damaged_is_not_answered_from_until_it_is_mended(keeping):
    shelf = Shelf("first", damaged(), damaged(), "mended")
    parts, task = keeping(shelf)
    states = []
    parts.readiness.on_change = lambda _name, state, _detail: states.append((state, parts.assistant))
    await until(lambda: parts.assistant == "first")
    shelf.is_whole = False
    await until(lambda: parts.assistant == "mended")
    assert [state for state, _ in states] == ["ready", "failed", "failed", "ready"]
    assert states[2] == ("failed", None)
    assert shelf.opened == 4
    await ended(task)


def test_a_caller_is_told_to_come_back_and_not_where_the_release_lies():
    assert status_of(damaged()) == 503
    assert "/srv" not in str(envelope(damaged()))
