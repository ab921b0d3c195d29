# SPDX-License-Identifier: Apache-2.0
"""The front door in a process of its own, with everything that observes it switched on."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))
sys.path.insert(0, str(Path(__file__).parents[2] / "models"))
sys.path.insert(0, str(Path(__file__).parents[1] / "routing"))

from scripted_server import ScriptedServer


@pytest.fixture
async def engine_server():
    async with ScriptedServer() as server:
        yield server
