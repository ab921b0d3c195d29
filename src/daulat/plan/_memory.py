# SPDX-License-Identifier: Apache-2.0
"""Memory: what weights, key-value cache and the engine's reserve take on each accelerator, and how many requests fit.

Comes in: `Columns` of splits, coefficients of the fit, and the context that a request may reach. Goes out: a `Memory`,
bytes on the fullest accelerator of a replica. It decides nothing: a split without room has `most_requests` 0.

Grouped heads are shared out to tensor ranks, a latent cache is not; windowed layers keep their window and no more;
experts are spread over all ranks of a replica. Derivation: docs/concepts/capacity.md
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from daulat.plan._columns import Columns, Floats
from daulat.plan._roofline import RESERVED_SHARE, Coefficients, cache_bytes


@dataclass(frozen=True)
class Memory:
    """Bytes on one accelerator, and requests on a whole replica; float64[n_lines] each.

    `cache_bytes_per_request` is what one request at full context takes on each accelerator that holds a part of it.
    """

    total_bytes: Floats
    weight_bytes: Floats
    reserve_bytes: Floats
    cache_bytes_per_request: Floats
    most_requests: Floats

    @property
    def short_bytes(self) -> Floats:
        """Bytes that are missing for a single request; 0 where it fits."""
        needed = self.weight_bytes + self.reserve_bytes + self.cache_bytes_per_request
        return np.maximum(needed - self.total_bytes, 0.0)


def memory_of(c: Coefficients, q: Columns, context_tokens: float) -> Memory:
    """Return the memory of each line; `context_tokens` is prompt and answer together, 1 or more."""
    tensor, pipeline, data = q["tensor"], q["pipeline"], q["data"]
    weights = q["dense_parameters"] / (tensor * pipeline) + q["expert_parameters"] / (tensor * data * pipeline)
    weights = weights * q["weight_bytes"]
    total = q["memory_bytes"]
    reserve = total * RESERVED_SHARE + np.exp(c["reserve_bytes"])
    request = cache_bytes(q, np.full_like(total, context_tokens)) / np.exp(c["kv_fill"])
    free = total - reserve - weights
    most = np.where(free > 0, np.floor(free / request) * data, 0.0)
    return Memory(*(np.asarray(part[:, 0]) for part in (total, weights, reserve, request, most)))
