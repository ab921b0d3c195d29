# SPDX-License-Identifier: Apache-2.0
"""The log of calls: a call that has ended, or an attempt within one, in; one line of JSON out.

Names, counts and times; never words or keys.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import msgspec

from daulat.gateway.ports import Call, CallUsage, Grant


class CallLog:
    """Writes a line for each call.

    Parameters
    ----------
    write : callable
        Takes a line with its end.
    known : callable
        Whether a name is one that the nation declares; any other is not repeated, for it may hold anything.
    wall_clock : callable
        Seconds since 1970 UTC.

    Examples
    --------
    >>> log = CallLog(print, {"writer"}.__contains__, lambda: 0.0)
    >>> log.add(Call("a secret", "embeddings", request_id="r1"), None, CallUsage(status=404, code="models.unknown"))
    {"at":"1970-01-01T00:00:00.000000+00:00","event":"call","request_id":"r1","path":"embeddings","model":"unknown","status":404,"code":"models.unknown","prompt_tokens":0,"completion_tokens":0,"duration_ms":0.0}
    <BLANKLINE>
    """

    def __init__(
        self, write: Callable[[str], object], known: Callable[[str], bool], wall_clock: Callable[[], float]
    ) -> None:
        self._write, self._known, self._wall = write, known, wall_clock

    def add(self, call: Call, grant: Grant | None, usage: CallUsage) -> None:
        """Write the line of a call that has ended, or of an attempt within one that nobody was given."""
        ttft_s = usage.time_to_first_token_s
        fields: dict[str, Any] = {
            "at": datetime.fromtimestamp(self._wall(), UTC).isoformat(timespec="microseconds"),
            "event": "attempt" if usage.discarded else "call",
            "request_id": call.request_id,
            "path": call.route,
            "model": call.model if self._known(call.model) else "unknown",
            "status": usage.status,
            "code": usage.code,
            "answered_by": usage.declared,
            "place": usage.place,
            "reason": usage.reason,
            "organisation": grant.organisation if grant else "",
            "project": grant.project if grant else "",
            "key_id": grant.key if grant else "",
            "data_class": grant.data_class if grant else "",
            "prompt_tokens": usage.prompt_tokens,
            "completion_tokens": usage.completion_tokens,
            "ttft_ms": None if ttft_s is None else round(ttft_s * 1000, 1),
            "energy_wh": usage.energy_wh,
            "energy_method": usage.energy_method,
            "discarded": usage.discarded,
            "duration_ms": round(usage.duration_s * 1000, 1),
        }
        told = {name: value for name, value in fields.items() if value not in ("", None)}
        self._write(msgspec.json.encode(told).decode() + "\n")
