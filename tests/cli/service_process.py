# SPDX-License-Identifier: Apache-2.0
"""A service in a process of its own, `service_process.py DIRECTORY PORT`: real database and pages, scripted knowledge.

Files in DIRECTORY are the switches: `slow` keeps the official text loading, `fail` makes it fail to open, `current`
names the release, `thinking` says that a question has come and gets no answer.
"""

from __future__ import annotations

import asyncio
import os
import sys
import time
from pathlib import Path

from daulat.assistant.types import Answer, AnswerEvent, Question
from daulat.cli._pages import make_pages
from daulat.cli._service import run_service
from daulat.errors import DaulatError
from daulat.gateway import Answering, Knowledge
from daulat.nation import load_nation

DIRECTORY = Path(sys.argv[1] if __name__ == "__main__" else ".")


class Saying:
    """Answers every question with the name of its release."""

    def __init__(self, release: str) -> None:
        self._release = release

    async def stream(self, question: Question, writer_for=None):
        if (DIRECTORY / "thinking").exists():
            (DIRECTORY / "thinking").write_text("a question has come")
            await asyncio.Event().wait()
        text = f"from {self._release}"
        yield AnswerEvent("text", text)
        yield AnswerEvent("answer", answer=Answer(True, text, (), "en", "2023-02-01", "quotation", release="r"))


def current() -> str:
    """Name the release in use."""
    return (DIRECTORY / "current").read_text() if (DIRECTORY / "current").exists() else ""


def open_answering(report) -> Answering:
    """Open the release in use, unless the test says that it fails."""
    report("opening", 0, 0)
    while (DIRECTORY / "slow").exists():
        report("reading", 1, 2)
        time.sleep(0.05)
    if (DIRECTORY / "fail").exists():
        raise DaulatError("the release is damaged", why="-", fix="roll back.", code="knowledge.release.damaged")
    return Answering(Saying(current() or "none"), None, None, "1 passage")


if __name__ == "__main__":
    nation = load_nation(DIRECTORY / "nation.yaml")
    sys.exit(
        run_service(
            nation, Knowledge(open_answering, current), make_pages, os.environ, port=int(sys.argv[2]), as_json=True
        )
    )
