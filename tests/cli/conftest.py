# SPDX-License-Identifier: Apache-2.0
"""A nation in a folder, with a few declared texts of its own and no pack; and the command line as a program would call
it.
"""

from __future__ import annotations

import hashlib
import io
import json
import sys
import threading
from collections.abc import Sequence
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from daulat.cli import main
from daulat.nation import bootstrap

ACTS = """
  - id: ee-acts
    title: Acts of Exampland
    publisher: Parliament of Exampland
    licence: CC0-1.0
    retrieved: 2024-05-02
    coverage_date: 2024-04-30
    language: en
    services: [public-services]
    read: {format: jsonl, path: acts/*.jsonl}
    document: {doc_id: EE-ACT, title: Civil Registry Act, citation: Civil Registry Act, date: "2020-01-01"}
"""
GUIDE = """
  - id: ee-guide
    title: Guide
    publisher: Ministry of the Interior
    licence: CC-BY-4.0
    retrieved: 2024-05-02
    coverage_date: null
    language: en
    read: {format: markdown, path: guide/*.md}
"""


@dataclass(frozen=True)
class Ended:
    """How a command ended."""

    code: int
    out: str
    err: str

    @property
    def data(self) -> Any:
        """What `--json` printed."""
        return json.loads(self.out)


@dataclass(frozen=True)
class Site:
    """A folder with a nation.yaml."""

    folder: Path

    @property
    def releases(self) -> Path:
        """Where its releases lie."""
        return self.folder / ".daulat/releases"

    def arguments(self, *words: str) -> list[str]:
        """Return the words of a command about this nation."""
        return [*words, "--file", str(self.folder / "nation.yaml")]

    def command(self, *words: str) -> list[str]:
        """Return what starts a process of a command about this nation."""
        return [sys.executable, "-c", "from daulat.cli import main; main()", *self.arguments(*words)]

    def daulat(self, *words: str) -> Ended:
        """Run a command in this process."""
        out, err = io.StringIO(), io.StringIO()
        with redirect_stdout(out), redirect_stderr(err), pytest.raises(SystemExit) as ended:
            main(self.arguments(*words))
        return Ended(int(ended.value.code or 0), out.getvalue(), err.getvalue())

    def declare(self, *sources: str) -> None:
        """Write sources.yaml."""
        (self.folder / "sources.yaml").write_text("format: 1\nsources:\n" + "".join(sources))

    def write_act(self, *texts: str) -> None:
        """Write the articles of the one act, one a text."""
        (self.folder / "acts").mkdir(exist_ok=True)
        articles = (
            {"passage_id": f"EE-ACT:{n}", "article": f"Article {n}", "text": text} for n, text in enumerate(texts, 1)
        )
        (self.folder / "acts/act.jsonl").write_text("\n".join(map(json.dumps, articles)))


@pytest.fixture
def site(tmp_path: Path) -> Site:
    """A nation without a pack that declares an act of two articles, and a guide."""
    (tmp_path / "nation.yaml").write_text(bootstrap("EE"))
    made = Site(tmp_path)
    made.write_act(
        "Every birth is reported to the registry office within sixty days.",
        "Whoever loses an identity card reports the loss to the police and then asks for a new card.",
    )
    (tmp_path / "guide").mkdir()
    (tmp_path / "guide/school.md").write_text("# Schools\n\nEnrolment opens in May and closes in June.\n")
    made.declare(ACTS, GUIDE)
    return made


class QuickEncoder:
    """An encoder that needs no weights: a text's vector is drawn from its hash."""

    name = "quick"
    dimensions = 64

    def passages(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Return float32[n, 64], rows of unit length."""
        drawn = [np.random.default_rng(list(hashlib.sha256(text.encode()).digest())).normal(size=64) for text in texts]
        rows = np.array(drawn, np.float32).reshape(-1, 64)
        return rows / np.linalg.norm(rows, axis=1, keepdims=True)

    queries = passages


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the knowledge commands of this process encode without weights."""
    for module in ("knowledge", "search"):
        monkeypatch.setattr(f"daulat.cli.{module}.open_encoder", lambda *_: QuickEncoder())


@pytest.fixture
def answering():
    """Return a function that serves one body at a free port and gives its address."""
    servers = []

    def start(body: bytes) -> str:
        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                self.send_response(200)
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_arguments):
                pass

        server = HTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        servers.append(server)
        return f"http://127.0.0.1:{server.server_port}"

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()
