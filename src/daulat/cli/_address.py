# SPDX-License-Identifier: Apache-2.0
"""Private: the address of a service. A declaration in; a socket that holds it, or who has it already, out.

That our own service has it is another matter than that a stranger has: the one is well, the other is in the way.
"""

from __future__ import annotations

import socket

from daulat.cli.status import address_of, fetch_status
from daulat.errors import DaulatError
from daulat.gateway import ListenError, reserve
from daulat.nation import Nation

ASK_S = 1.0


def take_address(nation: Nation, port: int | None = None, *, join: bool = False) -> socket.socket:
    """Take the declared address, or that of another port.

    Raises
    ------
    ListenError
        If it cannot be had; where this nation's service has it, the error says so.
    """
    number = nation.gateway.port if port is None else port
    try:
        return reserve(nation.gateway.host, number, join=join)
    except ListenError as error:
        if error.code == "up.port_in_use" and is_served(nation, number):
            raise ListenError(
                f"the service of {nation.country} runs at {address_of(nation, number)} already",
                why="Two programs cannot answer at one address.",
                fix=f"use that one, stop it where it was started, or choose another: `daulat up --port {number + 1}`.",
                code="up.running",
            ) from error
        raise


def is_served(nation: Nation, port: int) -> bool:
    """Say whether a service of this nation answers at that port of this machine."""
    try:
        return bool(fetch_status(address_of(nation, port), timeout_s=ASK_S).get("country") == nation.country)
    except DaulatError:
        return False
