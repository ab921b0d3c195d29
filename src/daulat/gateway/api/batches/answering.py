# SPDX-License-Identifier: Apache-2.0
"""Answering one line: a line in; the answer that its route gives, as if its owner had called, out.

The call is admitted under the key that handed the batch in, with the priority `batch`. Writes nothing down.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

import msgspec

from daulat.errors import DaulatError
from daulat.gateway._asgi import JSON_TYPE, Message, Request, Route
from daulat.gateway.api.batches.leases import Line
from daulat.gateway.api.inner import Kept, inner_request
from daulat.gateway.errors import defect, envelope, retry_after_s, status_of

# What may be otherwise in a while: busy, or not ready; and what may be otherwise at once, a few times.
WAITS = (429, 503)
FAILS = (500, 502)
MOST_ATTEMPTS = 3

_read_any = msgspec.json.Decoder(msgspec.Raw).decode


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a line. `again_s`: it is to be tried again after so many seconds; 0: this is final."""

    status: int
    request_id: str
    body: bytes
    again_s: float = 0.0


async def answer_line(line: Line, route: Route, new_id: Callable[[], str]) -> Outcome:
    """Answer a line."""
    request_id = new_id()
    headers = {b"x-daulat-priority": b"batch", b"x-daulat-data-class": line.data_class.encode("ascii", "ignore")}
    # A call of this machine itself: where its owner may call from was checked when the batch was handed in.
    owner = Request(
        "POST", line.endpoint, "", headers, _nobody_leaves, request_id, client="127.0.0.1", on_behalf_of=line.key
    )
    kept = Kept()
    try:
        await route(inner_request(owner, line.endpoint, line.body, ""), kept.send)
    except DaulatError as error:
        again_s = _again_s(status_of(error), line, float(retry_after_s(error)))
        return Outcome(status_of(error), request_id, msgspec.json.encode(envelope(error)), again_s)
    except Exception as error:  # noqa: BLE001 - the edge of a line: a defect in one is no end of the others
        told = defect(error, request_id)
        return Outcome(500, request_id, msgspec.json.encode(envelope(told)), _again_s(500, line, 1.0))
    if kept.header(b"content-type").partition(";")[0] != JSON_TYPE.decode() or not _is_json(kept.body):
        body = msgspec.json.encode({"error": {"message": "the answer is not JSON", "code": "not_json"}})
        return Outcome(502, request_id, body)
    return Outcome(kept.status, request_id, kept.body)


def _is_json(body: bytes) -> bool:
    """Say whether an answer can stand in a line of JSON."""
    try:
        _read_any(body)
    except (msgspec.DecodeError, RecursionError):
        return False
    return True


def _again_s(status: int, line: Line, retry_s: float) -> float:
    if status in WAITS:
        return min(3_600.0, retry_s * float(2 ** min(line.attempts - 1, 5)))
    return retry_s if status in FAILS and line.attempts < MOST_ATTEMPTS else 0.0


async def _nobody_leaves() -> Message:
    await asyncio.Event().wait()
    raise AssertionError
