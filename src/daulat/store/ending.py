# SPDX-License-Identifier: Apache-2.0
"""The end of tasks that use a database: tasks that go on until they are cancelled in; once they have ended, back.

A cancellation may get lost: the pool waits for a connection with `asyncio.wait_for`, which in Python 3.11 swallows one
that comes in the moment in which the connection does. A task cancelled once would then go on, and whoever waits for its
end would wait for ever. It starts nothing and reads no result.
"""

from __future__ import annotations

import asyncio

_AGAIN_S = 1.0  # a statement is mostly taken back in less


async def end_tasks(*tasks: asyncio.Task[None], again_s: float = _AGAIN_S) -> None:
    """Cancel tasks, as often as it takes, and wait until all have ended.

    Parameters
    ----------
    tasks : asyncio.Task
    again_s : float
        Seconds after which those that are still there are cancelled again.

    Examples
    --------
    >>> async def deaf() -> None:
    ...     with contextlib.suppress(asyncio.CancelledError):  # the first gets lost
    ...         await asyncio.sleep(60)
    ...     await asyncio.sleep(60)
    >>> async def main() -> bool:
    ...     task = asyncio.create_task(deaf())
    ...     await asyncio.sleep(0)
    ...     await end_tasks(task, again_s=0.01)
    ...     return task.cancelled()
    >>> import contextlib
    >>> asyncio.run(main())
    True
    """
    while left := [task for task in tasks if not task.done()]:
        for task in left:
            task.cancel()
        await asyncio.wait(left, timeout=again_s)
