# SPDX-License-Identifier: Apache-2.0
"""Several engines for one call, as narrow promises: who asks more than one, and who hears of what came to nothing.

A hedge and a cascade (`daulat.gateway.routing.together`) ask; the account of the call (`daulat.gateway.proxy.account`)
hears, and books each attempt that an engine worked on and nobody was given, apart from the call itself.
"""

from __future__ import annotations

from typing import Protocol

import msgspec

from daulat.errors import DaulatError
from daulat.gateway.ports import Call, Grant, Target
from daulat.ledger import Discarded


class Attempt(msgspec.Struct, frozen=True):
    """What an engine did that nobody will be given.

    Attributes
    ----------
    target : Target
        Who did it.
    discarded : str
        What became of it; as in `CallUsage`.
    why : str
        The same in a few words of ASCII, for the ledger, with whoever discarded it.
    answer : bytes or None
        Its whole answer, if it came to that.
    error : DaulatError or None
        What it failed with, if it did.
    tokens : (int, int) or None
        Read and written, where that can be estimated better than from the call.
    """

    target: Target
    discarded: Discarded
    why: str
    answer: bytes | None = None
    error: DaulatError | None = None
    tokens: tuple[int, int] | None = None


class Attempts(Protocol):
    """Hears of the engines that are asked for one call from whoever asks more than one; a call's account is one."""

    def asks(self, target: Target) -> None:
        """Note that a further target is asked from now on."""
        ...

    def discards(self, attempt: Attempt) -> None:
        """Book what a target did and nobody will be given."""
        ...


class Together(Protocol):
    """An engine that asks several for one call.

    Attributes
    ----------
    attempts : Attempts
        Who hears of it; set by the account of the call, before anything is asked.
    answered_by : Target or None
        Who answers instead of the first.
    has_place : bool
        The place of who answers is held, and the account gives it back; not while the next is waited for.
    """

    attempts: Attempts
    answered_by: Target | None
    has_place: bool


def asker_of(call: Call, grant: Grant) -> str:
    """Tell those who ask apart: by their project, or by their address where they have none."""
    return grant.project or call.client
