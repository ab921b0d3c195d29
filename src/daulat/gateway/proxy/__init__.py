# SPDX-License-Identifier: Apache-2.0
"""Pass-through: the bytes of a request go to an engine, the bytes of its answer come back, and the call is settled.

In: a request of the API whose model is a raw one. Out: the engine's answer as it wrote it. Of a request only the few
fields are read that admission and routing need; of an answer only its usage, and whether it is well-formed. Nothing is
parsed that is not needed, nothing is serialised again, and no word is kept.

    bytes ── Asked ── Account: admit ── route ── engine ── EventTap ── bytes
                         └────────────── settle, exactly once ────────────┘
"""

from daulat.gateway.proxy.account import Account, open_account
from daulat.gateway.proxy.asked import Asked, read_asked
from daulat.gateway.proxy.events import EventTap
from daulat.gateway.proxy.flows import Flows
from daulat.gateway.proxy.forward import Proxy
from daulat.gateway.proxy.usage import Counts

__all__ = [
    "Account",
    "Asked",
    "Counts",
    "EventTap",
    "Flows",
    "Proxy",
    "open_account",
    "read_asked",
]
