# SPDX-License-Identifier: Apache-2.0
"""The embedded engine: llama.cpp with one model, in a process of its own.

A `ChatRequest` comes in, a stream of `Delta` goes out; between them stands a child process that is started by the first
request, watched, and started again after a crash, each time a little later. A crash or a slow load ends the requests
that were in it and nothing else. It never loads a model into the process that serves citizens, nor outlives it.
"""

from __future__ import annotations

import asyncio
import json
import os
import secrets
import sys
import time
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import aclosing, asynccontextmanager, suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Self

from daulat.models._several import OneByOne, joined, separated
from daulat.models._tools import asks_for_tools, cannot_call
from daulat.models.approval import Approval
from daulat.models.engine import ChatRequest, Delta, Pieces, Whole
from daulat.models.errors import EngineError, EngineInterrupted, EngineUnavailable, WeightsError
from daulat.models.remote import RemoteEngine

_CHILD = Path(__file__).with_name("_child.py")
_ENVIRONMENT = ("PATH", "LD_LIBRARY_PATH", "TMPDIR", "CUDA_VISIBLE_DEVICES", "HIP_VISIBLE_DEVICES", "OMP_NUM_THREADS")


@dataclass(frozen=True, slots=True)
class EmbeddedSettings:
    """How one model is run.

    Parameters
    ----------
    context_length : int
        Tokens of one conversation, prompt and answer together.
    slots : int
        Conversations answered at once; each takes memory for its own context.
    threads : int
        Threads of computation. 0 takes one for each processor that this process may use.
    start_timeout_s : float
        Longest wait for the model to load, in seconds.
    patience_s : float
        Longest silence of a request, in seconds; reading a long prompt is silent.
    prompt_cache_mib : int
        Memory for prompts that were read before, beside those that the slots hold, in MiB.
    adapters : tuple of (Path, float)
        LoRA adapters of this model, as GGUF files, and how strongly each counts.
    """

    context_length: int = 4096
    slots: int = 1
    threads: int = 0
    start_timeout_s: float = 180.0
    patience_s: float = 300.0
    prompt_cache_mib: int = 512
    adapters: tuple[tuple[Path, float], ...] = ()


@dataclass(slots=True)
class _Child:
    process: asyncio.subprocess.Process
    client: RemoteEngine
    takes_tools: bool

    @property
    def is_alive(self) -> bool:
        return self.process.returncode is None


