# SPDX-License-Identifier: Apache-2.0
"""What can go wrong in siting.

PlanError
├── SitingError          the question itself is wrong: sizes, signs, names
├── SolverError          the solver broke off: nothing is known of the sites
└── NoSitePlanError      no plan keeps every rule: which conflict, and the cheapest way to give way
    └── TooLateError     none was found in time: whether there is one is not known
"""

from __future__ import annotations

from dataclasses import dataclass

from daulat.plan.errors import PlanError


class SitingError(PlanError):
    """A siting question that cannot be asked like this."""


class SolverError(PlanError):
    """The solver stopped with an error of its own."""


@dataclass(frozen=True, slots=True)
class Relaxation:
    """One rule to give way in: which, by how much, in what unit, and for a round trip the one that would do, ms.

    Examples
    --------
    >>> print(Relaxation("budget", "phase 1", 12.5, "million USD"))
    budget (phase 1): by 12.5 million USD
    >>> print(Relaxation("round trip", "load served from too far", 4, "MW", round_trip_ms=104.6))
    round trip (load served from too far): by 4 MW (a round trip of 104.6 ms would do)
    """

    family: str
    name: str
    amount: float
    unit: str
    round_trip_ms: float | None = None

    def __str__(self) -> str:
        would_do = "" if self.round_trip_ms is None else f" (a round trip of {self.round_trip_ms:,.1f} ms would do)"
        return f"{self.family} ({self.name}): by {self.amount:,.10g} {self.unit}{would_do}"


class NoSitePlanError(PlanError):
    """No plan keeps every rule.

    Attributes
    ----------
    conflict : tuple of str
        Rules that cannot all hold.
    relaxations : tuple of Relaxation
        The cheapest way to give way, by the stated prices.
    """

    def __init__(self, conflict: tuple[str, ...], relaxations: tuple[Relaxation, ...]) -> None:
        self.conflict, self.relaxations = conflict, relaxations
        ways = "; ".join(map(str, relaxations)) or "none was found"
        super().__init__(
            f"no choice of sites keeps all of these rules at once: {', '.join(conflict) or 'whole sites only'}",
            why="Somebody would stay without service, or a rule of the nation would be broken in silence.",
            fix=f"the cheapest way to give way: {ways}.",
            code="plan.siting.infeasible",
        )


class TooLateError(NoSitePlanError):
    """No plan was found before the time limit; there may be one."""

    def __init__(self, time_limit_s: float) -> None:
        self.conflict, self.relaxations = (), ()
        PlanError.__init__(
            self,
            f"no choice of sites was found in {time_limit_s:g} s",
            why="There may be one that keeps every rule; the search was not done.",
            fix="Give the search more time (siting.time_limit_s), or consider fewer places (siting.candidates).",
            code="plan.siting.time",
        )
