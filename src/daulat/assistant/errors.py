# SPDX-License-Identifier: Apache-2.0
"""What can go wrong in the assistant.

AssistantError            the operator can act: an answer broke off, or a pack's word lists cannot be read
"""

from __future__ import annotations

from daulat.errors import DaulatError


class AssistantError(DaulatError):
    """The assistant did not come to the end of an answer, or cannot begin."""
