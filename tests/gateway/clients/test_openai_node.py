# SPDX-License-Identifier: Apache-2.0
"""The official Node client, unmodified, finds what it expects of the wider API too."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1]))

from openai_node import fetch_client

SCRIPT = """
import OpenAI, { toFile } from 'openai';
const client = new OpenAI({ baseURL: process.argv[2] + '/v1', apiKey: 'none', maxRetries: 0 });
const model = 'writer';
const messages = [{ role: 'user', content: 'Weather in Bandung?' }];
const parameters = { type: 'object', properties: { city: { type: 'string' } } };
const out = { events: [] };
const tools = [{ type: 'function', function: { name: 'weather', parameters } }];
const [choice] = (await client.chat.completions.create({ model, messages, tools })).choices;
out.called = choice.message.tool_calls[0].function;
out.completed = (await client.completions.create({ model, prompt: 'Once' })).choices[0].text;
out.embedded = (await client.embeddings.create({ model: 'encoder', input: 'ab' })).data[0].embedding;
out.response = (await client.responses.create({ model, input: 'Hello' })).output_text;
const flat = [{ type: 'function', name: 'weather', parameters }];
const stream = client.responses.stream({ model, input: 'Weather?', tools: flat });
for await (const event of stream) out.events.push(event.type);
out.final = (await stream.finalResponse()).output[0].arguments;
const endpoint = '/v1/chat/completions';
const line = { custom_id: 'a', method: 'POST', url: endpoint, body: { model, messages } };
const lines = await toFile(Buffer.from(JSON.stringify(line)), 'in.jsonl');
const file = await client.files.create({ file: lines, purpose: 'batch' });
let batch = await client.batches.create({ input_file_id: file.id, endpoint, completion_window: '24h' });
while (['validating', 'in_progress'].includes(batch.status)) {
  await new Promise((done) => setTimeout(done, 100));
  batch = await client.batches.retrieve(batch.id);
}
const answers = await (await client.files.content(batch.output_file_id)).text();
out.batch = [batch.status, JSON.parse(answers).custom_id];
out.flagged = (await client.moderations.create({ input: 'ani@example.org' })).results[0].flagged;
try { await client.responses.create({ model: 'none', input: 'Hello' }); } catch (error) {
  out.error = [error.constructor.name, error.code];
}
console.log(JSON.stringify(out));
"""


@pytest.fixture(scope="module")
def found(gateway) -> dict:
    script = fetch_client() / "wider.mjs"
    script.write_text(SCRIPT)
    done = subprocess.run(["node", str(script), gateway.url], capture_output=True, text=True, timeout=240)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_tools_completions_and_embeddings(found):
    assert found["called"] == {"name": "weather", "arguments": '{"city": "Bandung"}'}
    assert (found["completed"], found["embedded"]) == (" and more", [1.0, 0.5, 2.0])


def test_responses_whole_and_streamed(found):
    assert found["response"] == "One two three four five six"
    assert (found["events"][0], found["events"][-1]) == ("response.created", "response.completed")
    assert found["final"] == '{"city": "Bandung"}'


def test_a_batch_goes_in_and_comes_out(found):
    assert found["batch"] == ["completed", "a"]


def test_rules_moderate_and_an_unknown_model_is_not_found(found):
    assert found["flagged"] is True
    assert found["error"] == ["NotFoundError", "model_not_found"]
