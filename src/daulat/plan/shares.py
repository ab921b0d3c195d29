# SPDX-License-Identifier: Apache-2.0
"""Shares of people by region: a table says how regions differ, the nation's input says how high the whole is.

Comes in: the shares of a table of regions with their people, and the nation's share in each draw. Goes out: the share
of each group in each draw, such that the mean over all the people of the table is the nation's. The odds of every
group are multiplied by one factor (a shift of the logit), so that no share leaves 0 to 1 and the order of the groups
stays. It reads no file. Derivation: docs/concepts/plan-demand.md
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from daulat.plan.figures import Floats

EDGE = 1e-9  # a share of 0 or 1 has no logit; this far from it, it has
HALVINGS = 60  # of the bracket of the shift, which is at most 42 wide: an error below 1e-16


@dataclass(frozen=True)
class RegionalShare:
    """How one share differs over the nation, whichever part of it a plan serves.

    Parameters
    ----------
    served : float64[groups]
        The table's share of each group that is served; NaN where it says none.
    table : float64[all groups]
        The table's share of each group of the nation; NaN where it says none, and everywhere without such a column.
    people : float64[all groups]
        Who lives there.
    """

    served: Floats
    table: Floats
    people: Floats

    @property
    def is_told(self) -> bool:
        """Whether the table tells the share of any group."""
        return not bool(np.isnan(self.table).all())

    @property
    def mean(self) -> float:
        """The mean by people over the groups of which it is told; NaN where it is told of none."""
        told = ~np.isnan(self.table)
        return float(self.table[told] @ self.people[told] / self.people[told].sum()) if self.is_told else np.nan

    @property
    def told_apart(self) -> int:
        """How many different figures the table has for its groups; a mean of equal ones may differ in its last bits."""
        return len(np.unique(self.table[~np.isnan(self.table)].round(9)))

    def at(self, national: Floats) -> Floats:
        """Return the share of each group that is served; one without its own is taken to be at the mean of the others.

        Parameters
        ----------
        national : float64[draws, 1]
            The nation's share, from 0 to 1.

        Returns
        -------
        float64[draws, groups]

        Examples
        --------
        >>> share = RegionalShare(np.array([0.2, 0.5]), np.array([0.2, 0.5]), np.array([1.0, 1.0]))
        >>> share.at(np.array([[0.35], [0.5]])).round(4).tolist()
        [[0.2, 0.5], [0.3333, 0.6667]]
        """
        if not self.is_told:
            return np.broadcast_to(national, (len(national), len(self.served)))
        return np.asarray(_expit(_logit(self._filled(self.served)) + self._shift(national)))

    def _filled(self, shares: Floats) -> Floats:
        return np.where(np.isnan(shares), self.mean, shares)

    def _shift(self, national: Floats) -> Floats:
        """Return the shift of the logit, float64[draws, 1]: the mean grows with it, so that halving finds it."""
        values, row = np.unique(self._filled(self.table), return_inverse=True)
        weights = np.bincount(row, weights=self.people) / self.people.sum()
        logits, wanted = _logit(values), _logit(national)
        low, high = wanted - logits.max(), wanted - logits.min()
        for _ in range(HALVINGS):
            middle = (low + high) / 2
            is_less = _expit(logits + middle) @ weights[:, None] < _expit(wanted)
            low, high = np.where(is_less, middle, low), np.where(is_less, high, middle)
        return np.asarray((low + high) / 2)


def _logit(shares: Floats) -> Floats:
    inside = np.clip(shares, EDGE, 1 - EDGE)
    return np.asarray(np.log(inside) - np.log1p(-inside))


def _expit(logits: Floats) -> Floats:
    return np.asarray(1 / (1 + np.exp(-logits)))
