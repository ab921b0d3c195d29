# SPDX-License-Identifier: Apache-2.0
"""What the workers of one address tell each other: each writes its own row of a shared memory, and reads everybody's.

In: the requests that each engine holds from here, and whose turn is next among the calls that wait here. Out: the sums
of all workers, and in which of them the next call waits. Nothing here locks, calls the network or leaves a file, and no
name or word of a caller is in it: an organisation is a number. Every value is one aligned machine word with one writer,
so that no reader ever sees half of one.

The process that starts the workers makes the board and hands each of them the open memory. It knows at once when one
has died, and empties its row.
"""

from __future__ import annotations

import hashlib
import mmap
import os
import tempfile
from collections.abc import Sequence
from itertools import accumulate
from pathlib import Path
from zlib import crc32

from daulat.errors import DaulatError
from daulat.gateway.routing.fair import RANKS, Turn

# Memory as a file; elsewhere it would be written to a disk now and then.
SHARED_MEMORY = Path("/dev/shm")  # noqa: S108
# A worker that waits looks at the board every 20 ms. One that has not done so for this long is busy, stopped or dead,
# and the others go on without it.
ABSENT_S = 0.25
# Of organisations that fall on one number, each waits for the other's calls in other workers as if they were its own.
FLOWS = 1024
_DIGEST = 32
# A turn as one number that is smaller the sooner it comes, and 0 for none: start tags stay far below it.
_RANK = float(1 << 50)


class BoardError(DaulatError):
    """Workers cannot share a board; the operator can act."""


