# SPDX-License-Identifier: Apache-2.0
"""What holds for all tests: the machine may be busy, and how long an example takes says nothing about its claim.

Files come in order of name, but for those that take minutes: they begin first, so that at the end no process works on
alone. Each stays in one process (`--dist loadfile`), in its own order.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import settings

ROOT = Path(__file__).parents[1]
# Longest first, as a run of all on two cores had them. Nothing depends on it but how long all tests take.
LONGEST = (
    "tests/plan/report/test_browser.py",
    "tests/gateway/access/test_front.py",
    "tests/gateway/test_openapi.py",
    "tests/gateway/routing/test_cluster.py",
    "tests/gateway/access/test_kill.py",
    "tests/journeys/test_up.py",
    "tests/gateway/routing/test_workers.py",
    "tests/web/test_reading.py",
    "tests/evaluation/test_bench_command.py",
    "tests/journeys/test_page.py",
)

# Loaded before any test is read, whichever folder it lies in; without a deadline an example may also be drawn slowly.
settings.register_profile("unhurried", deadline=None)
settings.load_profile("unhurried")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Bring the files that take longest to the front."""
    place = {ROOT / name: number for number, name in enumerate(LONGEST)}
    items.sort(key=lambda item: place.get(item.path, len(place)))
