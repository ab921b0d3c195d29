# SPDX-License-Identifier: Apache-2.0
"""What a model thinks is counted and billed, and is no part of what a service says."""

from __future__ import annotations

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
