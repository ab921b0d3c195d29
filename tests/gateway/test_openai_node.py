# SPDX-License-Identifier: Apache-2.0
"""The official Node client, unmodified, finds what it expects."""

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest

VERSION = "7.57.0"
SCRIPT = """
import OpenAI from 'openai';
const client = new OpenAI({ baseURL: process.argv[2] + '/v1', apiKey: 'none', maxRetries: 0 });
const model = 'xa/public-services';
const messages = [{ role: 'user', content: 'When must a birth be reported?' }];
const out = { models: [], text: '', annotations: [] };
for await (const each of client.models.list()) out.models.push(each.id);
out.message = (await client.chat.completions.create({ model, messages })).choices[0].message;
for await (const chunk of await client.chat.completions.create({ model, messages, stream: true })) {
  const delta = chunk.choices[0]?.delta ?? {};
  out.text += delta.content ?? '';
  out.annotations.push(...(delta.annotations ?? []));
}
out.embedding = (await client.embeddings.create({ model: 'tiny-encoder', input: 'ab' })).data[0].embedding;
try { await client.chat.completions.create({ model: 'none', messages }); } catch (error) {
  out.error = { status: error.status, code: error.code };
}
const controller = client.chat.completions.stream({ model: 'slow', messages });
controller.on('content', () => controller.abort());
try { await controller.done(); } catch (error) { out.aborted = error.constructor.name; }
console.log(JSON.stringify(out));
"""


@pytest.fixture(scope="module")
def node_client() -> Path:
    """Return a folder in which Node finds the client, fetched once and kept in the user's cache."""
    if not shutil.which("npm"):
        pytest.skip("npm is not installed: `apt-get install npm` lets the Node client judge the API too")
    cache = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "daulat-tests" / f"openai-node-{VERSION}"
    if not (cache / "node_modules" / "openai" / "package.json").is_file():
        cache.mkdir(parents=True, exist_ok=True)
        install = ["npm", "install", "--no-audit", "--no-fund", "--silent", "--prefix", str(cache), f"openai@{VERSION}"]
        done = subprocess.run(install, capture_output=True, text=True, timeout=120)
        if done.returncode:
            pytest.skip(f"the Node client could not be fetched: {done.stderr.strip()[-200:]}")
    return cache


@pytest.fixture(scope="module")
def found(node_client, live) -> dict:
    script = node_client / "client.mjs"
    script.write_text(SCRIPT)
    done = subprocess.run(["node", str(script), live.base_url], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_a_service_is_listed_as_a_model(found):
    assert "xa/public-services" in found["models"]


def test_a_stream_says_the_same_as_the_whole_answer(found):
    assert found["text"] == found["message"]["content"]
    assert found["annotations"] == found["message"]["annotations"]


def test_embeddings_arrive_as_numbers(found):
    assert found["embedding"] == [1, 0, 2]


def test_an_unknown_model_is_not_found(found):
    assert found["error"] == {"status": 404, "code": "model_not_found"}


def test_an_aborted_stream_ends_for_the_client(found):
    assert found["aborted"] == "APIUserAbortError"
