# SPDX-License-Identifier: Apache-2.0
"""What can go wrong in the pages, and who can act.

    DaulatError
    └── WebError
        └── MessagesError    the author of a pack's messages/<language>.yaml can act

Nothing here does input or output.
"""

from __future__ import annotations

from daulat.errors import DaulatError


class WebError(DaulatError):
    """A fault of the pages."""


class MessagesError(WebError):
    """A file of page texts cannot be used as it stands."""
