# SPDX-License-Identifier: Apache-2.0
"""What a declaration says of routing and observation, put into the parts of a service, and running while it lasts."""

from __future__ import annotations

import sys
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

from daulat.gateway.observe import Surroundings, observing
from daulat.gateway.parts import Parts
from daulat.gateway.routing import ModelRouter, RoutedEngines, Row, declared_router, gated, kept_answers, watched
from daulat.gateway.status_schema import EngineStatus
from daulat.models import GATES, EngineSet, Gates
from daulat.nation import Nation


@asynccontextmanager
async def steered(
    parts: Parts,
    nation: Nation,
    engines: EngineSet,
    environ: Mapping[str, str],
    *,
    workers: int = 1,
    row: Row | None = None,
) -> AsyncIterator[None]:
    """Fill in who chooses engines, what is kept for the same request again, and who hears of calls.

    Raises
    ------
    GateError
        If a file of gate results cannot be read.
    TelemetryError, ListenError
        If a receiver of traces or an address of metrics is declared that cannot be used.
    """
    router = declared_router(nation, engines, clock=parts.clock, row=row)

    def use(gates: Gates) -> None:
        router.use_gates(gates)
        parts.writes_with = next(iter(router.writers(nation.services[0].id, nation.language_tags[0])), "")

    kept = kept_answers(nation, parts.clock)
    around = Surroundings(time.monotonic, parts.wall_clock, environ, _to_stderr, parts.version, workers)
    async with gated(nation.path(GATES), use), watched(router), observing(nation, router, kept, around) as observer:
        parts.engines = RoutedEngines(engines, nation.routes)
        parts.router, parts.answers, parts.observer = router, kept, observer
        parts.vitals, parts.waiting = lambda: _status(router), lambda: router.waiting_in_all
        yield


def _status(router: ModelRouter) -> list[EngineStatus]:
    return [
        EngineStatus(
            vitals.model,
            vitals.level,
            vitals.position,
            vitals.place,
            vitals.in_flight,
            vitals.requests,
            vitals.failed,
            vitals.ttft_p50_s,
            vitals.ttft_p95_s,
        )
        for vitals in router.vitals()
    ]


def _to_stderr(line: str) -> None:
    sys.stderr.write(line)
    sys.stderr.flush()
