# SPDX-License-Identifier: Apache-2.0
"""Private: how far a build is. What a builder reports in; bars on stderr out."""

from __future__ import annotations

from contextlib import ExitStack

from daulat.cli._output import Advance, progress

_UNITS = {
    "read": ("reading", "files"),
    "encode": ("encoding", "segments"),
    "index": ("indexing", "passages"),
    "everyday": ("reading everyday questions", "questions"),
    "asked": ("indexing everyday questions", "questions"),
}


class BuildProgress:
    """Shows one bar for each stage of a build, with rate and time left, on stderr."""

    def __init__(self) -> None:
        self._bars = ExitStack()
        self._stage, self._done = "", 0
        self._advance: Advance | None = None

    def __enter__(self) -> BuildProgress:
        return self

    def __exit__(self, *ended: object) -> None:
        self._bars.close()

    def report(self, stage: str, done: int, total: int) -> None:
        """Take (stage, done, total) of a builder."""
        if stage != self._stage:
            self._bars.close()
            label, unit = _UNITS.get(stage, (stage, ""))
            self._stage, self._done = stage, 0
            self._advance = self._bars.enter_context(progress(label, total or None, unit=unit))
        if self._advance is not None and done > self._done:
            self._advance(done - self._done)
            self._done = done
