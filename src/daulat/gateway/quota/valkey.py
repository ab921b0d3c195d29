# SPDX-License-Identifier: Apache-2.0
"""Counters in Valkey: the same protocol as in PostgreSQL, as one Lua script for all claims of a worker.

Limits stay in PostgreSQL; only what changes with each call is here. Valkey must write an append-only file, else what
was used is forgotten when it restarts: `durable` says whether it does. One primary; a claim's keys share no slot.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast
from uuid import UUID

import valkey

from daulat.gateway.quota.counters import LEASE_S, Claim, CountersUnavailableError, Reading
from daulat.gateway.quota.model import Limit

_TIMEOUT_S = 5.0

# A counter is a hash {used, leased}; a lease a hash {amount, spent, charged, serial, expires} of milliseconds; the
# leases of a counter stand in a sorted set by expiry. HINCRBY adds exactly in 64 bits; comparisons are in doubles,
# exact below 2^53 quanta (9 x 10^7 units of money) and to one part in 10^16 beyond.
_COMMON = """
local function number(value) return tonumber(value or '0') or 0 end
local function whole(value) return value == 0 and '0' or string.format('%.0f', value) end
local now
if ARGV[1] == '' then local t = redis.call('TIME'); now = t[1] * 1000 + math.floor(t[2] / 1000)
else now = tonumber(ARGV[1]) end
"""
_EXCHANGE = (
    _COMMON
    + """
