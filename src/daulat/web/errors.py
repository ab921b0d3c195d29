# SPDX-License-Identifier: Apache-2.0
"""What can go wrong in the pages, and who can act.

    DaulatError
    └── WebError
        ├── MessagesError    the author of a pack's messages/<language>.yaml can act
        ├── ComeBackError    the reader can, after `retry_after_s`
        ├── LoadingError     time can: the official text is still being opened
        └── NoTextError      the operator can: there is no official text to answer from

Nothing here does input or output.
"""

from __future__ import annotations

from daulat.errors import DaulatError


class WebError(DaulatError):
    """A fault of the pages."""


class MessagesError(WebError):
    """A file of page texts cannot be used as it stands."""


class LoadingError(WebError):
    """The official text is still being opened; a little later there is an answer."""


class NoTextError(WebError):
    """There is no official text to answer from, and waiting brings none."""


class ComeBackError(WebError):
    """More is asked than can be answered now; `retry_after_s` says, in seconds, when to come back."""

    def __init__(self, error: DaulatError, retry_after_s: int) -> None:
        super().__init__(error.what, why=error.why, fix=error.fix, code=error.code)
        self.retry_after_s = retry_after_s
