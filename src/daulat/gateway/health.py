# SPDX-License-Identifier: Apache-2.0
"""GET /healthz, /readyz and /v1/status: is the process alive, can it answer, and how is it, truthfully. Reads only."""

from __future__ import annotations

from typing import Literal

from daulat.gateway._asgi import Request, Send, send_json
from daulat.gateway.declared_models import MODELS
from daulat.gateway.parts import Parts
from daulat.gateway.routing.seats import RED_FAILED_SHARE
from daulat.gateway.status_schema import Health, PartStatus, Status


class HealthRoutes:
    """The routes for those who watch over the service."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._started = parts.clock()

    async def alive(self, request: Request, send: Send) -> None:
        """Say that the process answers at all."""
        await send_json(send, Health("ok", []), request.request_id)

    async def ready(self, request: Request, send: Send) -> None:
        """Say whether a question sent now would be answered; 503 while not."""
        readiness = self._parts.readiness
        state: Literal["ok", "loading", "failed"] = "ok"
        waiting = readiness.waiting_for()
        # A model that does not run keeps nobody waiting: others answer, or the official text does.
        failed, awaited = ({*names} - {MODELS} for names in (readiness.failed(), waiting))
        # Without services the assistant is not waited for: engines stand behind the database's keys alone.
        if self._parts.assistant is None and (self._parts.services or awaited or failed):
            state = "failed" if failed else "loading"
        await send_json(send, Health(state, waiting), request.request_id, 200 if state == "ok" else 503)

    async def status(self, request: Request, send: Send) -> None:
        """Say how the service and each of its parts is."""
        parts = self._parts
        pulse = parts.meter.pulse()
        library = parts.library
        report = Status(
            level=self._level(pulse.failed, pulse.answered + pulse.declined + pulse.notices + pulse.failed),
            country=parts.country,
            name=parts.name,
            version=parts.version,
            release=library.release if library else "",
            as_of=library.as_of if library else "",
            writes_with=parts.writes_with,
            uptime_s=round(parts.clock() - self._started, 1),
            parts=[PartStatus(name, state, detail) for name, (state, detail) in parts.readiness.states.items()],
            pulse=pulse,
            languages=list(parts.languages),
            services=list(parts.services),
            engines=parts.vitals(),
            waiting=parts.waiting(),
            passages=library.passages if library else 0,
        )
        await send_json(send, report, request.request_id)

    def _level(self, failed: int, recent: int) -> Literal["green", "amber", "red"]:
        readiness = self._parts.readiness
        if self._parts.services and self._parts.assistant is None and not readiness.waiting_for():
            return "red"
        if recent and failed / recent > RED_FAILED_SHARE:
            return "red"
        engines = [engine.level for engine in self._parts.vitals()]
        if engines and not self._parts.services and all(level == "red" for level in engines):
            return "red"
        is_incomplete = readiness.failed() or readiness.waiting_for() or readiness.absent()
        is_troubled = failed or is_incomplete or any(level != "green" for level in engines)
        return "amber" if is_troubled else "green"