local worker, serial, ttl = ARGV[2], tonumber(ARGV[3]), tonumber(ARGV[4])
local out = {}
for i = 5, #ARGV, 8 do
  local counter, slots = ARGV[i], ARGV[i + 1] == '1'
  local amount, kept_until = tonumber(ARGV[i + 2]), ARGV[i + 3]
  local spent, keep, need, want = tonumber(ARGV[i+4]), tonumber(ARGV[i+5]), tonumber(ARGV[i+6]), tonumber(ARGV[i+7])
  local index, mine = counter .. ':leases', counter .. ':lease:' .. worker
  for _, other in ipairs(redis.call('ZRANGEBYSCORE', index, '-inf', now)) do
    if other ~= worker then
      local lease = counter .. ':lease:' .. other
      local dead = number(redis.call('HGET', lease, 'amount'))
      redis.call('HINCRBY', counter, 'leased', whole(-dead))
      if not slots then
        redis.call('HINCRBY', counter, 'used', whole(dead))
        redis.call('HINCRBY', lease, 'charged', whole(dead))
      end
      redis.call('HSET', lease, 'amount', '0')
      redis.call('ZREM', index, other)
    end
  end
  local lease = redis.call('HMGET', mine, 'amount', 'spent', 'charged', 'serial')
  local granted = 0
  if serial > tonumber(lease[4] or '-1') then
    redis.call('HINCRBY', counter, 'used', whole(math.max(spent - number(lease[2]), 0) - number(lease[3])))
    redis.call('HINCRBY', counter, 'leased', whole(keep - number(lease[1])))
    local now_is = redis.call('HMGET', counter, 'used', 'leased')
    local available = amount - number(now_is[1]) - number(now_is[2])
    if want > 0 and available >= need then
      granted = math.max(math.min(want, math.max(need, math.floor(available / 4))), 0)
      redis.call('HINCRBY', counter, 'leased', whole(granted))
    end
    redis.call('HSET', mine, 'amount', whole(keep + granted), 'spent', whole(math.max(spent, number(lease[2]))),
               'charged', '0', 'serial', whole(serial))
    if keep + granted > 0 then redis.call('ZADD', index, now + ttl, worker) else redis.call('ZREM', index, worker) end
    for _, key in ipairs({counter, index, mine}) do redis.call('EXPIREAT', key, kept_until) end
  end
  local row = redis.call('HMGET', counter, 'used', 'leased')
  out[#out + 1] = {whole(granted), row[1] or '0', row[2] or '0'}
end
return out
"""
)
_READ = (
    _COMMON
    + """
local out = {}
for i = 2, #ARGV, 2 do
  local counter, slots, dead = ARGV[i], ARGV[i + 1] == '1', 0
  for _, other in ipairs(redis.call('ZRANGEBYSCORE', counter .. ':leases', '-inf', now)) do
    dead = dead + number(redis.call('HGET', counter .. ':lease:' .. other, 'amount'))
  end
  local used, leased = number(redis.call('HGET', counter, 'used')), number(redis.call('HGET', counter, 'leased'))
  out[#out + 1] = {whole(used + (slots and 0 or dead)), whole(leased - dead)}
end
return out
"""
)
# How long a counter is kept after its period began, seconds: as `PostgresCounters.sweep`, and calls at once for a year.
_KEPT_S = {"minute": 86_400, "day": 8_640_000, "month": 86_400_000}
_FOR_EVER_S = 4_102_444_800  # 2100


class ValkeyCounters:
    """Counters in a Valkey (or any server of its protocol with Lua).

    Parameters
    ----------
    url : str
        ``valkey://[user:password@]host:port/number``; also ``rediss://`` and ``unix://``.
    installation : str
        The name of the database that holds the limits: several may share one Valkey, and one may be made anew.
    lease_s : float
        How long a lease lives without being renewed, in seconds.
    """

    def __init__(self, url: str, installation: str = "", lease_s: float = LEASE_S) -> None:
        self._prefix = f"daulat:{installation}:quota"
        self._client = valkey.Valkey.from_url(
            url, socket_timeout=_TIMEOUT_S, socket_connect_timeout=_TIMEOUT_S, decode_responses=True
        )
        self._ttl_ms = int(lease_s * 1000)
        self._exchange = self._client.register_script(_EXCHANGE)
        self._read = self._client.register_script(_READ)

    def exchange(self, worker: UUID, serial: int, claims: Sequence[Claim], now_s: float | None = None) -> list[Reading]:
        """Settle and reserve; see `Counters`."""
        words: list[object] = [_milliseconds(now_s), worker.hex, serial, self._ttl_ms]
        for claim in claims:
            limit = claim.limit
            kept = claim.start + _KEPT_S[limit.period] if limit.period else _FOR_EVER_S
            words += [*self._place(limit, claim.start), limit.amount, kept]
            words += [claim.spent, claim.keep, claim.need, claim.want]
        rows = self._run(self._exchange, words)
        return [
            Reading(claim.limit, claim.start, claim.limit.amount, int(used), int(leased), int(granted))
            for claim, (granted, used, leased) in zip(claims, rows, strict=True)
        ]

    def read(self, periods: Sequence[tuple[Limit, int]], now_s: float | None = None) -> list[Reading]:
        """Read counters without changing them."""
        words: list[object] = [_milliseconds(now_s)]
        for limit, start in periods:
            words += self._place(limit, start)
        rows = self._run(self._read, words)
        return [
            Reading(limit, start, limit.amount, int(used), int(leased))
            for (limit, start), (used, leased) in zip(periods, rows, strict=True)
        ]

    def sweep(self) -> None:
        """Do nothing: each counter was given its end when it was written."""

    def durable(self) -> bool:
        """Say whether what was counted outlives a restart of the server."""
        try:
            return cast("dict[str, Any]", self._client.info("persistence")).get("aof_enabled") == 1
        except valkey.ValkeyError as error:
            raise CountersUnavailableError("Valkey did not answer") from error

    def close(self) -> None:
        """Close the connection."""
        self._client.close()  # type: ignore[no-untyped-call]

    def _place(self, limit: Limit, start: int) -> list[object]:
        return [f"{self._prefix}:{limit.id}:{start}", int(limit.metric == "concurrent")]

    @staticmethod
    def _run(script: Any, words: list[object]) -> list[list[str]]:
        try:
            return cast("list[list[str]]", script(args=words))
        except valkey.ValkeyError as error:
            raise CountersUnavailableError("Valkey did not answer") from error


def _milliseconds(at_s: float | None) -> str:
    return "" if at_s is None else str(int(at_s * 1000))
