# SPDX-License-Identifier: Apache-2.0
"""What a model thinks is counted and billed, and is no part of what a service says."""

from __future__ import annotations

import json

import openai
import pytest
from service_front import Gateway, daulat, declare, usage_of
from tiny_model import write_thinking_model

from daulat.assistant.writing import written_sentences
from daulat.models import ChatRequest, Message, RemoteEngine


class Verifier:
    def check(self, sentence):
        return sentence


async def test_a_service_never_hears_what_a_model_thought(upstream):
    request = ChatRequest("writer", (Message("user", "2+2? think"),))
    async with RemoteEngine(upstream.base_url) as engine:
        sentences = [sentence async for sentence in written_sentences(engine, request, Verifier())]
        thought = "".join([delta.reasoning async for delta in engine.stream(request)])
    assert sentences == ["Four."]
    assert thought == "2+2 is four"


def test_thinking_is_part_of_what_is_counted_in_each_shape(client):
    messages = [{"role": "user", "content": "2+2? think"}]
    usage = client.chat.completions.create(model="writer", messages=messages).usage
    *_, last = client.chat.completions.create(
        model="writer", messages=messages, stream=True, stream_options={"include_usage": True}
    )
    response = client.responses.create(model="writer", input="2+2? think").usage
    counted = {
        (usage.completion_tokens, usage.completion_tokens_details.reasoning_tokens),
        (last.usage.completion_tokens, last.usage.completion_tokens_details.reasoning_tokens),
        (response.output_tokens, response.output_tokens_details.reasoning_tokens),
    }
    assert counted == {(6, 4)}


@pytest.fixture(scope="module")
def thinker(tmp_path_factory, upstream):
    """Serve real weights that think aloud before they answer, run by the embedded engine, to the holder of a key."""
    folder = tmp_path_factory.mktemp("thinking")
    declare(folder, upstream)
    nation = json.loads((folder / "nation.yaml").read_text())
    price = {"input": "1000000", "output": "2000000", "currency": "XTS"}  # a token: 1 and 2
    weights = str(write_thinking_model(folder / "thinker.gguf"))
    nation["models"] = [
        {"id": "thinker", "kind": "embedded", "weights": weights, "context_length": 512, "price": price}
    ]
    (folder / "nation.yaml").write_text(json.dumps(nation))
    started = Gateway(folder)
    started.wait()
    daulat(started, "organisations", "create", "health")
    daulat(started, "projects", "create", "health/portal")
    key = daulat(started, "keys", "create", "health/portal")["key"]
    with openai.OpenAI(base_url=f"{started.url}/v1", api_key=key, max_retries=0) as client:
        yield client
    assert started.end() == 0, started.talk()


def test_what_an_embedded_model_thinks_is_told_from_what_it_says_counted_and_billed(thinker):
    asked = {"model": "thinker", "messages": [{"role": "user", "content": "2+2?"}]}
    whole = thinker.chat.completions.create(**asked)
    message = whole.choices[0].message
    assert (message.content, message.reasoning_content) == ("It is four.", "Two and two.")

    chunks = list(thinker.chat.completions.create(**asked, stream=True, stream_options={"include_usage": True}))
    deltas = [chunk.choices[0].delta for chunk in chunks if chunk.choices]
    assert "".join(delta.content or "" for delta in deltas) == "It is four."
    assert "".join(getattr(delta, "reasoning_content", None) or "" for delta in deltas) == "Two and two."

    response = thinker.responses.create(model="thinker", input="2+2?")
    assert response.output_text == "It is four."
    thought = [each for each in response.output if each.type == "reasoning"]
    assert "Two and two." in thought[0].model_dump_json()

    # Nine tokens each time: two tags, three of thought, three of the answer, and the end.
    usages = [whole.usage.completion_tokens, chunks[-1].usage.completion_tokens, response.usage.output_tokens]
    assert usages == [9, 9, 9]
    [row] = usage_of(thinker, calls=3)
    assert row["completion_tokens"] == 27
    assert float(row["cost"]) == row["prompt_tokens"] + 2 * 27
