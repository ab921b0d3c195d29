# SPDX-License-Identifier: Apache-2.0
"""The end of tasks that use a database: tasks that go on until they are cancelled in; once they have ended, back.

A cancellation may get lost: the pool waits for a connection with `asyncio.wait_for`, which in Python 3.11 swallows one
that comes in the moment in which the connection does. A task cancelled once would then go on, and whoever waits for its
end would wait for ever. It starts nothing and reads no result.
"""

from __future__ import annotations

import asyncio

_AGAIN_S = 1.0  # a statement is mostly taken back in less


async def end_tasks(*tasks: asyncio.Task[None]) -> None:
    """Cancel tasks, as often as it takes, and wait until all have ended.

    Examples
    --------
    >>> async def main() -> bool:
    ...     task = asyncio.create_task(asyncio.sleep(60))
    ...     await end_tasks(task)
    ...     return task.cancelled()
    >>> asyncio.run(main())
    True
    """
    while left := [task for task in tasks if not task.done()]:
        for task in left:
            task.cancel()
        await asyncio.wait(left, timeout=_AGAIN_S)
