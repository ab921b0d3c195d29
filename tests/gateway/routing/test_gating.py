# SPDX-License-Identifier: Apache-2.0
"""Gates while a service runs: a new result holds without a restart, and what cannot be read holds everybody back."""

import asyncio
import json

import pytest
from routing_calls import call, grant, post, router_of

from daulat.gateway.routing import NoRoute, gated
from daulat.models import GateError

ASKED = call(service="health", language="xa")


def result(passed: bool, day: str) -> str:
    row = {"model": "a", "service": "health", "language": "xa", "passed": passed, "suite": "s", "date": day}
    return json.dumps({"results": [row | {"suite_sha256": "0" * 64}]})


async def writes(router, expected: bool) -> None:
    """Return when the model may write, or no longer."""
    async with asyncio.timeout(20):
        while bool(router.writers("health", "xa")) != expected:
            await asyncio.sleep(0.01)


async def test_a_model_that_fails_while_the_service_runs_stops_writing(tmp_path):
    router = router_of(post("a"))
    (tmp_path / "first.json").write_text(result(True, "2026-01-31"))
    async with gated(tmp_path, router.use_gates, look_s=0.01):
        target = await router.choose(ASKED, grant())
        assert target.model == "a"
        (tmp_path / "second.json").write_text(result(False, "2026-02-28"))
        await writes(router, False)
        with pytest.raises(NoRoute):
            await router.choose(ASKED, grant())
        (tmp_path / "second.json").unlink()
        await writes(router, True)


async def test_while_a_file_cannot_be_read_nobody_writes(tmp_path):
    router = router_of(post("a"))
    (tmp_path / "first.json").write_text(result(True, "2026-01-31"))
    async with gated(tmp_path, router.use_gates, look_s=0.01):
        (tmp_path / "second.json").write_text('{"results": [')
        await writes(router, False)
        (tmp_path / "second.json").write_text(result(True, "2026-02-28"))
        await writes(router, True)


async def test_a_file_that_cannot_be_read_at_the_start_is_told(tmp_path):
    (tmp_path / "first.json").write_text("no results")
    with pytest.raises(GateError):
        async with gated(tmp_path, router_of(post("a")).use_gates):
            pass
