# SPDX-License-Identifier: Apache-2.0
"""The bodies that say how the service and each of its parts is. No logic."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct


class PartStatus(Struct):
    """How one part of the service is."""

    name: str
    state: Literal["loading", "ready", "failed", "absent"]
    detail: str = ""


class Health(Struct):
    """The answer to GET /healthz and /readyz."""

    status: Literal["ok", "loading", "failed"]
    waiting_for: list[str]


class Pulse(Struct):
    """What the last answers were like; empty until there was one.

    `notices` are the service's own words: a greeting returned, whom to call in a danger. `left` are those that their
    callers did not wait for: neither is a question declined, nor a failure.
    """

    answers: int
    answered: int
    declined: int
    failed: int
    in_progress: int
    p50_ms: float | None
    p95_ms: float | None
    notices: int = 0
    left: int = 0


class EngineStatus(Struct):
    """How one engine did in the last five minutes. `level` is green, amber (slow, or failing now and then) or red.

    `in_flight` counts the requests that it holds now from all workers; the rest is what the worker that tells it saw.
    """

    model: str
    level: Literal["green", "amber", "red"]
    position: str
    place: str
    in_flight: int
    requests: int
    failed: int
    ttft_p50_s: float | None
    ttft_p95_s: float | None


class Status(Struct):
    """The answer to GET /v1/status. `level` is green, amber (something loading or failing now and then) or red.

    `waiting` counts the calls that wait for an engine now, in all workers. `pulse` is of the worker that tells it.
    `passages` are those of the release in use; while there are none, every question is declined.
    """

    level: Literal["green", "amber", "red"]
    country: str
    name: str
    version: str
    release: str
    as_of: str
    writes_with: str
    uptime_s: float
    parts: list[PartStatus]
    pulse: Pulse
    languages: list[str]
    services: list[str]
    engines: list[EngineStatus] = []
    waiting: int = 0
    passages: int = 0
