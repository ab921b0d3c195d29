# SPDX-License-Identifier: Apache-2.0
"""Giving memory back: nothing comes in; what was allocated and freed while a service opened returns to the system.

The allocator of Linux (glibc) keeps large blocks that were freed, some 40 MB after a release was opened, for others of
their size, which a service never needs again. Where the allocator is another one, nothing is done.
"""

from __future__ import annotations

import ctypes
import sys


def give_memory_back() -> None:
    """Return free pages to the system; takes some milliseconds."""
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None) if sys.platform == "linux" else None
    if trim is not None:
        trim(0)