class EmbeddedEngine:
    """Runs one GGUF file.

    Parameters
    ----------
    model : str
        The id that requests name.
    weights : Path
        The GGUF file.
    settings : EmbeddedSettings
        Context, slots, threads and patience.
    approval : Approval, optional
        Holds the file against its record before each start. None: the caller answers for it.
    clock : callable
        Seconds that only grow, for the pause after a crash.
    """

    def __init__(
        self,
        model: str,
        weights: Path,
        *,
        settings: EmbeddedSettings | None = None,
        approval: Approval | None = None,
        name: str = "embedded",
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.name = name
        self.approval = approval
        self._model = model
        self._weights = weights
        self._settings = settings or EmbeddedSettings()
        self._clock = clock
        self._child: _Child | None = None
        self._starting: asyncio.Task[_Child] | None = None
        self._crashes = 0
        self._not_before = 0.0
        self._closed = False

    @property
    def process_id(self) -> int | None:
        """The id of the child process, or None while there is none."""
        return self._child.process.pid if self._child is not None and self._child.is_alive else None

    async def models(self) -> list[str]:
        """List the one model, if a request for it would be answered now."""
        return [self._model] if await self.is_healthy() else []

    async def stream(self, request: ChatRequest) -> AsyncGenerator[Delta, None]:
        """Yield the answer as it comes; the first request also waits for the model to load.

        Raises
        ------
        EngineUnavailable
            If the weights are missing, the model does not load, or the process crashed and is not to start again yet.
        EngineInterrupted
            If the process ends or falls silent midway.
        EngineRefused
            If the conversation is longer than the context.
        """
        child = await self._ready()
        deltas = child.client.stream(request)
        async with self._watching(child):
            try:
                async for delta in deltas:
                    yield delta
            finally:
                await deltas.aclose()

    def upstream_id(self, model_id: str) -> str:
        """Return the model's name, which is the same in the child."""
        return model_id

    async def send(self, path: str, body: bytes, content_type: str = "application/json") -> Whole:
        """Send a request to the child's own server and return its whole answer, unread; errors as `stream`.

        Several answers are asked for one by one, because the server counts the tokens of one only.
        """
        child = await self._ready_for(path, body)
        ones = separated(path, body)
        async with self._watching(child):
            if not ones:
                return await child.client.send(path, body, content_type)
            return joined(ones, [await child.client.send(path, one.body, content_type) for one in ones])

    @asynccontextmanager
    async def open(self, path: str, body: bytes) -> AsyncIterator[Pieces]:
        """Send a request to the child's own server and give its answer as it comes, unread; errors as `stream`.

        Of several answers one comes after another.
        """
        child = await self._ready_for(path, body)
        ones = separated(path, body)
        async with self._watching(child):
            if not ones:
                async with child.client.open(path, body) as pieces:
                    yield pieces
                return
            async with aclosing(OneByOne(ones, partial(child.client.open, path))) as several:
                yield several

    @asynccontextmanager
    async def _watching(self, child: _Child) -> AsyncIterator[None]:
        """Tell the end of the child's process from a failure of one request; an answer that came whole clears it."""
        try:
            yield
        except (EngineUnavailable, EngineInterrupted) as error:
            if await self._has_ended(child):
                self._note_crash(child)
                raise self._interrupted() from error
            raise
        self._crashes = 0

    async def is_healthy(self) -> bool:
        """Say whether the process answers; before the first request, whether it could be started."""
        if self._child is not None and self._child.is_alive:
            return await self._child.client.is_healthy()
        return not self._closed and self._may_run() and self._clock() >= self._not_before

    async def close(self) -> None:
        """End the process. Requests that are in it are interrupted."""
        self._closed = True
        if self._starting is not None:
            self._starting.cancel()
            await asyncio.gather(self._starting, return_exceptions=True)
        child, self._child = self._child, None
        if child is not None:
            await _end(child)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *exc_info: object) -> None:
        await self.close()

    async def _ready_for(self, path: str, body: bytes) -> _Child:
        """Return the process, for a request that its model can answer."""
        child = await self._ready()
        if not child.takes_tools and asks_for_tools(path, body):
            raise cannot_call(self._model)
        return child

    async def _ready(self) -> _Child:
        """Return the process, once it is there; a request that gives up meanwhile leaves the start to the others."""
        if self._child is not None and self._child.is_alive:
            return self._child
        if self._starting is None:
            self._check_may_start()
            self._starting = asyncio.create_task(self._load(), name=f"load {self._model}")
            self._starting.add_done_callback(self._has_loaded)
        starting = self._starting
        try:
            return await asyncio.shield(starting)
        except asyncio.CancelledError:
            if starting.cancelled():  # by `close`, and not our own caller's doing
                raise self._unavailable("was closed", fix="Start the service again.") from None
            raise

    async def _load(self) -> _Child:
        if self._child is not None:
            self._note_crash(self._child)
            self._check_may_start()
        await self._approve()
        try:
            self._child = await self._start()
        except EngineError:
            self._crashes += 1
            self._not_before = self._clock() + _pause_s(self._crashes)
            raise
        return self._child

    def _has_loaded(self, starting: asyncio.Task[_Child]) -> None:
        self._starting = None
        if not starting.cancelled():
            starting.exception()  # told to whoever still waits; where nobody does, nothing is to be said of it

    def _check_may_start(self) -> None:
        if self._closed:
            raise self._unavailable("was closed", fix="Start the service again.")
        wait_s = self._not_before - self._clock()
        if wait_s > 0:
            raise self._unavailable(f"failed {self._crashes} times and starts again in {wait_s:.0f} s")

    def _may_run(self) -> bool:
        if self.approval is None:
            return self._weights.is_file()
        try:
            self.approval.look()
        except WeightsError:
            return False
        return True

    async def _approve(self) -> None:
        """Hold the files against their records; a large one that is new to us is read in a thread."""
        if self.approval is None:
            if not self._weights.is_file():
                raise self._unavailable("does not start: its file is not there", fix=f"Put it at {self._weights}.")
            return
        try:
            await asyncio.to_thread(self.approval.check)
        except WeightsError as error:
            raise self._unavailable(f"does not start: {error.what}", fix=error.fix) from error

    async def _start(self) -> _Child:
        settings, api_key = self._settings, secrets.token_urlsafe(24)
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-I",
            str(_CHILD),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
            # A process that reads weights from elsewhere has no business with the service's passwords.
            env={name: value for name, value in os.environ.items() if name in _ENVIRONMENT},
        )
        hello = {
            "parent_pid": os.getpid(),
            "weights": str(self._weights.resolve()),
            "model": self._model,
            "api_key": api_key,
            "context_length": settings.context_length,
            "slots": settings.slots,
            "adapters": [(str(path.resolve()), scale) for path, scale in settings.adapters],
            "prompt_cache_mib": settings.prompt_cache_mib,
            "threads": settings.threads or _usable_processors(),
        }
        try:
            address, takes_tools = await asyncio.wait_for(_introduce(process, hello), settings.start_timeout_s)
        except (TimeoutError, OSError, ValueError) as error:
            await _kill(process)
            detail = str(error) or f"no answer in {settings.start_timeout_s:.0f} s"
            raise self._unavailable(f"did not load `{self._model}`: {detail}") from error
        except asyncio.CancelledError:
            await _kill(process)
            raise
        client = RemoteEngine(f"{address}/v1", name=self.name, api_key=api_key, patience_s=settings.patience_s)
        return _Child(process, client, takes_tools)

    async def _has_ended(self, child: _Child) -> bool:
        """Wait a moment for the news of a death: the connection breaks before the process is reaped."""
        with suppress(TimeoutError):
            await asyncio.wait_for(child.process.wait(), 1.0)
        return not child.is_alive

    def _note_crash(self, child: _Child) -> None:
        """Count the end of a process once, however many requests were in it."""
        if self._child is not child:
            return
        self._crashes += 1
        self._not_before = self._clock() + _pause_s(self._crashes)
        self._child = None

    def _unavailable(self, what: str, *, fix: str = "") -> EngineUnavailable:
        return EngineUnavailable(
            f"engine `{self.name}` {what}",
            why="Answers by quotation go on without it; requests for this model do not begin.",
            fix=fix or f"Check the file with `daulat models verify {self._weights.stem}`, and the free memory.",
            code="models.engine.unavailable",
        )

    def _interrupted(self) -> EngineInterrupted:
        return EngineInterrupted(
            f"engine `{self.name}` broke off: the process of `{self._model}` ended",
            why="The text so far stands, but the answer is not complete.",
            fix="Ask again: it is started anew. If it keeps ending, give the machine more memory or less context.",
            code="models.engine.interrupted",
        )


