# SPDX-License-Identifier: Apache-2.0
"""What holds for all tests: the machine may be busy, and how long an example takes says nothing about its claim.

Files come in order of name, but for those that take minutes: they begin first, so that at the end no process works on
alone. Each stays in one process (`--dist loadfile`), in its own order; so do the files of a folder that share what is
dear to make.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import settings
from xdist.scheduler import LoadFileScheduling

ROOT = Path(__file__).parents[1]
# Longest first, as each takes alone. Nothing depends on it but how long all tests take.
LONGEST = (
    "tests/gateway/access/test_front.py",
    "tests/gateway/access/test_kill.py",
    "tests/journeys",
    "tests/gateway/test_openapi.py",
    "tests/web/test_conversation.py",
    "tests/gateway/routing/test_cluster.py",
    "tests/web/test_reading.py",
    "tests/plan/report/test_browser.py",
    "tests/gateway/clients/test_batches.py",
    "tests/gateway/routing/test_workers.py",
    "tests/evaluation/test_bench_command.py",
    "tests/knowledge/encoder/test_e5.py",
    "tests/cli/test_plan.py",
    "tests/cli/test_service.py",
    "tests/gateway/clients/test_keys.py",
    "tests/gateway/access/test_limits.py",
    "tests/gateway/test_plans.py",
    "tests/cli/test_knowledge_bad_days.py",
    "tests/web/test_sources_of_an_answer.py",
    "tests/gateway/clients/test_peers.py",
)
TOGETHER = ("tests/journeys/",)  # one service, which builds its whole release

# Loaded before any test is read, whichever folder it lies in; without a deadline an example may also be drawn slowly.
settings.register_profile("unhurried", deadline=None)
settings.load_profile("unhurried")


class ByFile(LoadFileScheduling):
    """Gives a process one file at a time, or a folder of `TOGETHER`."""

    def _split_scope(self, nodeid: str) -> str:
        return next((folder for folder in TOGETHER if nodeid.startswith(folder)), super()._split_scope(nodeid))


def pytest_xdist_make_scheduler(config: pytest.Config, log: object) -> ByFile | None:
    """Give out tests by file, where that was asked for."""
    return ByFile(config, log) if config.getoption("dist") == "loadfile" else None


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Bring what takes longest to the front."""
    place = {ROOT / name: number for number, name in enumerate(LONGEST)}
    items.sort(key=lambda item: min(place.get(path, len(place)) for path in (item.path, *item.path.parents)))
