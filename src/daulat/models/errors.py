# SPDX-License-Identifier: Apache-2.0
"""What can go wrong with models, drawn as a tree whose branches follow who can act.

    ModelsError                  the operator of models and engines
    ├── EngineError              a request met an engine that did not finish it
    │   ├── EngineUnavailable    it never began: not started, not reachable, not ready
    │   ├── EngineOverloaded     it is busy: wait `retry_after_s` seconds
    │   ├── EngineRefused        it read the request and said no: the caller can act
    │   └── EngineInterrupted    it began and broke off: text already yielded stands
    ├── UnknownModel             nothing declared can run this model id
    ├── CatalogueError           the catalogue's own data is at fault
    ├── GateError                a file of gate results is at fault
    ├── SourceError              an address of weights cannot be read or trusted
    │   └── SourceUnreachable    it could not be reached, or broke off: what came so far is kept
    ├── WeightsError             a file of weights is missing, wrong, unsafe or in use
    ├── LicenceNotAccepted       weights whose licence has conditions, and nobody accepted them
    └── LicenceForbids           weights whose licence does not allow what they are wanted for

No message here ever holds a prompt or an answer; only `EngineRefused.said` may, which goes to the caller alone.
"""

# ruff: noqa: N818 (the names say what happened; the tree above says that they are errors)

from __future__ import annotations

from daulat.errors import DaulatError


class ModelsError(DaulatError):
    """The operator of models and engines can act."""


class EngineError(ModelsError):
    """A request met an engine that did not finish it.

    `was_read`: it may have worked on it, for nothing. `was_answered`: it said itself that this request failed; the next
    may do well, for an engine that is gone says nothing.
    """

    was_read = False
    was_answered = False


class EngineUnavailable(EngineError):
    """The engine did not begin to answer; another may. `was_read`: it took the request, fell silent or hung up."""

    def __init__(
        self, what: str, *, why: str, fix: str, code: str, was_read: bool = False, was_answered: bool = False
    ) -> None:
        super().__init__(what, why=why, fix=fix, code=code)
        self.was_read, self.was_answered = was_read, was_answered


class EngineOverloaded(EngineError):
    """The engine is busy. `retry_after_s` is its own estimate in seconds, or None."""

    def __init__(self, what: str, *, why: str, fix: str, code: str, retry_after_s: float | None = None) -> None:
        super().__init__(what, why=why, fix=fix, code=code)
        self.retry_after_s = retry_after_s


class EngineRefused(EngineError):
    """The engine read the request and said no; sending it again will not help. `status` is the HTTP status it gave.

    `said` holds the engine's own words. They may quote the prompt: they are for the caller alone, never for a log.
    """

    def __init__(self, what: str, *, why: str, fix: str, code: str, status: int, said: str = "") -> None:
        super().__init__(what, why=why, fix=fix, code=code)
        self.status = status
        self.said = said


class EngineInterrupted(EngineError):
    """The engine began and broke off. Text already yielded stands, and the answer is not complete."""

    was_read = True

    def __init__(self, what: str, *, why: str, fix: str, code: str, was_answered: bool = False) -> None:
        super().__init__(what, why=why, fix=fix, code=code)
        self.was_answered = was_answered


class UnknownModel(ModelsError):
    """Nothing declared can run this model id."""


class CatalogueError(ModelsError):
    """The catalogue's own data is at fault."""


class GateError(ModelsError):
    """A file of gate results is at fault."""


class SourceError(ModelsError):
    """An address of weights cannot be read or trusted."""


class SourceUnreachable(SourceError):
    """An address could not be reached, or broke off. What came so far is kept."""


class WeightsError(ModelsError):
    """A file of weights is missing, wrong, unsafe or in use."""


class LicenceForbids(ModelsError):
    """The weights' licence does not allow what they are wanted for; the message names the clause."""


class LicenceNotAccepted(ModelsError):
    """The weights' licence has conditions that somebody has to accept by name."""
