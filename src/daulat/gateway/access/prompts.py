# SPDX-License-Identifier: Apache-2.0
"""The most tokens that a prompt may come to: the bound of its body in; with what its template adds, out.

A tokenizer makes no more tokens than a text has bytes, so a body bounds its prompt but for what a chat template adds by
itself: a system prompt of its own, a date, instructions for tools. That is declared for each model. Where engines count
more than was declared, it is learnt, in memory and by this worker. It never reserves less than the declaration says.
"""

from __future__ import annotations

from collections.abc import Mapping

# An engine that lies moves no more than this.
MOST_LEARNT = 16_384


class PromptBounds:
    """What may be read for each model beyond the body of a request.

    Parameters
    ----------
    declared : mapping of str to int
        By model, tokens that its template adds by itself.

    Examples
    --------
    >>> bounds = PromptBounds({"writer": 40, "guard": 900})
    >>> bounds.most("writer", 1_000), bounds.most("a-route", 1_000)  # a name that stands for several has the greatest
    (1040, 1900)
    >>> bounds.learn("writer", 1_000, 2_400)
    >>> bounds.most("writer", 10), bounds.most("guard", 10), bounds.most("a-route", 10)
    (1410, 910, 1410)
    """

    def __init__(self, declared: Mapping[str, int]) -> None:
        self._added = dict(declared)
        self._most = max(self._added.values(), default=0)

    def most(self, model: str, bound: int) -> int:
        """Return the most tokens of a prompt whose body is bounded so."""
        return bound + self._added.get(model, self._most)

    def learn(self, model: str, bound: int, counted: int) -> None:
        """Take note of what an engine counted for a model, by the id under which it is declared."""
        beyond = min(counted - bound, MOST_LEARNT)
        if beyond > self._added.get(model, 0):
            self._added[model] = beyond
            self._most = max(self._most, beyond)
