# SPDX-License-Identifier: Apache-2.0
"""The state of each part: what loads or fails says so here, and `/readyz`, `/v1/status` and `daulat up` read it.

Names and short phrases for the operator. Decides nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal

from daulat.errors import DaulatError

PartState = Literal["loading", "ready", "failed", "absent"]


@dataclass(slots=True)
class Readiness:
    """The state of each part, as `/readyz`, `/v1/status` and `daulat up` tell it.

    Examples
    --------
    >>> parts = Readiness()
    >>> parts.set("knowledge", "loading", "opening the release")
    >>> parts.waiting_for()
    ['knowledge']
    >>> parts.set("knowledge", "ready")
    >>> parts.waiting_for()
    []
    """

    states: dict[str, tuple[PartState, str]] = field(default_factory=dict)
    on_change: Callable[[str, PartState, str], None] | None = None

    def set(self, name: str, state: PartState, detail: str = "") -> None:
        """Say how a part is. `detail` is one short phrase for the operator."""
        self.states[name] = (state, detail)
        if self.on_change is not None:
            self.on_change(name, state, detail)

    def fail(self, name: str, error: DaulatError) -> None:
        """Say that a part will not come, and why."""
        self.set(name, "failed", f"{error.what} ({error.code}): {error.fix}")

    def waiting_for(self) -> list[str]:
        """Name the parts that are still loading."""
        return [name for name, (state, _) in self.states.items() if state == "loading"]

    def failed(self) -> list[str]:
        """Name the parts that will not come."""
        return [name for name, (state, _) in self.states.items() if state == "failed"]

    def absent(self) -> list[str]:
        """Name the parts that are declared and not here."""
        return [name for name, (state, _) in self.states.items() if state == "absent"]
