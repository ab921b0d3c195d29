# SPDX-License-Identifier: Apache-2.0
"""How many tokens a prompt may come to: its estimate in; what to reserve, by what engines counted before, out.

A third of a prompt's bytes is too little where a tokenizer splits a language finely, and where a template adds to each
conversation. Both are learnt from each model's own answers: a factor from long prompts, an addition from short ones.
It only ever reserves more than the estimate, never more than a token a byte and `MOST_ADDED`, and keeps two numbers a
model, in memory.
"""

from __future__ import annotations

from daulat.gateway.proxy.asked import BYTES_PER_TOKEN

# Estimated tokens from which a prompt tells how finely its language is split, and no longer how much a template adds.
LONG = 512
MOST_ADDED = 512


class PromptSizes:
    """What prompts of each model came to beyond their estimates.

    Examples
    --------
    >>> sizes = PromptSizes()
    >>> sizes.reserved("m", 1_000)
    1000
    >>> sizes.learn("m", 1_000, 1_900)
    >>> sizes.reserved("m", 1_000), sizes.reserved("m", 2_000), sizes.reserved("other", 2_000)
    (1900, 3800, 2000)
    """

    def __init__(self) -> None:
        self._learnt: dict[str, tuple[float, int]] = {}

    def reserved(self, model: str, estimated: int) -> int:
        """Return the tokens to reserve for a prompt."""
        learnt = self._learnt.get(model)
        if learnt is None:
            return estimated
        factor, added = learnt
        return -int(-estimated * factor // 1) + added

    def learn(self, model: str, estimated: int, counted: int) -> None:
        """Take note of what an engine counted; an engine that lies moves no more than a token a byte could."""
        if counted <= self.reserved(model, estimated) or estimated < 1:
            return
        factor, added = self._learnt.get(model, (1.0, 0))
        if estimated >= LONG:
            factor = min(max(factor, (counted - added) / estimated), float(BYTES_PER_TOKEN))
        else:
            added = min(max(added, counted - int(estimated * factor)), MOST_ADDED)
        self._learnt[model] = factor, added
