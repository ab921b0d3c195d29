# SPDX-License-Identifier: Apache-2.0
"""The front door as a real process, and the declaration that it starts from."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import openai
from upstream import MODELS, Upstream

DAULAT = str(Path(sys.executable).with_name("daulat"))


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


def daulat(gateway: Gateway, *words: str) -> dict:
    """Run `daulat access` beside a gateway, and return what it prints."""
    done = subprocess.run(
        [DAULAT, "access", *words, "--json"], cwd=gateway.folder, capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def usage_of(client: openai.OpenAI, calls: int) -> list[dict]:
    """Return the sums of a key's project once they hold so many calls: rows are written a quarter of a second later."""
    until = time.monotonic() + 60
    while True:
        used = client.get("/usage", cast_to=object)["used"]
        if sum(row["requests"] for row in used) >= calls or time.monotonic() > until:
            return used
        time.sleep(0.1)
