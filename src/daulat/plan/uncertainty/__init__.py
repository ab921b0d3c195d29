# SPDX-License-Identifier: Apache-2.0
"""Uncertainty: percentile bands of every figure, and which inputs move a result.

Comes in: a `Plan` or a `Case`. Goes out: bands by draw, a tornado (one input at a time) and Sobol indices (all at
once). It changes no input and hides no spread. Derivation: docs/concepts/plan-uncertainty.md
"""

from daulat.plan.uncertainty.bands import PERCENTILES, bands, percentiles
from daulat.plan.uncertainty.sobol import SobolIndex, saltelli_indices, sobol
from daulat.plan.uncertainty.tornado import Swing, tornado

__all__ = ["PERCENTILES", "SobolIndex", "Swing", "bands", "percentiles", "saltelli_indices", "sobol", "tornado"]
