# SPDX-License-Identifier: Apache-2.0
"""Daulat: the open, self-hosted way for a country to have its own AI."""

__version__ = "0.1.0"
