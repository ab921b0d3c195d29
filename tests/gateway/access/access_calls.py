# SPDX-License-Identifier: Apache-2.0
"""Calls as the routes describe them to admission, what they came to, and waiting until something holds."""

import asyncio
import time

import pytest

from daulat.errors import DaulatError
from daulat.gateway.ports import Call, CallUsage
from daulat.gateway.quota.leases import REFUSAL_S


def call(key=None, model="tiny", **fields):
    token = key if isinstance(key, str) else key.token if key else ""
    chosen = {
        "prompt_tokens": 10,
        "prompt_bound": 10,
        "max_tokens": 20,
        "client": "192.0.2.1",
        "route": "chat/completions",
    }
    return Call(model=model, credential=token, **(chosen | fields))


def usage(prompt=10, completion=20, **fields):
    return CallUsage(prompt_tokens=prompt, completion_tokens=completion, engine="e", model="tiny", **fields)


def within_a_minute():
    """Return a clock that stands in the middle of this minute: no period ends while a test runs."""
    minute = time.time() // 60 * 60
    return lambda: minute + 30


async def refusal(access, *words, **fields):
    """Return what a call that is not let in gets."""
    with pytest.raises(DaulatError) as caught:
        await access.admit(call(*words, **fields))
    return caught.value


async def asleep():
    """Wait until a row that was read is no longer believed, so that the next refusal reads it again."""
    await asyncio.sleep(REFUSAL_S + 0.05)


async def until(holds):
    async with asyncio.timeout(60):
        while not await holds():
            await asyncio.sleep(0.02)


async def refused(access, key):
    try:
        (await access.admit(call(key))).settle(usage())
    except DaulatError:
        return True
    return False
