# SPDX-License-Identifier: Apache-2.0
"""The receipt of one answer: counts and a release, never words."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Receipt:
    """What one answer adds up to."""

    service: str
    language: str
    mode: str
    answered: bool
    citations: int
    prompt_tokens: int
    completion_tokens: int
    release_id: str
    duration_ms: float
