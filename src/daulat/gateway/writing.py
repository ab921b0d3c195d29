# SPDX-License-Identifier: Apache-2.0
"""Who writes for a service: the account of one call in; the model that passed the gate of its service, or nobody, out.

The router chooses by gate, residency and health, as for every call, and the account goes on to the next model when one
could not begin. What is written is booked on that account. Knows sizes and names, never words.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import replace
from typing import TYPE_CHECKING

import msgspec

from daulat.errors import DaulatError
from daulat.gateway.proxy.account import Account
from daulat.gateway.proxy.asked import BYTES_PER_TOKEN, MOST_EVIDENCE
from daulat.gateway.routing.errors import EnginesAway, NoRoute, QueueFull
from daulat.models import ChatRequest, Delta, EngineError, EngineRefused, UnknownModel, Usage

if TYPE_CHECKING:
    from daulat.models import Engine

# Without a model the official text itself answers, whatever kept the model from it.
NOBODY = (NoRoute, UnknownModel, EnginesAway, QueueFull)


class ServiceWriter:
    """The writer of one answer of a service; see `daulat.assistant.Writer`. Made for one call and used once.

    Parameters
    ----------
    account : Account
        Of the call. Its target is the model that writes, once there is one.
    """

    name = "writer"

    def __init__(self, account: Account) -> None:
        self._account = account
        self._usage: Usage | None = None
        self._read = self._written = 0
        self.model = ""

    @property
    def engine(self) -> Engine:
        """What runs the model: whichever engine the router names."""
        return self

    @property
    def usage(self) -> Usage:
        """What was read and written; an estimate where the engine was stopped before it had counted."""
        return self._usage or Usage(self._read, self._written)

    async def find(self, service: str, language: str) -> ServiceWriter | None:
        """Choose who writes for a service in a language; None where nobody may, or can at present."""
        account = self._account
        account.call = msgspec.structs.replace(account.call, service=service, language=language)
        try:
            self.model = (await account.route()).model
        except NOBODY:
            return None
        return self

    async def stream(self, request: ChatRequest) -> AsyncGenerator[Delta, None]:
        """Yield what the model writes. Before the first piece the next model takes over from one that failed.

        Raises
        ------
        EngineError
            If none of them begins, or one breaks off; or if there is more to read than is reserved for.
        """
        size = sum(len(message.content.encode()) for message in request.messages)
        if size > self._account.call.prompt_bound:
            raise _too_long(size)
        while True:
            target = self._account.target
            assert target is not None
            begun = False
            self._read = size // BYTES_PER_TOKEN
            try:
                async with aclosing(target.engine.stream(replace(request, model=target.model))) as deltas:
                    async for delta in deltas:
                        begun = True
                        self._note(delta)
                        yield delta
                return
            except EngineError as error:
                await self._next(error, begun)

    def too_slow(self, error: EngineError) -> None:
        """Book what was written in vain, and tell the router: who keeps citizens waiting is asked less."""
        tokens, self._read, self._written, self._usage = (self._read, self._written), 0, 0, None
        self._account.failed(error, tokens)

    def _note(self, delta: Delta) -> None:
        self._account.first()
        self._usage = delta.usage or self._usage
        self._written += bool(delta.content or delta.reasoning)

    async def _next(self, error: EngineError, begun: bool) -> None:
        """Go on to the next model, or raise the error where there is none or something was told already."""
        tokens, self._read, self._written = (self._read, self._written), 0, 0
        if not self._account.failed(error, tokens) or begun:
            raise error
        try:
            self.model = (await self._account.route()).model
        except DaulatError:
            raise error from None

    async def models(self) -> list[str]:
        """Name the model that writes."""
        return [self.model]

    async def is_healthy(self) -> bool:
        """Say yes: the router asks only those that are."""
        return True

    async def close(self) -> None:
        """Do nothing: the engines are others'."""


def _too_long(size: int) -> EngineRefused:
    return EngineRefused(
        f"the passages and the question come to {size:,} bytes",
        why=f"A model reads at most {MOST_EVIDENCE:,} bytes beside the question, for that much is reserved.",
        fix="The official text answers, quoted.",
        code="writing.too_long",
        status=413,
    )
