# SPDX-License-Identifier: Apache-2.0
"""POST /v1/plans: a plan's section and changes in, plan.json out; small plans at once, large ones as jobs.

Whoever reads the public pages may draw what the page of sliders shows, as often as citizens may ask; everything else
wants a key, as the other addresses of the API do.

The planner works in processes of its own (`daulat.plan.worker`), started when first asked and ended when idle: one for
small plans, one for jobs, so that neither holds up the other and none holds up answers. Jobs are kept in memory, a
bounded number of them, and are gone when the service ends.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import sys
from collections import OrderedDict
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Annotated, Any, Literal

from msgspec import UNSET, Meta, Struct, UnsetType

from daulat.errors import DaulatError
from daulat.gateway._asgi import JSON_TYPE, Request, Route, Send, send_bytes, send_error, send_json
from daulat.gateway._decode import decode
from daulat.gateway.defaults import OpenAdmission
from daulat.gateway.errors import BadRequest, NotFound, NotReady, Overloaded
from daulat.gateway.ports import Admission, Call, Caller, CallUsage

ROUTE, MODEL = "plans", "plan"  # as the ledger of usage names them
QUICK_DRAWS, MOST_DRAWS = 500, 20_000
QUICK_S, JOB_S, IDLE_S = 60.0, 300.0, 600.0
WAITING, KEPT = 4, 16
LINE_LIMIT_BYTES = 64 * 1024 * 1024


class PlanRequest(Struct, forbid_unknown_fields=True):
    """What to plan: the nation's own section, with a scenario of its pack or a `plan` section laid over it."""

    scenario: Annotated[str, Meta(max_length=100)] | UnsetType = UNSET
    plan: dict[str, Any] | UnsetType = UNSET
    changes: Annotated[dict[str, int | float | str | list[int | float | str]], Meta(max_length=200)] | UnsetType = UNSET
    draws: Annotated[int, Meta(ge=1, le=MOST_DRAWS)] = 200
    sensitivity: bool = False
    sites: Literal["fixed", "choose"] | UnsetType = UNSET
    view: Literal["plan", "summary", "page"] = "plan"
    language: Annotated[str, Meta(max_length=35)] | UnsetType = UNSET
    figures: Annotated[list[str], Meta(max_length=20)] | UnsetType = UNSET

    @property
    def is_quick(self) -> bool:
        """Whether it is answered at once, unless its plan chooses sites: what a plan says, only the planner knows."""
        return self.draws <= QUICK_DRAWS and not self.sensitivity and self.sites != "choose"

    @property
    def is_page(self) -> bool:
        """Whether it is what the page of sliders asks for."""
        return self.view == "page" and self.is_quick and self.plan is UNSET


class PlanJob(Struct):
    """How far a job is. `status` is ``queued``, ``running``, ``done`` or ``failed``."""

    id: str
    object: str
    status: str
    draws_done: int
    draws: int


class PlanFailed(BadRequest):
    """The inputs of a plan are wrong; its sentences are the planner's."""


