# SPDX-License-Identifier: Apache-2.0
"""The least joint investment that holds together, to be changed by a test."""

from __future__ import annotations

from typing import Any


def section(**changes: Any) -> dict[str, Any]:
    """Two parties, one phase: the least deal that holds together."""
    return {
        "parties": [
            {"name": "Treasury", "kind": "government", "is_domestic": True},
            {"name": "Partner", "kind": "foreign_partner", "is_domestic": False},
        ],
        "phases": [{"name": "All", "first_year": 2027, "last_year": 2029}],
        "stakes": [
            {"party": "Treasury", "phase": "All", "equity_share": 0.6},
            {"party": "Partner", "phase": "All", "equity_share": 0.4},
        ],
        **changes,
    }