class Board:
    """The memory that workers share, a row for each.

    Parameters
    ----------
    memory : int
        Descriptor of the memory.
    bells : sequence of int
        An event descriptor for each worker.
    models : sequence of str
        Every model on its engine, in the order in which they are declared.

    Examples
    --------
    >>> board = Board.make(["small", "large"], workers=2)
    >>> first, second = board.row(0), board.row(1)
    >>> first.columns["large"].counts[0] += 3
    >>> second.columns["large"].counts[1] += 1
    >>> list(first.columns["large"].counts)
    [3, 1]
    >>> board.clear(0)
    >>> sum(second.columns["large"].counts)
    1
    """

    def __init__(self, memory: int, bells: Sequence[int], models: Sequence[str]) -> None:
        self.memory, self.bells, self.models = memory, tuple(bells), tuple(models)
        workers, columns = len(self.bells), len(self.models) * len(self.bells)
        sizes = (
            _DIGEST,
            4 * columns,
            8 * columns,
            8 * columns,
            4 * workers,
            8 * workers,
            24 * workers,
            8 * FLOWS * workers,
        )
        ends = list(accumulate(-(-size // 64) * 64 for size in sizes))
        if os.fstat(memory).st_size == 0:
            os.posix_fallocate(memory, 0, ends[-1])  # to run out of memory later would end the process
        elif os.fstat(memory).st_size != ends[-1]:
            raise _other()
        mapped = memoryview(mmap.mmap(memory, ends[-1]))
        parts = [mapped[end - -(-size // 64) * 64 :][:size] for size, end in zip(sizes, ends, strict=True)]
        self.digest = parts[0]
        # Of each model its workers side by side.
        self.counts, self.turns, self.since = parts[1].cast("I"), parts[2].cast("d"), parts[3].cast("d")
        self.waiting, self.looked = parts[4].cast("I"), parts[5].cast("d")
        self.now, self.flows = parts[6].cast("d"), parts[7].cast("d")  # of each worker by rank, and by organisation

    @classmethod
    def make(cls, models: Sequence[str], workers: int) -> Board:
        """Make an empty board; raises `BoardError` if there is no memory to share."""
        where = SHARED_MEMORY if SHARED_MEMORY.is_dir() else None
        try:
            with tempfile.TemporaryFile(dir=where) as file:  # has no name, and nobody else can open it
                memory = os.dup(file.fileno())
            board = cls(memory, [os.eventfd(0, os.EFD_NONBLOCK | os.EFD_CLOEXEC) for _ in range(workers)], models)
        except OSError as error:
            raise _none(where, error) from error
        board.digest[:] = _digest(models)
        return board

    @classmethod
    def join(cls, words: str, models: Sequence[str]) -> Row:
        """Return the row that `words` of `pass_on` name, in a process that inherited the descriptors.

        Raises
        ------
        BoardError
            If it was made for other models.
        """
        number, memory, *bells = map(int, words.split(","))
        board = cls(memory, bells, models)
        if board.digest != _digest(models):
            raise _other()
        return board.row(number)

    @property
    def descriptors(self) -> tuple[int, ...]:
        """What a worker has to inherit."""
        return (self.memory, *self.bells)

    def pass_on(self, number: int) -> str:
        """Return what tells a worker its row."""
        return ",".join(map(str, (number, *self.descriptors)))

    def row(self, number: int) -> Row:
        """Return the row of a worker."""
        return Row(self, number)

    def clear(self, number: int) -> None:
        """Empty the row of a worker that has ended, and let the others see what it has left."""
        workers = len(self.bells)
        self.waiting[number] = 0
        self.turns[number::workers] = memoryview(bytes(8 * len(self.models))).cast("d")
        self.row(number).forget()
        self.counts[number::workers] = memoryview(bytes(4 * len(self.models))).cast("I")

    def close(self) -> None:
        """Let go of the descriptors; the memory goes with the last process that has it."""
        for descriptor in self.descriptors:
            os.close(descriptor)


class Column:
    """One model on the board.

    Attributes
    ----------
    counts : uint32[n_workers]
        Requests that its engine holds, by worker.
    turns : float64[n_workers]
        Whose turn is next among the calls that wait for it, by worker; 0 where none waits.
    since : float64[n_workers]
        Since when that is so, monotonic seconds.
    own : int
        The row of this worker.
    """

    __slots__ = ("counts", "own", "since", "turns")

    def __init__(self, counts: memoryview[int], turns: memoryview[float], since: memoryview[float], own: int) -> None:
        self.counts, self.turns, self.since, self.own = counts, turns, since, own


class Row:
    """The board as one worker sees it; see `daulat.gateway.routing.fair.Elsewhere`."""

    def __init__(self, board: Board, number: int) -> None:
        workers = len(board.bells)
        self.board, self.number, self.waiting = board, number, board.waiting
        self.bell = board.bells[number]
        self.columns = {}
        for index, model in enumerate(board.models):
            of_model = slice(index * workers, (index + 1) * workers)
            self.columns[model] = Column(board.counts[of_model], board.turns[of_model], board.since[of_model], number)

    def tell(self, column: Column, turn: Turn | None, now: float) -> None:
        """Say whose turn is next here among those that wait for a model."""
        told = 0.0 if turn is None else turn[0] * _RANK + turn[1] + 1.0
        if told != column.turns[self.number]:
            column.since[self.number] = now
            column.turns[self.number] = told

    def look(self, now: float) -> None:
        """Say that this worker looks after its waiting calls."""
        self.board.looked[self.number] = now

    def first(self, column: Column, now: float) -> int:
        """Return the worker in which the next call for a model waits, -1 for none; ties go to the longer wait."""
        waiting = [
            (turn, column.since[number], number)
            for number, turn in enumerate(column.turns)
            if turn and (number == self.number or now - self.board.looked[number] < ABSENT_S)
        ]
        return min(waiting)[2] if waiting else -1

    def ring(self, number: int) -> None:
        """Have another worker look at the board now."""
        os.eventfd_write(self.board.bells[number], 1)

    def heard(self) -> None:
        """Take note of having been rung for."""
        try:
            os.eventfd_read(self.bell)
        except BlockingIOError:
            return

    def start(self, rank: int, flow: str) -> float:
        """Return the earliest start, in virtual time, of a call of an organisation by what all workers have told."""
        flows, now = self.board.flows, self.board.now
        slot = _slot(rank, flow)
        return max(max(now[rank :: len(RANKS)]), max(flows[slot::FLOWS]))

    def pushed(self, rank: int, flow: str, end: float) -> None:
        """Tell where the last call of an organisation ends."""
        self.board.flows[self.number * FLOWS + _slot(rank, flow)] = end

    def popped(self, rank: int, now: float) -> None:
        """Tell how far virtual time has come."""
        self.board.now[self.number * len(RANKS) + rank] = now

    def forget(self) -> None:
        """Take back where calls end: nobody waits here, so nobody owes anything. Time goes on, for others may wait."""
        number = self.number
        self.board.flows[number * FLOWS : (number + 1) * FLOWS] = memoryview(bytes(8 * FLOWS)).cast("d")


def _slot(rank: int, flow: str) -> int:
    return (crc32(flow.encode()) + rank * 0x9E37_79B1) % FLOWS


def _digest(models: Sequence[str]) -> bytes:
    return hashlib.sha256("\0".join(models).encode()).digest()


def _none(where: Path | None, error: OSError) -> BoardError:
    return BoardError(
        f"no memory could be shared by workers in {where or tempfile.gettempdir()}: {error.strerror or error}",
        why="Each would count its own calls alone, and engines would get more at once than is declared.",
        fix="make room there, or start one worker.",
        code="up.no_board",
    )


def _other() -> BoardError:
    return BoardError(
        "the models of the declaration are not those with which the workers were started",
        why="This worker cannot read what the others tell; until all are started again it bounds its engines alone.",
        fix="stop `daulat up` and start it again.",
        code="up.other_board",
    )
