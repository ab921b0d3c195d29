# SPDX-License-Identifier: Apache-2.0
"""CPU time of routing, observing and writing down one call: nothing in; a table on stdout out. No engine is asked."""

from __future__ import annotations

import asyncio
import platform
import time
from decimal import Decimal
from statistics import median

from daulat.gateway.defaults import OpenGrant
from daulat.gateway.observe import CallObserver, EnergyBook, Metrics, Power
from daulat.gateway.ports import Call, CallUsage
from daulat.gateway.routing import Board, Declared, ModelRouter, Post, Residency, Route, Rule
from daulat.gateway.routing.shared import SharedRouter
from daulat.ledger import UsageLedger, UsageRow
from daulat.models import FakeEngine

CALLS = 100_000
ROUNDS, WORKERS = 20, 4
CALL = Call("writer", "chat/completions", prompt_tokens=100, affinity=123_456)
GRANT = OpenGrant(organisation="health", data_class="public", priority="interactive")
WELL = CallUsage(100, 20, 0, 0, 0.1, 1.0, 200, "", "e0", "e0", "XA", "only", "e0", 0.9)


async def route(engines: int, policy: str, workers: int = 1) -> float:
    """Return the microseconds that choosing, beginning and ending take in one of so many workers."""
    posts = [Post(Declared(f"e{n}", FakeEngine([f"e{n}"]), "XA")) for n in range(engines)]
    routes = [Route("writer", tuple((post, 1.0) for post in posts), policy)]
    rule = Residency({"public": Rule({"XA"})})
    if workers == 1:
        router = ModelRouter(posts, routes, rule)
    else:
        row = Board.make([post.model for post in posts], workers).row(0)
        router = SharedRouter(row, posts, routes, rule, clock=time.monotonic)
    started = time.process_time()
    for _ in range(CALLS // ROUNDS):
        target = await router.choose(CALL, GRANT)
        router.began(target)
        router.first_token(target, 0.1)
        router.ended(target, WELL, None)
    return (time.process_time() - started) / (CALLS // ROUNDS) * 1e6


async def routes(engines: int, policy: str) -> str:
    """Return what one worker takes, and how much more one of several; in turn, since a machine changes its speed."""
    pairs = [(await route(engines, policy), await route(engines, policy, WORKERS)) for _ in range(ROUNDS)]
    more = median(several - one for one, several in pairs)
    return f"{engines} engines {median(one for one, _ in pairs):.1f} + {more:.1f}"


def observe() -> float:
    """Return the microseconds that energy, the members of `usage` and the metrics take."""
    power = Power.of_size(8, 8, 1.2, 600)
    router = ModelRouter([], [], Residency())
    observer = CallObserver(EnergyBook({"e0": power}, time.monotonic), Metrics(router, ["writer"]))
    started = time.process_time()
    for _ in range(CALLS):
        usage = observer.measure(CALL, GRANT, None, WELL)  # type: ignore[arg-type]
        observer.annotate(CALL, GRANT, None, usage)  # type: ignore[arg-type]
        observer.finished(CALL, GRANT, None, usage)
    return (time.process_time() - started) / CALLS * 1e6


def write_down() -> float:
    """Return the microseconds that a row of the ledger takes to become its line of text; none is sent."""
    ledger = UsageLedger("")
    rows = [
        UsageRow(
            1_800_000_000.0 + n / 1000, "moh", "moh/portal", "key_1", "writer", "chat/completions", "e0", "XA-01",
            "prefix; internal may go to XA", "internal", 100 + n, 20, time_to_first_token_s=0.1, duration_s=1 + n / 1e4,
            cost=Decimal("0.00001904"), currency="XTS", energy_wh=0.0237941 + n / 1e6,
            energy_low_wh=0.0193261 + n / 1e6, energy_high_wh=0.0427481 + n / 1e6, energy_method="ecologits",
            carbon_g=0.0162381 + n / 1e6, embodied_g=0.000553123, stream=True,
        )
        for n in range(1000)
    ]  # fmt: skip
    started = time.process_time()
    for _ in range(CALLS // len(rows)):
        for row in rows:
            ledger.put(row)
    return (time.process_time() - started) / CALLS * 1e6


def main() -> None:
    print(f"Python {platform.python_version()}, {CALLS:,} calls each, CPU us a call")
    print(f"one worker + what one of {WORKERS} takes more, medians of {ROUNDS} rounds")
    for policy in ("prefix", "least-busy", "weighted"):
        print(policy, *(asyncio.run(routes(n, policy)) for n in (1, 3, 8)), sep="  ")
    print(f"observe  {observe():.1f}")
    print(f"row  {write_down():.1f}")


if __name__ == "__main__":
    main()
