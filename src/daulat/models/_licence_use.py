# SPDX-License-Identifier: Apache-2.0
"""Whether a licence allows a use: its limits, as the catalogue writes them, and a use in; the broken clause out.

An aid to whoever chooses, not legal advice: what nobody wrote down as a limit is not found.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Use:
    """What a model is wanted for.

    Attributes
    ----------
    kind : str
        ``service``: citizens or ministries work with it; ``research``: nobody depends on it.
    country : str
        ISO 3166-1 alpha-2 of whoever runs it; empty where it is not said.
    monthly_users : int
        That it may come to; 0 where it is not said.
    """

    kind: Literal["service", "research"] = "service"
    country: str = ""
    monthly_users: int = 0


@dataclass(frozen=True, slots=True)
class Limit:
    """One end of what a licence allows, and the clause that says so."""

    clause: str
    services: bool = False
    users: int = 0
    countries: frozenset[str] = frozenset()

    def is_broken(self, use: Use) -> bool:
        """Say whether a use goes beyond it."""
        return (
            (self.services and use.kind == "service")
            or (0 < self.users < use.monthly_users)
            or use.country in self.countries
        )


def broken_clause(limits: Iterable[Limit], use: Use) -> str:
    """Return the clause that a use breaks; empty where none is known.

    Examples
    --------
    >>> limits = read_limits("service:1; country XA XB:2", ["research only", "not licensed in XA and XB"])
    >>> broken_clause(limits, Use("service")), broken_clause(limits, Use("research", "XB"))
    ('research only', 'not licensed in XA and XB')
    >>> broken_clause(limits, Use("research", "XC"))
    ''
    """
    return next((limit.clause for limit in limits if limit.is_broken(use)), "")


def read_limits(text: str, obligations: Sequence[str]) -> tuple[Limit, ...]:
    """Read limits as the catalogue writes them, each with the number of its obligation.

    Raises
    ------
    ValueError
        If one is not of that form.
    """
    return tuple(_limit(part, obligations) for part in text.split("; ") if part)


def _limit(text: str, obligations: Sequence[str]) -> Limit:
    what, _, number = text.rpartition(":")
    if not number.isdigit() or not 1 <= int(number) <= len(obligations):
        raise ValueError(f"limit `{text}` names no obligation")
    clause = obligations[int(number) - 1]
    if what == "service":
        return Limit(clause, services=True)
    if what.startswith("users>") and what.removeprefix("users>").isdigit():
        return Limit(clause, users=int(what.removeprefix("users>")))
    if what.startswith("country "):
        return Limit(clause, countries=frozenset(what.split()[1:]))
    raise ValueError(f"limit `{what}` is none of service, users>N, country CODES")
