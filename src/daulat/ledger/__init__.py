# SPDX-License-Identifier: Apache-2.0
"""What the service must be able to account for.

Comes in: receipts of answers and events of administration, as counts, names and hashes. Goes out: rows that an auditor
can sum, and a chain of events that shows any change made after the fact. This room never holds a citizen's words,
address or name.
"""

from daulat.ledger.errors import ChainBrokenError, EventRefusedError, LedgerError
from daulat.ledger.events import GENESIS, Event, append_event, verify_chain, verify_events
from daulat.ledger.receipts import Receipt, Receipts, delete_receipts, open_receipts
from daulat.ledger.usage import UsageLedger, UsageRow, delete_usage, open_usage
from daulat.ledger.usage_text import Discarded, EnergyMethod, usage_line

__all__ = [
    "GENESIS",
    "ChainBrokenError",
    "Discarded",
    "EnergyMethod",
    "Event",
    "EventRefusedError",
    "LedgerError",
    "Receipt",
    "Receipts",
    "UsageLedger",
    "UsageRow",
    "append_event",
    "delete_receipts",
    "delete_usage",
    "open_receipts",
    "open_usage",
    "usage_line",
    "verify_chain",
    "verify_events",
]
