# SPDX-License-Identifier: Apache-2.0
"""A model that passed its gate in one language writes in that language and in no other, and stays where data may go."""

from __future__ import annotations

import json
import shutil
import signal
import urllib.parse
from datetime import UTC, datetime
from pathlib import Path

import openai
import pytest

from daulat.knowledge.encoder import open_e5
from daulat.knowledge.release import Shelf, SigningKey
from daulat.nation import find_pack

from ..assistant.acts import build_acts
from .conftest import ask_path, run
from .writing_server import copying_server

BIRTH = "Paling lambat berapa hari kelahiran harus dilaporkan?"
BIRTH_IN_JAVANESE = "Bayi lagi lair, paling suwe pirang dina kudu dilapurake?"
MODELS = "models: []"
GATE = {
    "model": "writer", "service": "public-services", "passed": True, "suite": "citizens",
    "suite_sha256": "0" * 64, "date": "2026-01-31",
}  # fmt: skip


@pytest.fixture(scope="module")
def server():
    with copying_server() as running:
        yield running


@pytest.fixture(scope="module")
def releases(tmp_path_factory) -> Path:
    """A release of four acts, in use."""
    folder, pack = tmp_path_factory.mktemp("acts"), find_pack("ID")
    built = build_acts(folder, pack, open_e5())
    Shelf(folder / "releases", (SigningKey.open(folder / "key").public,)).publish(
        built.name, by="test", now=lambda: datetime.now(UTC)
    )
    return folder / "releases"


@pytest.fixture
def declared(tmp_path, releases, server):
    """Declare the server as a model that passed in Indonesian and failed in Sundanese; give its place."""

    def declare(place: str):
        run(tmp_path, "init", "ID")
        shutil.copytree(releases, tmp_path / ".daulat/releases", symlinks=True)
        (tmp_path / ".daulat/keys").mkdir()
        shutil.copy2(releases.parent / "key", tmp_path / ".daulat/keys/release.key")
        path = tmp_path / "nation.yaml"
        text = path.read_text()
        assert MODELS in text
        path.write_text(
            text.replace(MODELS, f"models: [{{id: writer, kind: remote, url: '{server.url}', place: {place}}}]")
        )
        gates = tmp_path / ".daulat/gates"
        gates.mkdir(parents=True)
        results = [GATE | {"language": "id"}, GATE | {"language": "su", "passed": False}]
        (gates / "citizens.json").write_text(json.dumps({"results": results}))
        return tmp_path

    return declare


def ask(service, question, language=""):
    with openai.OpenAI(base_url=f"{service.url}/v1", api_key="none", max_retries=0) as client:
        raw = client.chat.completions.with_raw_response.create(
            model="id/public-services", messages=[{"role": "user", "content": question}],
            extra_headers={"X-Daulat-Language": language} if language else {},
        )  # fmt: skip
    return raw.parse(), raw.headers


def test_a_model_writes_where_it_passed_and_the_text_is_quoted_elsewhere(declared, start, server):
    service = start(declared("ID-JB"))
    service.wait()
    written, headers = ask(service, BIRTH)
    details = written.model_extra["daulat"]
    assert (details["mode"], details["model"], details["language"]) == ("written", "writer", "id")
    assert headers["x-daulat-engine"] == "writer"
    assert headers["x-daulat-route-reason"] == "only; personal may go to ID; passed public-services in id"
    assert (written.usage.prompt_tokens, written.usage.completion_tokens) == (700, 40)
    assert len(server.asked) == 1

    quoted, headers = ask(service, BIRTH_IN_JAVANESE, "jv")
    details = quoted.model_extra["daulat"]
    assert (details["mode"], details["language"]) == ("quotation", "jv")
    assert "x-daulat-engine" not in headers
    assert quoted.usage.completion_tokens == 0
    assert ask(service, BIRTH, "su")[0].model_extra["daulat"]["mode"] == "quotation"  # it failed there

    page = service.get(ask_path(BIRTH))
    assert "writer" in page  # the notice that a model wrote this names it
    assert len(server.asked) == 2
    assert json.loads(run(service.folder, "ask", BIRTH, "--json").stdout)["mode"] == "written"
    assert json.loads(service.get("/v1/status"))["writes_with"] == "writer"
    assert service.end(signal.SIGTERM) == 0


def test_a_model_abroad_writes_nothing_for_citizens_whatever_it_passed(declared, start, server):
    before = len(server.asked)
    service = start(declared("SG"))
    service.wait()
    assert ask(service, BIRTH)[0].model_extra["daulat"]["mode"] == "quotation"
    assert "writer" not in urllib.parse.unquote(service.get(ask_path(BIRTH)))
    assert json.loads(run(service.folder, "ask", BIRTH, "--json").stdout)["mode"] == "quotation"
    assert len(server.asked) == before
