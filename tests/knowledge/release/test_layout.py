# SPDX-License-Identifier: Apache-2.0
"""Layout: the numbers on disk stand for every status and section that a passage may have."""

from __future__ import annotations

from typing import get_args

from daulat.knowledge.release.layout import SECTIONS, STATUSES
from daulat.knowledge.types import LegalStatus, Section


def test_every_status_and_section_has_a_number_on_disk() -> None:
    assert sorted(STATUSES) == sorted(get_args(LegalStatus))
    assert sorted(SECTIONS) == sorted(get_args(Section))
