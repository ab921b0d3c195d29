# SPDX-License-Identifier: Apache-2.0
"""Who may write: a service and a language in; a model that passed their gate, with what runs it, or nobody, out."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Protocol

from daulat.assistant.patience import TooSlow
from daulat.models.engine import Engine


class Writer(Protocol):
    """A model that passed the gate of a service in a language."""

    @property
    def model(self) -> str:
        """Its name; where another took over, that of the one that wrote."""
        ...

    @property
    def engine(self) -> Engine:
        """What runs it."""
        ...

    def too_slow(self, error: TooSlow) -> None:
        """Learn that the official text answered in its place."""
        ...


@dataclass(frozen=True, slots=True)
class OneWriter:
    """One model on one engine."""

    model: str
    engine: Engine

    def too_slow(self, error: TooSlow) -> None:
        """Pass over it: nobody chooses between engines here."""


WriterFor = Callable[[str, str], Awaitable[Writer | None]]
"""(service, language) -> who may write, asked when something is to be written; None: the text is quoted."""


async def nobody(_service: str, _language: str) -> Writer | None:
    """Let nobody write: the official text itself answers."""
    return None
