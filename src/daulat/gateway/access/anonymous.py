# SPDX-License-Identifier: Apache-2.0
"""Callers without a key: citizens, who may ask the services, each network so often a minute.

An address in; let in or turned away, out. A bucket per network holds `a_minute` calls and fills evenly. It counts in
the memory of one worker, so that no address is ever written anywhere; several workers share the allowance between them.
"""

from __future__ import annotations

import ipaddress
import math
from collections import OrderedDict
from collections.abc import Callable

from daulat.gateway.access.errors import QuotaReached

CALLS_A_MINUTE = 120
THIS_MACHINE = "this machine"
_NETWORKS_KEPT = 20_000


class AnonymousLimit:
    """How often each network may call without a key.

    Parameters
    ----------
    a_minute : int
        Calls per minute and network (/24 of IPv4, /56 of IPv6), in this worker.
    clock : callable
        Monotonic seconds.
    is_private : bool
        Only this machine can reach the service, and its own calls are free. Elsewhere loopback is a network like any
        other: behind it may be a proxy, and behind that everybody.

    Examples
    --------
    >>> limit = AnonymousLimit(2, clock=lambda: 0.0)
    >>> for _ in range(3):
    ...     try:
    ...         limit.admit("192.0.2.1")
    ...     except QuotaReached as refused:
    ...         print(refused.code, refused.retry_after_s)
    rate_limit_exceeded 30.0
    """

    def __init__(self, a_minute: int, *, clock: Callable[[], float], is_private: bool = False) -> None:
        self._is_private = is_private
        self._capacity, self._per_s, self._clock = a_minute, a_minute / 60, clock
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def admit(self, client: str) -> None:
        """Let one call of an address in.

        Raises
        ------
        QuotaReached
            If its network has used what it may.
        """
        network = network_of(client)
        if self._is_private and network == THIS_MACHINE:
            return
        now = self._clock()
        left, at = self._buckets.pop(network, (float(self._capacity), now))
        left = min(self._capacity, left + (now - at) * self._per_s)
        self._buckets[network] = (left - 1 if left >= 1 else left, now)
        if len(self._buckets) > _NETWORKS_KEPT:
            self._buckets.popitem(last=False)  # the one that was quiet longest
        if left < 1:
            raise QuotaReached(
                f"your network has asked {self._capacity} times in a minute",
                why="Questions without a key are shared fairly among networks.",
                fix="wait for the seconds in `Retry-After`, or ask the operator for a key.",
                code="rate_limit_exceeded",
                retry_after_s=math.ceil((1 - left) / self._per_s * 10) / 10,
            )


def network_of(client: str) -> str:
    """Return the network that an address is counted with.

    >>> network_of("192.0.2.77"), network_of("2001:db8:1:2ff::9"), network_of("127.0.0.1")
    ('192.0.2.0/24', '2001:db8:1:200::/56', 'this machine')
    """
    try:
        address = ipaddress.ip_address(client)
    except ValueError:
        return "unknown"
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped:
        address = address.ipv4_mapped
    if address.is_loopback:
        return THIS_MACHINE
    return str(ipaddress.ip_network((address, 24 if address.version == 4 else 56), strict=False))