class Worker:
    """One planning process; one request at a time.

    Parameters
    ----------
    declaration : str
        The nation in JSON, one line.
    timeout_s : float
        After this the process is ended, and a later request starts another.
    """

    def __init__(self, declaration: str, timeout_s: float) -> None:
        self._declaration, self._timeout_s = declaration, timeout_s
        self._turn = asyncio.Lock()
        self._process: asyncio.subprocess.Process | None = None
        self._idle: asyncio.TimerHandle | None = None
        self.waiting = 0

    async def ask(self, asked: Mapping[str, Any], advance: Callable[[int], None] = lambda _: None) -> bytes:
        """Return the answer to a request, JSON; nothing where it wants an answer at once and sites have to be chosen.

        Raises
        ------
        PlanFailed
            If the planner says why not.
        NotReady
            If it takes too long, or its process has ended.
        """
        self.waiting += 1
        try:
            async with self._turn:
                if self._idle is not None:
                    self._idle.cancel()
                try:
                    async with asyncio.timeout(self._timeout_s):
                        return await self._exchange(asked, advance)
                except (TimeoutError, ConnectionError, asyncio.CancelledError) as error:
                    await self.close()  # what it would still answer belongs to nobody
                    if isinstance(error, asyncio.CancelledError):
                        raise
                    raise _gone(error, self._timeout_s) from error
                finally:
                    self._idle = asyncio.get_running_loop().call_later(IDLE_S, self._end)
        finally:
            self.waiting -= 1

    async def _exchange(self, asked: Mapping[str, Any], advance: Callable[[int], None]) -> bytes:
        process = await self._started()
        assert process.stdin is not None and process.stdout is not None  # noqa: PT018 - both are pipes
        process.stdin.write(json.dumps(asked).encode() + b"\n")
        await process.stdin.drain()
        while line := await process.stdout.readline():
            kind, _, rest = line.partition(b" ")
            if kind == b"P":
                advance(int(rest.split()[0]))
            elif kind == b"R":
                return rest.rstrip(b"\n")
            elif kind == b"J":
                return b""
            elif kind == b"E":
                told = json.loads(rest)
                raise PlanFailed(told["what"], why=told["why"], fix=told["fix"], code=told["code"])
        raise ConnectionResetError("the planner has ended")

    async def _started(self) -> asyncio.subprocess.Process:
        if self._process is None or self._process.returncode is not None:
            self._process = await asyncio.create_subprocess_exec(
                sys.executable, "-m", "daulat.plan.worker",
                stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, limit=LINE_LIMIT_BYTES,
            )  # fmt: skip
            assert self._process.stdin is not None
            self._process.stdin.write(self._declaration.encode() + b"\n")
        return self._process

    def _end(self) -> None:
        if self._process is not None and self._process.returncode is None and self._process.stdin is not None:
            self._process.stdin.close()  # its input ends, and so does it

    async def close(self) -> None:
        """End the process and wait for it."""
        if self._idle is not None:
            self._idle.cancel()
        if self._process is not None and self._process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                self._process.kill()
            await self._process.wait()
        self._process = None


def _gone(error: BaseException, timeout_s: float) -> NotReady:
    late = isinstance(error, TimeoutError)
    return NotReady(
        f"the plan was not ready within {timeout_s:g} s" if late else "the planner ended before it had answered",
        why="Its process was put away, so that nobody else waits for it.",
        fix="ask for fewer draws, or try again later.",
        code="plan.timeout" if late else "plan.ended",
    )


@dataclass(slots=True)
class _Job:
    told: PlanJob
    owner: Caller
    task: asyncio.Task[None] | None = None
    answer: bytes = b""
    error: DaulatError | None = None


