# SPDX-License-Identifier: Apache-2.0
"""How rare a term is in a release: a term in, its inverse document frequency out."""

from __future__ import annotations

import math
from collections.abc import Callable


class Rarity:
    """Inverse document frequency of terms in one release, remembered.

    Examples
    --------
    >>> rarity = Rarity({"birth": 1}.get, 2)  # ln(1 + (2 - 1 + 0.5) / (1 + 0.5))
    >>> round(rarity.of("birth"), 3)
    0.693
    """

    def __init__(self, frequency: Callable[[str], int | None], size: int) -> None:
        self._frequency, self._size = frequency, max(size, 1)
        self._known: dict[str, float] = {}

    def of(self, term: str) -> float:
        """Return ln(1 + (N - n + 0.5) / (n + 0.5))."""
        known = self._known.get(term)
        if known is None:
            n = self._frequency(term) or 0
            known = self._known[term] = math.log(1 + (self._size - n + 0.5) / (n + 0.5))
        return known
