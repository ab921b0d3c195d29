# SPDX-License-Identifier: Apache-2.0
"""Routers over engines that need no process, and the scripted server of the models' tests."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))
sys.path.insert(0, str(Path(__file__).parents[2] / "models"))

from routing_calls import Clock


@pytest.fixture
def clock() -> Clock:
    return Clock()


collect_ignore = ["ray_cluster.py"]  # it is run by the interpreter that holds Ray
