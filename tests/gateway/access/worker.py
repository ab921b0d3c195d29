# SPDX-License-Identifier: Apache-2.0
"""One worker under load: admits calls as fast as it can, and writes down what each really used before it settles.

Run as `worker.py CONNINFO VALKEY_URL TRUTH_FILE CALLERS TOKEN...`, with so many callers for each key; begins at a line
on its input; ends when every caller has been refused many times, but for those of the last key, who go on until then.
A call reads up to three times its estimate, and never more than its bound. The truth is appended with one write before
the call "runs", so that it is there whatever happens to this process: process, key, and what is used; and at its end
process and key.
"""

from __future__ import annotations

import asyncio
import os
import random
import sys
from decimal import Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

from daulat.errors import DaulatError
from daulat.gateway.access.service import Access, AccessSettings
from daulat.gateway.ports import Call, CallUsage
from daulat.gateway.quota.prices import Price
from daulat.store import StoreSettings, open_store

ESTIMATE, BOUND, REFUSALS = 4, 12, 4
PRICE = Price.of("XTS", input=Decimal(2), output=Decimal(6))


async def caller(access: Access, key: int, token: str, truth: int, refusals: float) -> None:
    refused, me = 0, f"{os.getpid()} {key}"
    call = Call("tiny", "chat/completions", ESTIMATE, BOUND, BOUND, client="127.0.0.1", credential=token)
    while refused < refusals:
        try:
            grant = await access.admit(call)
        except DaulatError:
            refused += 1
            await asyncio.sleep(0.05)
            continue
        read, written = random.randint(1, BOUND), random.randint(1, BOUND)
        os.write(truth, f"{me} {read} {written} {PRICE.cost_q(read, written)}\n".encode())
        try:
            await asyncio.sleep(random.uniform(0, 0.02))
        finally:
            os.write(truth, f"{me}\n".encode())
            grant.settle(CallUsage(prompt_tokens=read, completion_tokens=written))


async def main(conninfo: str, valkey_url: str, truth_file: str, callers: str, *tokens: str) -> None:
    truth = os.open(truth_file, os.O_APPEND | os.O_CREAT | os.O_WRONLY)
    async with open_store(StoreSettings(Path(), conninfo)) as store:
        settings = AccessSettings(ZoneInfo("UTC"), is_private=False, valkey_url=valkey_url, prices={"tiny": PRICE})
        access = Access(settings)
        async with access.open(store):
            print("ready", flush=True)
            await asyncio.to_thread(sys.stdin.readline)
            last = len(tokens) - 1
            tasks = [
                asyncio.create_task(caller(access, key, token, truth, REFUSALS if key < last else float("inf")))
                for key, token in enumerate(tokens)
                for _ in range(int(callers))
            ]
            ending = tasks[: last * int(callers)]
            await (asyncio.gather(*ending) if ending else asyncio.sleep(3_600))
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
