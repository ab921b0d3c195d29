# SPDX-License-Identifier: Apache-2.0
"""Answers kept for the same request again: bytes of a deterministic request in; the bytes of its first answer out.

Only where the route opts in, only for whole answers at temperature 0 or with a seed, only within one organisation and
class of data, only in memory, for a while, up to a bound of bytes. What is forgotten first was used longest ago. The
request itself is not kept: its digest is.
"""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable, Mapping
from hashlib import blake2b

import msgspec

from daulat.gateway.ports import Call, Grant

LIMIT_BYTES = 64 << 20
LARGEST_BYTES = 256 << 10
# What an entry takes beside its answer: digest, tuple, places in the table.
ENTRY_BYTES = 300


class _Head(msgspec.Struct):
    temperature: float | None = None
    seed: int | None = None


_read = msgspec.json.Decoder(_Head).decode


class KeptAnswers:
    """Keeps answers; see `daulat.gateway.ports.Answers`.

    Parameters
    ----------
    seconds : mapping of str to float
        How long the answers of each route are kept; one that is not there keeps none.
    limit_bytes : int
        How much memory they may take together.
    clock : callable
        Monotonic seconds.
    """

    def __init__(
        self,
        seconds: Mapping[str, float],
        *,
        limit_bytes: int = LIMIT_BYTES,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._seconds = {route: each for route, each in seconds.items() if each > 0}
        self._limit, self._clock = limit_bytes, clock
        self._kept: OrderedDict[bytes, tuple[float, bytes]] = OrderedDict()
        self.held_bytes = 0
        self.hits = self.misses = 0

    @property
    def count(self) -> int:
        """How many are kept."""
        return len(self._kept)

    def find(self, call: Call, grant: Grant, body: bytes) -> bytes | None:
        """Return the answer to exactly this request, or None."""
        key = self._key(call, grant, body)
        if key is None:
            return None
        kept = self._kept.get(key)
        if kept is None or kept[0] <= self._clock():
            self.misses += 1
            return None
        self._kept.move_to_end(key)
        self.hits += 1
        return kept[1]

    def keep(self, call: Call, grant: Grant, body: bytes, answer: bytes) -> None:
        """Keep a whole answer, if its request is one that always gets the same."""
        key = self._key(call, grant, body)
        if key is None or len(answer) > min(LARGEST_BYTES, self._limit - ENTRY_BYTES):
            return
        self._forget(key)
        self._kept[key] = (self._clock() + self._seconds[call.model], answer)
        self.held_bytes += len(answer) + ENTRY_BYTES
        while self.held_bytes > self._limit:
            self._forget(next(iter(self._kept)))

    def _forget(self, key: bytes) -> None:
        gone = self._kept.pop(key, None)
        if gone is not None:
            self.held_bytes -= len(gone[1]) + ENTRY_BYTES

    def _key(self, call: Call, grant: Grant, body: bytes) -> bytes | None:
        """Return the digest of whose request this is and what it says, or None where nothing is kept."""
        # Callers without an organisation have nothing in common but being unknown.
        if call.stream or call.model not in self._seconds or not grant.organisation:
            return None
        try:
            head = _read(body)
        except (msgspec.MsgspecError, UnicodeDecodeError):
            return None
        if head.temperature != 0 and head.seed is None:
            return None
        digest = blake2b(digest_size=24)
        for part in (grant.organisation, grant.data_class, call.route, call.model):
            digest.update(len(part).to_bytes(4, "big") + part.encode())
        digest.update(body)
        return digest.digest()
