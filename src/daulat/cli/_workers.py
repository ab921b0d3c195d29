# SPDX-License-Identifier: Apache-2.0
"""Several workers at one address: a command line in; processes that share the address, kept running until a stop, out.

The kernel shares connections out among them; keys, quotas and accounts are shared through the database, and what
engines hold through a board in memory. A worker that dies gives its places back at once and is started again, each time
a little later. None outlives this process: they end when their standard input does.
"""

from __future__ import annotations

import asyncio
import os
import socket
import sys
from collections.abc import Sequence
from contextlib import suppress

from daulat.cli._ending import Ending
from daulat.cli._output import emit, emit_json, hint, say
from daulat.cli._service import url_of
from daulat.gateway.routing import Board, BoardError, Row
from daulat.nation import Nation

# The gateway gives its streams 2 s, its connections 5 s, and the database its end.
PATIENCE_S = 20.0
FIRST_PAUSE_S, LONGEST_PAUSE_S = 0.5, 30.0
# A worker that has lived for this long did not end as those before it did.
STEADY_S = 600.0
_START = "from daulat.cli import main; main()"


class Workers:
    """The processes behind one address.

    Parameters
    ----------
    words : sequence of str
        The command line of one worker, after the program's name; the number of its row on the board comes last.
    board : Board
        Where they count together; it says how many there are.
    """

    def __init__(self, words: Sequence[str], board: Board) -> None:
        self._words = list(words)
        self._board = board
        self._count = len(board.bells)
        self._up = 0
        self._stopping = False
        self.all_up = asyncio.Event()
        self.failed_code: int | None = None
        self._processes: set[asyncio.subprocess.Process] = set()

    async def run(self) -> None:
        """Keep all of them running until `stop`, or until one cannot even start."""
        await asyncio.gather(*(self._keep(number) for number in range(self._count)))

    async def stop(self) -> None:
        """Ask all of them to end, and see to it that they do."""
        self._stopping = True
        self.tell()
        waiting = [asyncio.ensure_future(process.wait()) for process in self._processes]
        if waiting:
            await asyncio.wait(waiting, timeout=PATIENCE_S)
        for process in self._processes:
            with suppress(ProcessLookupError):
                process.kill()

    def tell(self) -> None:
        """Ask all of them to end; told again, they hurry."""
        for process in self._processes:
            with suppress(ProcessLookupError):
                process.terminate()

    async def _keep(self, number: int) -> None:
        """Run one worker, and another when it dies."""
        pause_s, clock = 0.0, asyncio.get_running_loop().time
        while not self._stopping:
            process = await asyncio.create_subprocess_exec(
                sys.executable,
                "-c",
                _START,
                *self._words,
                self._board.pass_on(number),
                pass_fds=self._board.descriptors,
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
            )
            self._processes.add(process)
            assert process.stdout is not None
            began_s = clock()
            was_up = bool(await process.stdout.readline())
            if was_up:
                self._up += 1
                if self._up >= self._count:
                    self.all_up.set()
            code = await process.wait()
            self._board.clear(number)
            self._processes.discard(process)
            if self._stopping:
                return
            if not was_up and not self.all_up.is_set():
                self.failed_code = code  # it said why on stderr; the others would say the same
                self.all_up.set()
                return
            pause_s = pause_after(pause_s, clock() - began_s)
            say(f"a worker ended with code {code}; another starts in {pause_s:g} s")
            await asyncio.sleep(pause_s)


def pause_after(pause_s: float, lived_s: float) -> float:
    """Return how long to wait before another worker starts, from the pause before this one and how long it lived.

    Examples
    --------
    >>> pause_after(0.0, 1.0), pause_after(4.0, 1.0), pause_after(30.0, 1.0), pause_after(30.0, 86_400.0)
    (0.5, 8.0, 30.0, 0.5)
    """
    if not pause_s or lived_s >= STEADY_S:
        return FIRST_PAUSE_S
    return min(LONGEST_PAUSE_S, 2 * pause_s)


def run_workers(words: Sequence[str], board: Board, holder: socket.socket, *, as_json: bool) -> int:
    """Serve with several workers until SIGINT, SIGTERM or SIGHUP; return the exit code.

    `holder` keeps the address from other programs; workers join it.
    """
    with holder:
        return asyncio.run(_run(words, board, url_of(holder), as_json))


def join_board(words: str, nation: Nation) -> Row | None:
    """Take a worker's row; None, and a word on stderr, if the declaration has changed since the others were started."""
    try:
        return Board.join(words, [model.id for model in nation.models])
    except BoardError as error:
        say(str(error))
        return None


async def _run(words: Sequence[str], board: Board, address: str, as_json: bool) -> int:
    workers = Workers(words, board)
    ending = Ending(workers.tell)
    running = asyncio.ensure_future(workers.run())
    stopping = asyncio.ensure_future(ending.stop.wait())
    await asyncio.wait((asyncio.ensure_future(workers.all_up.wait()), stopping), return_when=asyncio.FIRST_COMPLETED)
    if workers.failed_code is None and not ending.stop.is_set():
        if as_json:
            emit_json({"url": address, "pid": os.getpid(), "workers": len(board.bells), "loading": []})
        else:
            emit(address)
        hint("Ctrl-C stops everything that was started here")
        await stopping
    await workers.stop()
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    if workers.failed_code is not None:
        return workers.failed_code
    return ending.exit_code
