# SPDX-License-Identifier: Apache-2.0
"""From a declaration to an observer that runs: models, meters and receivers in; metrics, traces and a log out."""

from __future__ import annotations

import asyncio
import ipaddress
import socket
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, replace

from daulat.gateway.observe.calls import CallLog
from daulat.gateway.observe.energy import DEFAULT_PUE, grid_gco2_per_kwh
from daulat.gateway.observe.meter import MeteredShare, keep_reading, reader
from daulat.gateway.observe.metrics import Metrics, costs
from daulat.gateway.observe.observer import CallObserver
from daulat.gateway.observe.power import EnergyBook, Power
from daulat.gateway.observe.traces import declared_traces
from daulat.gateway.routing import KeptAnswers, ModelRouter, place_of
from daulat.gateway.server import ListenError, reserve, serve
from daulat.models import Catalogue, load_catalogue
from daulat.nation import Model, Nation


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What an observer takes from outside: monotonic and wall time, the environment, where lines go, and how many
    processes serve: with several, each has `/metrics` at the next free port."""

    clock: Callable[[], float]
    wall_clock: Callable[[], float]
    environ: Mapping[str, str]
    write: Callable[[str], object]
    version: str = ""
    workers: int = 1


@asynccontextmanager
async def observing(
    nation: Nation, router: ModelRouter, kept: KeptAnswers | None, around: Surroundings
) -> AsyncIterator[CallObserver]:
    """Give the observer that a nation declares; read its meters and serve `/metrics` for as long as the block lasts.

    Raises
    ------
    TelemetryError
        If a receiver of traces is declared and OpenTelemetry is not installed.
    ListenError
        If the address of `/metrics` is taken.
    """
    catalogue = load_catalogue() if nation.models else Catalogue({}, {})
    shares = {model.id: _share(router, model.id) for model in nation.models if model.energy and model.energy.meter}
    powers = {model.id: _power(model, nation, catalogue, shares.get(model.id)) for model in nation.models}
    names = frozenset((*router.routes, *(f"{nation.country.lower()}/{service.id}" for service in nation.services)))
    metrics = Metrics(router, names, costs(_prices(nation)), _hits(kept))
    traces = declared_traces(around.environ, names.__contains__, lambda: int(around.wall_clock() * 1e9), around.version)
    log = CallLog(around.write, names.__contains__, around.wall_clock) if nation.gateway.log_calls else None
    tasks = [
        asyncio.create_task(
            keep_reading(reader(model.energy.meter, nation.directory), shares[model.id], around.clock), name="meter"
        )
        for model in nation.models
        if model.energy is not None and model.energy.meter is not None
    ]
    stop = asyncio.Event()
    if nation.gateway.metrics is not None:
        from daulat.gateway.observe.page import metrics_app  # Prometheus' library, where somebody reads it

        holder = _reserved(nation.gateway.metrics, around.workers)
        app = metrics_app(metrics, is_private=ipaddress.ip_address(holder.getsockname()[0]).is_loopback)
        tasks.append(asyncio.create_task(serve(app, holder, stop=stop), name="metrics"))
    try:
        yield CallObserver(EnergyBook(powers, around.clock), metrics, traces, log)
    finally:
        stop.set()
        for task in tasks:
            if task.get_name() != "metrics":
                task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        if traces is not None:
            await asyncio.to_thread(traces.close)


def _reserved(address: str, workers: int) -> socket.socket:
    """Take the address of `/metrics`, or with several workers the first of as many ports that is free."""
    host, _, port = address.rpartition(":")
    for number in range(int(port), int(port) + workers):
        with suppress(ListenError):
            return _listening(host.strip("[]"), number)
    return _listening(host.strip("[]"), int(port) + workers - 1)  # says why not


def _listening(host: str, port: int) -> socket.socket:
    holder = reserve(host, port)
    holder.listen()  # a port that is only bound would be given to the next worker too
    return holder


def _share(router: ModelRouter, model: str) -> MeteredShare:
    return MeteredShare(lambda: router.in_flight(model))


def _power(model: Model, nation: Nation, catalogue: Catalogue, share: MeteredShare | None) -> Power:
    energy = model.energy
    row = catalogue.models.get(model.catalogue or model.id)
    grid = energy.grid_gco2_per_kwh if energy else None
    if grid is None:
        grid = grid_gco2_per_kwh(place_of(model, nation.country))
    active = (energy.active_parameters_b if energy else None) or (row.params_active_b if row else None)
    total = (energy.total_parameters_b if energy else None) or (row.params_total_b if row else None) or active
    pue = energy.pue if energy else None
    modelled = Power(grid_gco2_per_kwh=grid)
    if active is not None and total is not None and model.kind != "fake":
        modelled = Power.of_size(active, total, pue or DEFAULT_PUE, grid)
    return replace(modelled, metered=share, pue=pue or 1.0)


def _prices(nation: Nation) -> dict[str, tuple[float, float, float, str]]:
    found = {}
    for model in nation.models:
        price = model.price
        if price is not None:
            cached = price.input if price.cached is None else price.cached
            found[model.id] = (float(price.input), float(price.output), float(cached), price.currency)
    return found


def _hits(kept: KeptAnswers | None) -> Callable[[], tuple[int, int]]:
    return lambda: (0, 0) if kept is None else (kept.hits, kept.misses)
