# SPDX-License-Identifier: Apache-2.0
"""A service that runs: another release takes the place of the one in use, and what answering left is given back."""

from __future__ import annotations

import asyncio
from itertools import count

from daulat.gateway import Answering, Knowledge, composition, open_parts
from daulat.nation import bootstrap, nation_of


class Silent:
    """Answers nothing: it is not asked."""

    async def stream(self, question, writer_for=None):
        raise AssertionError("nobody asks")
        yield


async def test_another_release_is_opened_and_memory_is_given_back_from_time_to_time(store, monkeypatch):
    monkeypatch.setattr(composition, "WATCH_S", 0.0)
    monkeypatch.setattr(composition, "TIDY_EVERY", 2)
    current, tidied, opened, every = ["first"], count(), [], asyncio.Event()
    loop = asyncio.get_running_loop()

    def open_release(report):
        opened.append(current[0])
        return Answering(Silent(), None, None, current[0])

    def tidy():
        if next(tidied):
            loop.call_soon_threadsafe(every.set)

    knowledge = Knowledge(open_release, lambda: current[0], tidy)
    async with (
        asyncio.timeout(60),
        open_parts(nation_of(bootstrap("EE", None)), knowledge, {"DATABASE_URL": store.conninfo}),
    ):
        await every.wait()
        current[0] = "second"
        while opened != ["first", "second"]:
            await asyncio.sleep(0)
