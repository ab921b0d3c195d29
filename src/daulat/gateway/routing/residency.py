# SPDX-License-Identifier: Apache-2.0
"""Residency: the nation's rule and an engine's place in; whether data may go there out. No rule, no route."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

# Who sends no class is taken at the strictest: nobody has said that the data may travel.
UNSAID = "personal"
ANYWHERE = "anywhere"


@dataclass(frozen=True, slots=True)
class Rule:
    """Where one class of data may be processed. `places` None: anywhere; `operators` None: anybody's machines."""

    places: Collection[str] | None
    operators: Collection[str] | None = None

    def allows(self, place: str, operator: str = "") -> bool:
        """Say whether the class may go to an engine.

        Examples
        --------
        >>> rule = Rule({"XA"}, {"Data Office"})
        >>> rule.allows("XA-01", "Data Office"), rule.allows("XA-01", "Somebody"), rule.allows("XB", "Data Office")
        (True, False, False)
        >>> Rule({"XA-01"}).allows("XA"), Rule(None).allows(""), Rule({"XA"}).allows("")
        (False, True, False)
        """
        if self.operators is not None and operator not in self.operators:
            return False
        # A part of a country satisfies a rule that names the country; the country as a whole is no part of it.
        return self.places is None or place in self.places or place.partition("-")[0] in self.places

    def __str__(self) -> str:
        where = ANYWHERE if self.places is None else "/".join(sorted(self.places)) or "nowhere"
        return where if self.operators is None else f"{where} with {'/'.join(sorted(self.operators))}"


@dataclass(frozen=True, slots=True)
class Residency:
    """The rules of a nation, by class of data."""

    rules: Mapping[str, Rule] = field(default_factory=dict)

    def rule(self, data_class: str) -> Rule | None:
        """Return the rule for a class; None where there is none, and then nothing of it may go anywhere.

        Examples
        --------
        >>> Residency({"public": Rule(None)}).rule("secret") is None
        True
        """
        return self.rules.get(data_class or UNSAID)
