# SPDX-License-Identifier: Apache-2.0
"""A first build in a process of its own: a nation's declaration in; the release built and in use, progress on the way.

`build_apart` runs `python -m daulat.knowledge.building` and waits. What a build holds, some hundred megabytes that an
interpreter would not give back, leaves with that process. It gets an order in JSON and answers in lines that begin
with a letter: ``P`` and what `report` is called with, or ``E`` and an error's sentences. It serves nobody, and ends
where nobody listens.
"""

from __future__ import annotations

import json
import os
import select
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import IO

from daulat.errors import DaulatError
from daulat.knowledge.encoder import open_encoder
from daulat.knowledge.errors import KnowledgeError, ReleaseError
from daulat.knowledge.opening import Report, open_or_build
from daulat.nation import Nation, pack_of

_MOMENT_S = 0.2


def build_apart(nation: Nation, report: Report) -> None:
    """Build the first release of a nation and put it in use, in another process.

    Parameters
    ----------
    nation : Nation
    report : callable
        (stage, done, total), called as work goes on; whatever it raises ends the work.

    Raises
    ------
    KnowledgeError
        Whatever kept the build from ending.
    """
    order = json.dumps({"nation": nation.model_dump(mode="json"), "directory": str(nation.path("."))})
    command = [sys.executable, "-m", "daulat.knowledge.building"]
    failed: dict[str, str] = {}
    last: tuple[str, int, int] = ("starting the build", 0, 0)
    # A session of its own: Ctrl-C at the terminal is for whoever started us, who then ends the build through `report`.
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, start_new_session=True) as process:  # noqa: S603 - ours
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            with suppress(BrokenPipeError):  # it ended before it read; its code says so
                process.stdin.write(order.encode())
                process.stdin.close()
            for line in _lines(process.stdout):
                kind, _, rest = line.partition(" ")
                if kind == "E":
                    failed = json.loads(rest)
                    continue
                stage, done, total = json.loads(rest) if kind == "P" else last
                last = (stage, done, total)
                report(*last)  # also while nothing comes, so that whoever wants no more is heard
            code = process.wait()
        finally:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)  # with the readers of documents that it started
    if failed:
        raise KnowledgeError(failed["what"], why=failed["why"], fix=failed["fix"], code=failed["code"])
    if code:
        raise ReleaseError(
            f"the process that built the release ended with code {code}",
            why="Without a release no question can be answered; nothing of it was put in use.",
            fix="Run `daulat knowledge build`, which says more; on a small machine look whether memory ran out.",
            code="knowledge.build.process",
        )


def _lines(stream: IO[bytes]) -> Iterator[str]:
    """Yield the lines of a pipe as they come, and an empty text whenever none came for a moment."""
    rest = b""
    while True:
        if not select.select([stream], [], [], _MOMENT_S)[0]:
            yield ""
            continue
        read = os.read(stream.fileno(), 65_536)
        if not read:
            return
        *whole, rest = (rest + read).split(b"\n")
        yield from (line.decode() for line in whole)


def run(order: IO[str], told: IO[str]) -> int:
    """Carry out one order; return the exit code."""
    asked = json.loads(order.read())
    nation = Nation.model_validate(asked["nation"]).placed_in(Path(asked["directory"]))

    def tell(kind: str, what: object) -> None:
        told.write(f"{kind} {json.dumps(what)}\n")
        told.flush()

    def report(stage: str, done: int, total: int) -> None:
        tell("P", (stage, done, total))

    try:
        encoder = open_encoder(nation.knowledge.encoder, os.environ)
        open_or_build(nation, pack_of(nation), encoder, report, now=lambda: datetime.now(UTC))
    except DaulatError as error:
        tell("E", error.as_dict())
        return 1
    return 0


if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # whoever ends the service ends the build; it tells nothing more
    try:
        sys.exit(run(sys.stdin, sys.stdout))
    except BrokenPipeError:
        os._exit(1)
