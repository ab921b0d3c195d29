# SPDX-License-Identifier: Apache-2.0
"""A call that ended, as it waits to become a row of the ledger: what it came to in; its line out.

Lines that are made together, of many calls, cost half of what they do when each is made between two answers. Holds
names and numbers; never a word, a credential, or the request itself.
"""

from __future__ import annotations

import msgspec

from daulat.gateway.ports import CallUsage
from daulat.gateway.quota.model import money_text
from daulat.ledger import usage_line


class Booked(msgspec.Struct, frozen=True, gc=False):
    """A call that ended, or an attempt within one that nobody was given.

    Attributes
    ----------
    at_s : float
        When it ended, seconds since 1970 UTC.
    owner : tuple of str
        Organisation, project, id of the key, and the class of its data.
    counts : tuple of int
        Tokens of the prompt, of the completion, of its reasoning, and of the prompt those that were cached.
    cost : tuple of int and str
        In quanta of a currency.
    """

    at_s: float
    owner: tuple[str, str, str, str]
    model: str
    route: str
    stream: bool
    usage: CallUsage
    counts: tuple[int, int, int, int]
    cost: tuple[int, str]

    def line(self) -> str:
        """Return the row of the ledger, as COPY reads it."""
        usage, (quanta, currency) = self.usage, self.cost
        organisation, project, key, data_class = self.owner
        asked = organisation, project, key, self.model[:200], self.route
        names = *asked, usage.engine, usage.place, usage.reason, data_class
        return usage_line(self.at_s, names, self.counts, usage, (money_text(quanta), currency), stream=self.stream)
