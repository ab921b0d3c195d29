# SPDX-License-Identifier: Apache-2.0
"""Places for large bodies are for callers who are known."""

import asyncio

import pytest

from daulat.gateway._asgi import Request
from daulat.gateway.access.errors import Unauthorised
from daulat.gateway.api.audio import TranscriptionsRoute
from daulat.gateway.api.inner import Kept
from daulat.gateway.api.uploads import Uploads
from daulat.gateway.defaults import OpenAdmission


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
