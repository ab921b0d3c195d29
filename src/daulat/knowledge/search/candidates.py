# SPDX-License-Identifier: Apache-2.0
"""Candidates: what four ways propose for a question, with all that a ranking reads, and which of them must lead."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from daulat.knowledge.encoder import Float32
from daulat.knowledge.everyday import Heard
from daulat.knowledge.release.reader import StoredPassage
from daulat.knowledge.search.features import asked_for, defines_term

Rows = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Candidates:
    """Passages that may bear on a question: rows, features (float32[n, len(FEATURES)]) and the best segment of each.

    `heard` is what the everyday questions of the release say, where it has any; `text` is the question.
    """

    rows: Rows
    features: Float32
    segments: Rows
    stored: tuple[StoredPassage, ...]
    is_definition: bool = False
    heard: Heard | None = None
    text: str = ""

    def wanted(self) -> NDArray[np.bool_]:
        """Return which of them are just what is asked for: bool[n]. They lead.

        Where text that holds does not define a term, these are the definitions in laws that were changed somewhere.
        """
        wanted = asked_for(self.features)
        if wanted.any():
            return wanted
        standing = np.array([stored.passage.status != "revoked" for stored in self.stored], bool)
        return np.asarray(defines_term(self.features) & standing)
