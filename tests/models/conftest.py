# SPDX-License-Identifier: Apache-2.0
"""A tiny real model and a scriptable real server, for every test of the room."""

from __future__ import annotations

import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

# The tests are collected by path, not as a package; their helpers stand beside them.
sys.path.insert(0, str(Path(__file__).parent))

from scripted_server import ScriptedServer
from tiny_model import write_tiny_model


@pytest.fixture(scope="session")
def tiny_weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_tiny_model(tmp_path_factory.mktemp("weights") / "tiny.gguf")


@pytest.fixture
async def server() -> AsyncIterator[ScriptedServer]:
    async with ScriptedServer() as server:
        yield server
