# SPDX-License-Identifier: Apache-2.0
"""What the seams are filled with where nothing else is said: everybody is admitted, and a model's engine answers it.

For tests, and for one person's machine on loopback. It counts nothing, limits nothing and remembers nothing.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from daulat.errors import DaulatError
from daulat.gateway.errors import NotReady
from daulat.gateway.ports import Call, Caller, CallUsage, Engines, Grant, Target


@dataclass(frozen=True, slots=True)
class OpenGrant:
    """A call that was let in on nobody's account."""

    organisation: str = ""
    project: str = ""
    key: str = ""
    data_class: str = ""
    priority: str = ""

    def settle(self, usage: CallUsage) -> None:
        """Book nothing."""

    def discard(self, usage: CallUsage) -> None:
        """Write down nothing."""


class OpenAdmission:
    """Admits everybody.

    Examples
    --------
    >>> import asyncio
    >>> asyncio.run(OpenAdmission().admit(Call("m", "chat/completions", data_class="public"))).data_class
    'public'
    """

    async def admit(self, call: Call) -> Grant:
        """Admit a call as it is."""
        return OpenGrant(data_class=call.data_class, priority=call.priority)

    def recognise(self, call: Call) -> None:
        """Know no keys."""

    def reaches(self, call: Call) -> bool:  # noqa: ARG002
        """Show everything."""
        return True

    async def identify(self, call: Call) -> Caller:  # noqa: ARG002
        """Know nobody by name."""
        return Caller()


class FirstRouter:
    """Sends each call to the engine that is declared for its model, once.

    Examples
    --------
    >>> import asyncio
    >>> from daulat.models import EngineSet, FakeEngine
    >>> router = FirstRouter(EngineSet({"tiny": FakeEngine(["tiny"])}))
    >>> asyncio.run(router.choose(Call("tiny", "chat/completions"), OpenGrant())).reason
    'only'
    """

    def __init__(self, engines: Engines) -> None:
        self._engines = engines

    async def choose(self, call: Call, grant: Grant, tried: Collection[Target] = ()) -> Target:  # noqa: ARG002
        """Return the model's engine.

        Raises
        ------
        UnknownModel
            If no engine runs the model.
        NotReady
            If it was tried: there is no other.
        """
        if tried:
            raise NotReady(
                f"no other engine runs `{call.model[:100]}`",
                why="The one that does could not answer.",
                fix="try again in a minute.",
                code="no_route",
            )
        return Target(self._engines.engine_for(call.model), call.model, reason="only")

    def began(self, target: Target) -> None:
        """Note nothing."""

    def first_token(self, target: Target, seconds: float) -> None:
        """Note nothing."""

    def ended(self, target: Target, usage: CallUsage, error: DaulatError | None, by: str = "") -> None:
        """Note nothing."""


class NoObserver:
    """Hears everything and tells nobody."""

    def measure(self, call: Call, grant: Grant, target: Target, usage: CallUsage) -> CallUsage:  # noqa: ARG002
        """Return the usage as it is."""
        return usage

    def annotate(self, call: Call, grant: Grant, target: Target, usage: CallUsage) -> bytes:  # noqa: ARG002
        """Add nothing."""
        return b""

    def finished(self, call: Call, grant: Grant | None, target: Target | None, usage: CallUsage) -> None:
        """Note nothing."""

    def discarded(self, call: Call, grant: Grant, usage: CallUsage) -> None:
        """Note nothing."""
