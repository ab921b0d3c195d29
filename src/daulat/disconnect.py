# SPDX-License-Identifier: Apache-2.0
"""Work for a client who may leave before it is done: the work and the ASGI messages of its request in; what it made, or
`ClientGone`, out.

Of the API and of the pages alike. Reads no message that has a body.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, MutableMapping
from typing import Any, TypeVar

__all__ = ["ClientGone", "disconnected", "unless_gone"]

Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Result = TypeVar("Result")


class ClientGone(Exception):  # noqa: N818 - an event, not an error: nobody is left to tell
    """The client closed the connection before it had its answer."""


async def disconnected(receive: Receive) -> None:
    """Return when the client has gone. Call only after the body of its request was read."""
    while (await receive())["type"] != "http.disconnect":
        await asyncio.sleep(0)


async def unless_gone(receive: Receive, work: Coroutine[Any, Any, Result]) -> Result:
    """Run `work`, and cancel it if the client leaves first.

    Raises
    ------
    ClientGone
        If it left.
    """
    task, gone = asyncio.ensure_future(work), asyncio.ensure_future(disconnected(receive))
    try:
        await asyncio.wait((task, gone), return_when=asyncio.FIRST_COMPLETED)
        if not task.done():
            raise ClientGone
        return task.result()
    finally:
        gone.cancel()
        if not task.done():
            task.cancel()
            await asyncio.wait([task])