class PlanRoutes:
    """The routes of plans, and the planner that the pages ask.

    Parameters
    ----------
    declaration : str
        The nation in JSON, one line.
    new_id : callable
        Makes an id that cannot be guessed.
    admission : Admission, optional
        Who may plan; by default everybody.
    """

    def __init__(self, declaration: str, new_id: Callable[[], str], admission: Admission | None = None) -> None:
        self._admission = admission or OpenAdmission()
        self._quick, self._long = Worker(declaration, QUICK_S), Worker(declaration, JOB_S)
        self._new_id = new_id
        self._jobs: OrderedDict[str, _Job] = OrderedDict()

    def routes(self) -> dict[str, dict[str, Route]]:
        """Return the routes by path and method."""
        return {"/v1/plans": {"POST": self.create}, "/v1/plans/": {"GET": self.show}}

    async def page(self, asked: Mapping[str, Any], client: str) -> dict[str, Any]:
        """Return what the page of sliders shows to a reader at a network address."""
        async with self._as_reader(client):
            found: dict[str, Any] = json.loads(await self._at_once({**asked, "view": "page"}))
        return found

    async def create(self, request: Request, send: Send) -> None:
        """Plan at once, or take a job."""
        asked = decode(await request.json_body(), PlanRequest)
        if asked.plan is not UNSET and asked.scenario is not UNSET:
            raise BadRequest(
                "both `scenario` and `plan` were sent",
                why="Each is laid over the nation's own section, and one would hide the other.",
                fix="send one of them, and single values in `changes`.",
                code="plan.request",
                param="plan",
            )
        plain = {name: value for name in asked.__struct_fields__ if (value := getattr(asked, name)) is not UNSET}
        if asked.is_page and not request.credential:
            async with self._as_reader(request.client):
                found = await self._at_once(plain | {"as_tree": True})
            await _send_plan(send, found, request.request_id)
            return
        caller = await self._caller(request)
        if asked.is_quick and (found := await self._at_once(plain | {"as_tree": True, "at_once": True})):
            await _send_plan(send, found, request.request_id)
            return
        job = self._take(plain, caller)
        headers = ((b"location", f"/v1/plans/{job.told.id}".encode()),)
        await send_json(send, job.told, request.request_id, 202, headers)

    async def show(self, request: Request, send: Send) -> None:
        """Send a job's plan, its error, or how far it is."""
        caller, job = await self._caller(request), self._jobs.get(request.rest)
        if job is None or job.owner.organisation != caller.organisation:
            raise NotFound(
                f"no plan `{request.rest[:60]}` is kept",
                why=f"The last {KEPT} jobs are kept while the service runs.",
                fix="send it again with POST /v1/plans.",
                code="plan.not_found",
            )
        if job.error is not None:
            await send_error(send, job.error, request.request_id)
        elif job.answer:
            await _send_plan(send, job.answer, request.request_id)
        else:
            await send_json(send, job.told, request.request_id, 202, ((b"retry-after", b"1"),))

    async def close(self) -> None:
        """End every job and both processes."""
        tasks = [job.task for job in self._jobs.values() if job.task is not None]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await self._quick.close()
        await self._long.close()

    async def _at_once(self, asked: Mapping[str, Any]) -> bytes:
        if self._quick.waiting >= WAITING:
            raise _busy()
        return await self._quick.ask(asked)

    async def _caller(self, request: Request) -> Caller:
        return await self._admission.identify(Call("", ROUTE, client=request.client, credential=request.credential))

    @asynccontextmanager
    async def _as_reader(self, client: str) -> AsyncIterator[None]:
        """Let somebody without a key in, as often as citizens may ask."""
        grant = await self._admission.admit(Call(MODEL, ROUTE, client=client, service=MODEL))
        usage = CallUsage(status=500)
        try:
            yield
            usage = CallUsage()
        finally:
            grant.settle(usage)

    def _take(self, asked: Mapping[str, Any], owner: Caller) -> _Job:
        if self._long.waiting >= WAITING:
            raise _busy()
        told = PlanJob(f"plan_{self._new_id()}", "plan.job", "queued", 0, int(asked["draws"]))
        job = _Job(told, owner)
        self._jobs[job.told.id] = job
        finished = [name for name, one in self._jobs.items() if one.told.status in ("done", "failed")]
        for name in finished[: max(0, len(self._jobs) - KEPT)]:
            del self._jobs[name]
        job.task = asyncio.create_task(self._work(job, asked))
        return job

    async def _work(self, job: _Job, asked: Mapping[str, Any]) -> None:
        def advance(done: int) -> None:
            job.told.status, job.told.draws_done = "running", done

        try:
            job.answer = await self._long.ask(asked, advance)
            job.told.status = "done"
        except DaulatError as error:
            job.error, job.told.status = error, "failed"


async def _send_plan(send: Send, body: bytes, request_id: str) -> None:
    await send_bytes(send, 200, body, [(b"content-type", JSON_TYPE), (b"x-request-id", request_id.encode())])


def _busy() -> Overloaded:
    return Overloaded(
        f"{WAITING} plans are waiting already",
        why="Plans are worked out one after another, so that answers are not held up.",
        fix="try again in a few seconds.",
        code="plan.busy",
    )
