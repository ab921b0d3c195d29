# SPDX-License-Identifier: Apache-2.0
"""What can go wrong in evaluation.

EvaluationError           who measures can act: the folder, its questions, or what they are measured against
"""

from __future__ import annotations

from daulat.errors import DaulatError


class EvaluationError(DaulatError):
    """A folder of questions cannot be measured as it is."""