def _usable_processors() -> int:
    return len(os.sched_getaffinity(0)) if sys.platform == "linux" else os.cpu_count() or 1


def _pause_s(crashes: int) -> float:
    """Return the seconds to wait after the n-th crash in a row: none after the first, then 1, 2, 4 ... 60.

    Examples
    --------
    >>> [_pause_s(n) for n in (1, 2, 3, 9)]
    [0.0, 1.0, 2.0, 60.0]
    """
    return 0.0 if crashes <= 1 else float(min(60, 2 ** (crashes - 2)))


async def _introduce(process: asyncio.subprocess.Process, hello: dict[str, object]) -> tuple[str, bool]:
    """Tell the child what to load; return the address where it listens, and whether its model takes tools."""
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write(json.dumps(hello).encode() + b"\n")
    await process.stdin.drain()
    line = await process.stdout.readline()
    if not line:
        raise ValueError(f"its process ended while loading, with code {await process.wait()}")
    reply = json.loads(line)
    if "address" not in reply:
        raise ValueError(reply["error"])
    return str(reply["address"]), bool(reply["takes_tools"])


async def _end(child: _Child) -> None:
    """Close stdin, which the child takes as goodbye; kill it if it does not go."""
    await child.client.close()
    if child.process.stdin is not None:
        child.process.stdin.close()
    try:
        await asyncio.wait_for(child.process.wait(), 2.0)
    except TimeoutError:
        await _kill(child.process)


async def _kill(process: asyncio.subprocess.Process) -> None:
    with suppress(ProcessLookupError):
        process.kill()
    await process.wait()
