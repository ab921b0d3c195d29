# SPDX-License-Identifier: Apache-2.0
"""Ports for programs that listen only later, and so cannot be given 0.

The kernel hands out ports at any moment, for listening and for each connection that is made: one of those that was free
may be somebody else's before the program has it. Those below them are taken by nobody who did not ask for that one.
"""

from __future__ import annotations

import socket
from contextlib import ExitStack
from pathlib import Path
from random import SystemRandom

RANGE = Path("/proc/sys/net/ipv4/ip_local_port_range")
LOWEST = 20_000


def free_port(count: int = 1) -> int:
    """Return the first of as many ports in a row that are free."""
    given_out = int(RANGE.read_text().split()[0]) if RANGE.is_file() else 32_768
    while True:
        first = SystemRandom().randrange(LOWEST, max(given_out, LOWEST + 10_000) - count)
        with ExitStack() as taken:
            try:
                for port in range(first, first + count):
                    taken.enter_context(socket.socket()).bind(("127.0.0.1", port))
            except OSError:
                continue
            return first
