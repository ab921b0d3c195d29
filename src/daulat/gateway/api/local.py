# SPDX-License-Identifier: Apache-2.0
"""Calls that this process answers by itself, with its encoder or its rules: admitted and settled like any other.

In: a request and what it asks for. Out: a block in which it is answered; what it came to is booked when it ends.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import msgspec

from daulat.gateway._asgi import Request
from daulat.gateway.parts import Parts
from daulat.gateway.proxy import Asked, Counts, open_account
from daulat.gateway.proxy.account import settled


@dataclass(slots=True)
class Worked:
    """What a call came to; filled in inside the block."""

    tokens: int = 0


@asynccontextmanager
async def answering(parts: Parts, request: Request, asked: Asked, by: str, service: str = "") -> AsyncIterator[Worked]:
    """Admit a call that `by` answers here, and book it at the end of the block, however it ends.

    Raises
    ------
    DaulatError
        If it is not admitted.
    """
    account = await open_account(parts, request, asked, service)
    account.noted = True  # receipts are of answers
    with settled(account):
        worked = Worked()
        yield worked
        usage = account.measured(Counts(worked.tokens, 0))
        account.settle(msgspec.structs.replace(usage, engine=by, model=asked.model, reason="here"))
