# SPDX-License-Identifier: Apache-2.0
"""One worker under load: admits calls as fast as it can, and writes down what each really used before it settles.

Run as `worker.py CONNINFO VALKEY_URL TOKEN TRUTH_FILE CALLERS`; begins at a line on its input; ends when every caller
has been refused many times.
The truth is appended with one write before the call "runs", so that it is there whatever happens to this process.
"""

from __future__ import annotations

import asyncio
import os
import random
import sys
from pathlib import Path
from zoneinfo import ZoneInfo

from daulat.errors import DaulatError
from daulat.gateway.access.service import Access, AccessSettings
from daulat.gateway.ports import Call, CallUsage
from daulat.store import StoreSettings, open_store


async def caller(access: Access, token: str, truth: int) -> None:
    refused = 0
    while refused < 4:
        call = Call("tiny", "chat/completions", prompt_tokens=1, max_tokens=50, client="127.0.0.1", credential=token)
        try:
            grant = await access.admit(call)
        except DaulatError:
            refused += 1
            await asyncio.sleep(0.05)
            continue
        used = random.randint(1, 50)
        os.write(truth, f"{used}\n".encode())
        await asyncio.sleep(random.uniform(0, 0.02))
        grant.settle(CallUsage(prompt_tokens=1, completion_tokens=used))


async def main(conninfo: str, valkey_url: str, token: str, truth_file: str, callers: str) -> None:
    truth = os.open(truth_file, os.O_APPEND | os.O_CREAT | os.O_WRONLY)
    async with open_store(StoreSettings(Path(), conninfo)) as store:
        access = Access(AccessSettings(ZoneInfo("UTC"), is_private=False, valkey_url=valkey_url))
        async with access.open(store):
            print("ready", flush=True)
            await asyncio.to_thread(sys.stdin.readline)
            await asyncio.gather(*(caller(access, token, truth) for _ in range(int(callers))))


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
