# SPDX-License-Identifier: Apache-2.0
"""Hold a database open for a measurement: `hold_store.py DIRECTORY` prints a key with limits and waits to be ended.

The key belongs to a project with limits of requests, tokens and money, so that every call is counted in all of them.
"""

from __future__ import annotations

import asyncio
import signal
import sys
from decimal import Decimal
from pathlib import Path

from daulat.gateway.access.limits import set_limit
from daulat.gateway.access.registry import KeyRules, Registry
from daulat.store import StoreSettings, open_store

LIMITS = (("requests", "minute"), ("tokens_in", "day"), ("tokens_out", "day"), ("concurrent", ""), ("money", "month"))


async def main(directory: Path) -> None:
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    async with open_store(StoreSettings(directory)) as store:
        registry = Registry(store, by="benchmark")
        await registry.create_organisation("ministry", "Ministry")
        await registry.create_project("ministry/portal", "Portal")
        key = await registry.create_key("ministry/portal", "load", KeyRules())
        for metric, period in LIMITS:
            currency = "XTS" if metric == "money" else ""
            await set_limit(registry, "key", key.key.id, metric, period, Decimal(10**9), currency)
        print(key.token, flush=True)
        await stop.wait()


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1])))
