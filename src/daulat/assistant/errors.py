# SPDX-License-Identifier: Apache-2.0
"""What can go wrong in the assistant.

AssistantError            the operator can act: its data do not fit this program
"""

from __future__ import annotations

from daulat.errors import DaulatError


class AssistantError(DaulatError):
    """The assistant's own data are missing or do not fit this program."""
