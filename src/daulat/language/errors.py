# SPDX-License-Identifier: Apache-2.0
"""What can go wrong in this room: the data of a pack does not say what it must.

DaulatError
└── LanguageError       the author of a pack can act
"""

from __future__ import annotations

from daulat.errors import DaulatError


class LanguageError(DaulatError):
    """A pack's language data is unusable."""
