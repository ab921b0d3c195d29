# SPDX-License-Identifier: Apache-2.0
"""What can go wrong in the ledger, told to the operator.

DaulatError
└── LedgerError
    ├── EventRefusedError   an event holds what the ledger may not hold
    └── ChainBrokenError    the chain of events has been changed since it was written
"""

from __future__ import annotations

from daulat.errors import DaulatError


class LedgerError(DaulatError):
    """The ledger refused to write, or does not hold together."""


class EventRefusedError(LedgerError):
    """An event carries something that could be a citizen's words."""

    def __init__(self, what: str) -> None:
        super().__init__(
            what,
            why="The ledger is kept for years and shown to auditors; it holds names of things, counts and hashes only.",
            fix="Record an identifier, a count or a SHA-256 in hexadecimal instead.",
            code="ledger.event",
        )


class ChainBrokenError(LedgerError):
    """An event is not what it was when it was written.

    Parameters
    ----------
    event_id : int
        The first event that does not fit.
    reason : str
        Which part of it.
    """

    def __init__(self, event_id: int, reason: str) -> None:
        super().__init__(
            f"ledger event {event_id} does not fit the chain: {reason}",
            why="Somebody or something has changed the record after it was written.",
            fix="Keep the database as it is, compare it with the last backup, and tell the auditor.",
            code="ledger.chain",
        )
        self.event_id = event_id
