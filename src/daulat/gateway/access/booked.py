# SPDX-License-Identifier: Apache-2.0
"""A call that ended, as it waits to become a row of the ledger: what it came to in; a `UsageRow` out.

Rows that are made together, from many calls, cost half of what they do when each is made between two answers. Holds
names and numbers; never a word, a credential, or the request itself.
"""

from __future__ import annotations

import msgspec

from daulat.gateway.ports import CallUsage
from daulat.gateway.quota.model import from_quanta
from daulat.ledger.usage import UsageRow


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

    def row(self) -> UsageRow:
        """Return the row of the ledger."""
        usage, counts, cost = self.usage, self.counts, self.cost
        organisation, project, key, data_class = self.owner
        return UsageRow(
            at_s=self.at_s,
            organisation=organisation,
            project=project,
            key_id=key,
            model=self.model[:200],
            route=self.route,
            engine=usage.engine,
            place=usage.place,
            reason=usage.reason,
            data_class=data_class,
            prompt_tokens=counts[0],
            completion_tokens=counts[1],
            reasoning_tokens=counts[2],
            cached_tokens=counts[3],
            estimated=usage.estimated,
            status=usage.status,
            code=usage.code,
            time_to_first_token_s=usage.time_to_first_token_s,
            duration_s=usage.duration_s,
            cost=from_quanta(cost[0], "money"),
            currency=cost[1],
            energy_wh=usage.energy_wh,
            energy_low_wh=usage.energy_low_wh,
            energy_high_wh=usage.energy_high_wh,
            energy_method=usage.energy_method,
            carbon_g=usage.carbon_g,
            embodied_g=usage.embodied_g,
            stream=self.stream,
            discarded=usage.discarded,
        )
