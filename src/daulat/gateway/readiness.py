# SPDX-License-Identifier: Apache-2.0
"""The state of each part: what loads or fails says so here, and `/readyz`, `/v1/status` and `daulat up` read it.

Names and short phrases, which everybody may read: where the database is, and what ails it, goes to the log alone.
Decides nothing.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal

from daulat.errors import DaulatError
from daulat.gateway.errors import away
from daulat.store.errors import StoreError

_LOG = logging.getLogger(__name__)

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
        """Say that a part will not come, and why; of what we keep, the whole of it to the log alone."""
        if isinstance(error, StoreError):
            _LOG.error("%s: %s (%s): %s", name, error.what, error.code, error.fix)
            self.set(name, "failed", f"{away(error).what} ({error.code})")
            return
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
