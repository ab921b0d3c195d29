# SPDX-License-Identifier: Apache-2.0
"""What letting a call in and booking it costs: key, rules, eight limits, price, and its row in the ledger.

Run as `python benchmarks/gateway/admission.py`; prints CPU microseconds a call of the event loop's thread, and of the
threads beside it (exchanges with the counters, rows to PostgreSQL). CPU time, so that other load on the machine matters
little.
"""

from __future__ import annotations

import asyncio
import json
import platform
import tempfile
import time
from decimal import Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

from daulat.gateway.access.limits import set_limit
from daulat.gateway.access.registry import KeyRules, Registry
from daulat.gateway.access.service import Access, AccessSettings
from daulat.gateway.ports import Call, CallUsage
from daulat.gateway.quota.prices import Price
from daulat.store import Store, StoreSettings, open_store

CALLS, RUNS = 20_000, 5
PRICES = {"tiny": Price.of("XTS", input=Decimal("0.2"), output=Decimal("0.6"))}


async def make_key(store: Store) -> str:
    """Make a key with eight limits over three scopes, all wide."""
    registry = Registry(store, by="benchmark")
    await registry.create_organisation("moh", "")
    await registry.create_project("moh/portal", "")
    rules = KeyRules(models=("tiny*",), networks=("127.0.0.0/8",))
    new = await registry.create_key("moh/portal", "", rules)
    for scope, of in (("organisation", "moh"), ("project", "moh/portal"), ("key", new.key.id)):
        await set_limit(registry, scope, of, "requests", "minute", Decimal(10**8))
        await set_limit(registry, scope, of, "tokens_out", "day", Decimal(10**10))
    await set_limit(registry, "project", "moh/portal", "money", "month", Decimal(10**7), "XTS")
    await set_limit(registry, "key", new.key.id, "concurrent", "", Decimal(10_000))
    return new.token


async def main() -> None:
    """Measure and print."""
    with tempfile.TemporaryDirectory() as place:
        async with open_store(StoreSettings(Path(place) / "postgres")) as store:
            token = await make_key(store)
            access = Access(AccessSettings(ZoneInfo("UTC"), is_private=False, prices=PRICES))
            async with access.open(store):
                call = Call("tiny", "chat/completions", 20, 60, 100, client="127.0.0.1", credential=token)
                usage = CallUsage(prompt_tokens=20, completion_tokens=50, engine="e", model="tiny")
                loop_us, beside_us = [], []
                for _ in range(RUNS + 1):  # the first warms up
                    loop, process = time.thread_time(), time.process_time()
                    for number in range(CALLS):
                        (await access.admit(call)).settle(usage)
                        if number % 50 == 0:
                            await asyncio.sleep(0)
                    loop_us.append((time.thread_time() - loop) / CALLS * 1e6)
                    await asyncio.sleep(2)
                    beside_us.append((time.process_time() - process) / CALLS * 1e6 - loop_us[-1])
    print(
        json.dumps(
            {
                "loop_cpu_us_per_call": [round(each, 1) for each in sorted(loop_us[1:])],
                "beside_cpu_us_per_call": [round(each, 1) for each in sorted(beside_us[1:])],
                "limits": 8,
                "python": platform.python_version(),
                "machine": platform.processor() or platform.machine(),
            }
        )
    )


asyncio.run(main())
