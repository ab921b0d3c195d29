# SPDX-License-Identifier: Apache-2.0
"""The embedded engine is a real child process: it may die, and nothing else does."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import aclosing
from pathlib import Path

import pytest

from daulat.models import (
    ChatRequest,
    EmbeddedEngine,
    EmbeddedSettings,
    EngineInterrupted,
    EngineRefused,
    EngineUnavailable,
    Message,
    embedded,
)

SETTINGS = EmbeddedSettings(context_length=16_384, threads=1)


def ask(text: str = "Halo", max_tokens: int = 5) -> ChatRequest:
    return ChatRequest("tiny", (Message("user", text),), max_tokens=max_tokens, temperature=0.0)


async def answer(engine: EmbeddedEngine) -> str:
    return "".join([delta.content async for delta in engine.stream(ask())])


async def wait_until(is_true: Callable[[], bool]) -> None:
    while not is_true():
        await asyncio.sleep(0.05)


def is_running(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def cpu_ticks(pid: int) -> int:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return int(fields[11]) + int(fields[12])


@pytest.fixture
async def engine(tiny_weights: Path) -> AsyncIterator[EmbeddedEngine]:
    async with EmbeddedEngine("tiny", tiny_weights, settings=SETTINGS) as engine:
        yield engine


async def test_nothing_starts_before_the_first_request(engine: EmbeddedEngine) -> None:
    assert await engine.is_healthy()
    assert engine.process_id is None


async def test_a_killed_process_interrupts_its_request_and_the_next_one_is_answered(engine: EmbeddedEngine) -> None:
    before = await answer(engine)

    stream = engine.stream(ask(max_tokens=16_000))
    await anext(stream)
    os.kill(engine.process_id, signal.SIGKILL)
    with pytest.raises(EngineInterrupted):
        [delta async for delta in stream]

    assert await answer(engine) == before


async def test_requests_that_come_together_start_one_process(engine: EmbeddedEngine) -> None:
    answers = await asyncio.gather(*(answer(engine) for _ in range(4)))

    assert len(set(answers)) == 1


@pytest.fixture
def slow_start(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Have a child wait, before it loads, until the returned file is there; `starts` beside it counts them."""
    gate, child = tmp_path / "gate", tmp_path / "child.py"
    child.write_text(
        "import os, runpy, sys, time\n"
        f"open({str(tmp_path / 'starts')!r}, 'a').write('x')\n"
        f"while not os.path.exists({str(gate)!r}): time.sleep(0.01)\n"
        f"sys.argv = [{str(embedded._CHILD)!r}]\n"
        f"runpy.run_path({str(embedded._CHILD)!r}, run_name='__main__')\n"
    )
    monkeypatch.setattr(embedded, "_CHILD", child)
    return gate


async def test_callers_who_give_up_leave_the_model_loading_for_the_next(
    engine: EmbeddedEngine, slow_start: Path
) -> None:
    starts = slow_start.with_name("starts")
    for _ in range(3):
        impatient = asyncio.create_task(answer(engine))
        await wait_until(starts.exists)
        impatient.cancel()
        with pytest.raises(asyncio.CancelledError):
            await impatient
    slow_start.touch()

    assert await answer(engine)

    assert starts.read_text() == "x"


async def test_closing_the_engine_ends_a_load_and_tells_whoever_waits_for_it(
    engine: EmbeddedEngine, slow_start: Path
) -> None:
    waiting = asyncio.create_task(answer(engine))
    await wait_until(slow_start.with_name("starts").exists)

    await engine.close()

    with pytest.raises(EngineUnavailable, match="was closed"):
        await waiting
    assert engine.process_id is None


async def test_closing_a_stream_stops_the_computation(engine: EmbeddedEngine) -> None:
    async with aclosing(engine.stream(ask(max_tokens=16_000))) as stream:
        await anext(stream)
        await stream.aclose()

    async def is_idle() -> bool:
        before = cpu_ticks(engine.process_id)
        await asyncio.sleep(0.3)
        return cpu_ticks(engine.process_id) == before

    while not await is_idle():
        pass
    assert is_running(engine.process_id)


async def test_a_conversation_longer_than_the_context_is_refused_not_cut(tiny_weights: Path) -> None:
    small = EmbeddedSettings(context_length=256, threads=1)
    async with EmbeddedEngine("tiny", tiny_weights, settings=small) as engine:
        with pytest.raises(EngineRefused):
            await anext(engine.stream(ask("a b " * 400)))


async def test_closing_the_engine_ends_the_process(engine: EmbeddedEngine) -> None:
    await answer(engine)
    pid = engine.process_id

    await engine.close()

    assert not is_running(pid)


async def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    async with EmbeddedEngine("tiny", tmp_path / "none.gguf") as engine:
        assert not await engine.is_healthy()
        with pytest.raises(EngineUnavailable, match="not there") as caught:
            await anext(engine.stream(ask()))
    assert "none.gguf" in caught.value.fix


async def test_a_model_that_does_not_load_is_tried_again_later_and_later(tmp_path: Path) -> None:
    broken = tmp_path / "broken.gguf"
    broken.write_bytes(b"GGUF" + b"\0" * 100)
    now = 0.0
    async with EmbeddedEngine("tiny", broken, clock=lambda: now) as engine:
        for pause_s in (0.0, 1.0, 2.0):
            with pytest.raises(EngineUnavailable, match="did not load"):
                await anext(engine.stream(ask()))
            if pause_s:
                assert not await engine.is_healthy()
                with pytest.raises(EngineUnavailable, match="starts again in"):
                    await anext(engine.stream(ask()))
            now += pause_s


PARENT = """
import asyncio, sys
from pathlib import Path
from daulat.models import ChatRequest, EmbeddedEngine, Message

async def main():
    engine = EmbeddedEngine("tiny", Path(sys.argv[1]))
    await anext(engine.stream(ChatRequest("tiny", (Message("user", "Halo"),), max_tokens=5)))
    print(engine.process_id, flush=True)
    await asyncio.sleep(600)

asyncio.run(main())
"""


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM])
async def test_the_process_does_not_outlive_a_killed_service(tiny_weights: Path, how: signal.Signals) -> None:
    parent = subprocess.Popen([sys.executable, "-c", PARENT, str(tiny_weights)], stdout=subprocess.PIPE, text=True)
    with parent:
        pid = int(parent.stdout.readline())
        assert is_running(pid)
        parent.send_signal(how)

    await wait_until(lambda: not is_running(pid))


async def test_the_child_holds_none_of_the_services_secrets(
    engine: EmbeddedEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://citizen:secret@db/daulat")
    await answer(engine)

    process = Path(f"/proc/{engine.process_id}")

    assert b"secret" not in (process / "environ").read_bytes()
    assert b"api_key" not in (process / "cmdline").read_bytes()
