# SPDX-License-Identifier: Apache-2.0
"""The official Node client, unmodified, finds what it expects."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from openai_node import fetch_client

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
def found(live) -> dict:
    script = fetch_client() / "client.mjs"
    script.write_text(SCRIPT)
    done = subprocess.run(["node", str(script), live.base_url], capture_output=True, text=True, timeout=240)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_a_service_is_listed_as_a_model(found):
    assert "xa/public-services" in found["models"]


def test_a_stream_says_the_same_as_the_whole_answer(found):
    assert found["text"] == found["message"]["content"]
    assert [each.pop("index") for each in found["annotations"]] == [0]
    assert found["annotations"] == found["message"]["annotations"]


def test_embeddings_arrive_as_numbers(found):
    assert found["embedding"] == [1, 0, 2]


def test_an_unknown_model_is_not_found(found):
    assert found["error"] == {"status": 404, "code": "model_not_found"}


def test_an_aborted_stream_ends_for_the_client(found):
    assert found["aborted"] == "APIUserAbortError"
