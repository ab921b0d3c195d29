# SPDX-License-Identifier: Apache-2.0
"""What holds for all tests: the machine may be busy, and how long an example takes says nothing about its claim."""

from __future__ import annotations

from hypothesis import settings

# Loaded before any test is read, whichever folder it lies in; without a deadline an example may also be drawn slowly.
settings.register_profile("unhurried", deadline=None)
settings.load_profile("unhurried")
