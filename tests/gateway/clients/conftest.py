# SPDX-License-Identifier: Apache-2.0
"""A real `daulat up --only gateway` before a scripted engine and a tiny real one, and a key to call it with."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import openai
import pytest

sys.path.insert(0, str(Path(__file__).parent))
sys.path.insert(0, str(Path(__file__).parents[2] / "models"))

from service_front import Gateway, declare
from tiny_model import write_tiny_model
from upstream import Upstream

ROOT = Path(__file__).parents[3]
PEERS = ROOT / ".peers" / "bin" / "python"


@pytest.fixture(scope="session")
def upstream():
    server = Upstream()
    yield server
    server.shutdown()
    server.server_close()


@pytest.fixture(scope="session")
def gateway(tmp_path_factory, upstream):
    """One gateway for all clients; raw models answer without a key, since none was given out."""
    folder = tmp_path_factory.mktemp("exampland")
    declare(folder, upstream, write_tiny_model(folder / "tiny.gguf"))
    started = Gateway(folder)
    started.wait()
    yield started
    assert started.end() == 0, started.talk()


@pytest.fixture
def client(gateway):
    with openai.OpenAI(base_url=f"{gateway.url}/v1", api_key="none", max_retries=0) as client:
        yield client


@pytest.fixture(scope="session")
def run_peer(gateway):
    """Return a function that runs a script under the interpreter that holds other people's clients."""
    if not PEERS.is_file():
        pytest.skip("other people's clients are not installed: `make .peers/.installed` lets them judge the API too")

    def run(script: str, url: str = "") -> dict:
        environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(gateway.folder),
            "BASE_URL": f"{url or gateway.url}/v1",
            "LLM_USER_PATH": str(gateway.folder / "llm"),
            "TIKTOKEN_CACHE_DIR": str(gateway.folder),
        }
        done = subprocess.run(
            [str(PEERS), "-c", script], capture_output=True, text=True, timeout=240, env=environment, cwd=gateway.folder
        )
        assert done.returncode == 0, done.stderr[-3000:]
        return json.loads(done.stdout.strip().splitlines()[-1])

    return run
