# SPDX-License-Identifier: Apache-2.0
"""Giving memory back: nothing comes in; what was allocated and freed returns to the system.

The allocator of Linux (glibc) keeps blocks that were freed, some 40 MB after a release was opened and as much again
after some hundred answers, for others of their size that may never come. Where the allocator is another one, nothing
is done.
"""

from __future__ import annotations

import ctypes
import sys


def give_memory_back() -> None:
    """Return free pages to the system; takes some milliseconds."""
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None) if sys.platform == "linux" else None
    if trim is not None:
        trim(0)
