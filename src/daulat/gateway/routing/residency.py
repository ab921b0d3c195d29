# SPDX-License-Identifier: Apache-2.0
"""Residency: a class of data in; the nation's rule for it out. No rule, no route."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from daulat.nation.places import Rule

# Who sends no class is taken at the strictest: nobody has said that the data may travel.
UNSAID = "personal"


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
