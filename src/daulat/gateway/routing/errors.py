# SPDX-License-Identifier: Apache-2.0
"""What can keep a call from an engine.

RequestError
├── NoRoute       403  the rule of residency allows no engine, or none has passed the gate
├── QueueFull     429  too many wait, or this call waited too long: come back after `retry_after_s`
└── EnginesAway   503  every engine that may answer is away: come back after `retry_after_s`
"""
# ruff: noqa: N818 (the names say what happened; the tree above says that they are errors)

from __future__ import annotations

from daulat.gateway.errors import NotReady, Overloaded, RequestError


class NoRoute(RequestError):
    """No engine may take this class of data, or none is fit for this service in this language."""

    status = 403


class QueueFull(Overloaded):
    """The call would wait too long. `retry_after_s` says when to come back."""

    def __init__(self, what: str, *, why: str, fix: str, code: str, retry_after_s: float) -> None:
        super().__init__(what, why=why, fix=fix, code=code)
        self.retry_after_s = retry_after_s


class EnginesAway(NotReady):
    """Every engine that may answer is away. `retry_after_s` says when one is asked again."""

    def __init__(self, what: str, *, why: str, fix: str, code: str, retry_after_s: float) -> None:
        super().__init__(what, why=why, fix=fix, code=code)
        self.retry_after_s = retry_after_s
