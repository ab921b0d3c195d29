# SPDX-License-Identifier: Apache-2.0
"""A real `daulat up --only gateway` before a scripted engine and a tiny real one, and a key to call it with."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import urllib.request
from pathlib import Path

import openai
import pytest

sys.path.insert(0, str(Path(__file__).parent))
sys.path.insert(0, str(Path(__file__).parents[2] / "models"))

from tiny_model import write_tiny_model
from upstream import MODELS, Upstream

ROOT = Path(__file__).parents[3]
DAULAT = str(Path(sys.executable).with_name("daulat"))
PEERS = ROOT / ".peers" / "bin" / "python"


class Gateway:
    """`daulat up --only gateway` in a folder, in a process group of its own."""

    def __init__(self, folder: Path, *words: str) -> None:
        self.folder = folder
        with (folder / "talk").open("a") as talk:
            self.process = subprocess.Popen(
                [DAULAT, "up", "--only", "gateway", "--port", "0", "--json", *words],
                cwd=folder, stdout=subprocess.PIPE, stderr=talk, text=True, start_new_session=True,
            )  # fmt: skip
        assert self.process.stdout is not None
        printed = ""
        while not printed.endswith("}\n"):
            line = self.process.stdout.readline()
            assert line, self.talk()
            printed += line
        self.url: str = json.loads(printed)["url"]

    def talk(self) -> str:
        return (self.folder / "talk").read_text()

    def wait(self) -> None:
        """Wait until the database is there."""
        while True:
            assert self.process.poll() is None, self.talk()
            with urllib.request.urlopen(self.url + "/v1/status", timeout=30) as response:
                if all(part["state"] == "ready" for part in json.loads(response.read())["parts"]):
                    return

    def end(self, number: signal.Signals = signal.SIGTERM) -> int:
        os.kill(self.process.pid, number)
        code = self.process.wait(60)
        assert self.process.stdout is not None
        self.process.stdout.close()
        return code


def declare(folder: Path, upstream: Upstream, weights: Path | None = None) -> None:
    """Write the declaration of a country without official text and with a few engines."""
    models = [{"id": name, "kind": "remote", "url": upstream.base_url} for name in MODELS]
    models[0] |= {"price": {"input": "2", "output": "6", "currency": "XTS"}}
    if weights is not None:
        models.append({"id": "tiny", "kind": "embedded", "weights": str(weights), "context_length": 512})
    nation = {
        "country": "IS",
        "names": {"en": "Iceland"},
        "currency": "XTS",
        "time_zones": ["UTC"],
        "languages": [{"tag": "en", "name": "English", "role": "official"}],
        "residency": {"public": "anywhere", "internal": "anywhere", "personal": "anywhere"},
        "services": [{"id": "public-services", "names": {"en": "Services"}}],
        "models": models,
    }
    (folder / "nation.yaml").write_text(json.dumps(nation))


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
            [str(PEERS), "-c", script], capture_output=True, text=True, timeout=120, env=environment, cwd=gateway.folder
        )
        assert done.returncode == 0, done.stderr[-3000:]
        return json.loads(done.stdout.strip().splitlines()[-1])

    return run
