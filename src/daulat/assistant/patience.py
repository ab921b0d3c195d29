# SPDX-License-Identifier: Apache-2.0
"""Patience with a model that writes: its checked sentences in; those that stand out, as long as they keep coming.

The official text is ready before the model begins. Whoever asks does not wait for a model that is silent, or that goes
on without end: a sentence that stands is due every few seconds, and the whole has its end.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from dataclasses import dataclass

from daulat.assistant.verify import Verdict
from daulat.models.errors import EngineInterrupted


class TooSlow(EngineInterrupted):
    """A model kept whoever asks waiting; the official text answers instead."""


@dataclass(frozen=True, slots=True)
class Patience:
    """How long a model may take.

    Parameters
    ----------
    silence_s : float
        Longest wait for the model to begin, for its first sentence that stands, and between two, in seconds.
    whole_s : float
        Longest time for all of them, in seconds.
    """

    silence_s: float = 15.0
    whole_s: float = 45.0

    async def standing(self, verdicts: AsyncGenerator[Verdict, None]) -> AsyncGenerator[Verdict, None]:
        """Yield the sentences that stand, as they come.

        Raises
        ------
        TooSlow
            If they do not come in time.
        ModelsError
            Whatever else ends them.
        """
        clock = asyncio.get_running_loop().time
        end = clock() + self.whole_s
        due = min(end, clock() + self.silence_s)
        while True:
            try:
                async with asyncio.timeout_at(due):
                    verdict = await anext(verdicts)
            except StopAsyncIteration:
                return
            except TimeoutError:
                raise self._too_slow() from None
            if verdict.stands:
                yield verdict
                due = min(end, clock() + self.silence_s)

    def _too_slow(self) -> TooSlow:
        return TooSlow(
            "the model did not write in time",
            why=f"A sentence that stands is due every {self.silence_s:g} s, and all of them within {self.whole_s:g} s.",
            fix="The official text answers, quoted; a faster engine or a smaller model would write.",
            code="writing.too_slow",
        )
