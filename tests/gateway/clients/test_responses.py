# SPDX-License-Identifier: Apache-2.0
"""The Responses API, judged by the official Python client: whole and streamed, with tools, schemas and citations."""

import openai
import pytest
from pydantic import BaseModel

TOOL = {
    "type": "function", "name": "weather", "strict": True,
    "parameters": {
        "type": "object", "required": ["city"], "additionalProperties": False,
        "properties": {"city": {"type": "string"}},
    },
}  # fmt: skip


class City(BaseModel):
    city: str
    people: int


def test_an_answer_comes_whole(client):
    response = client.responses.create(model="writer", input="Hello", instructions="Be brief.", max_output_tokens=20)
    assert (response.output_text, response.status, response.object) == (
        "One two three four five six",
        "completed",
        "response",
    )
    assert (response.usage.input_tokens, response.usage.output_tokens, response.usage.total_tokens) == (11, 6, 17)


def test_what_is_asked_reaches_the_engine_as_a_chat(client, upstream):
    client.responses.create(
        model="writer",
        instructions="Be brief.",
        input=[
            {"role": "developer", "content": "Be kind."},
            {"role": "user", "content": [{"type": "input_text", "text": "Hi"}]},
        ],
        max_output_tokens=20, temperature=0.5, top_p=0.9, reasoning={"effort": "low"},
        extra_body={"top_k": 3},
    )  # fmt: skip
    heard = upstream.last("chat/completions")
    assert heard == {
        "model": "writer", "max_tokens": 20, "temperature": 0.5, "top_p": 0.9, "reasoning_effort": "low", "top_k": 3,
        "messages": [
            {"role": "system", "content": "Be brief."}, {"role": "system", "content": "Be kind."},
            {"role": "user", "content": "Hi"},
        ],
    }  # fmt: skip


def test_a_stream_comes_in_the_order_that_clients_expect(client):
    with client.responses.stream(model="writer", input="Hello") as stream:
        kinds = [event.type for event in stream]
        final = stream.get_final_response()
    deltas = [kind for kind in kinds if kind == "response.output_text.delta"]
    assert list(dict.fromkeys(kinds)) == [
        "response.created", "response.in_progress", "response.output_item.added", "response.content_part.added",
        "response.output_text.delta", "response.output_text.done", "response.content_part.done",
        "response.output_item.done", "response.completed",
    ]  # fmt: skip
    assert len(deltas) == 6
    assert final.output_text == "One two three four five six"
    assert final.usage.output_tokens == 6


def test_thinking_stands_apart(client):
    response = client.responses.create(model="writer", input="2+2? think")
    thinking, answer = response.output
    assert (thinking.type, thinking.content[0].text, answer.content[0].text) == ("reasoning", "2+2 is four", "Four.")
    assert response.usage.output_tokens_details.reasoning_tokens == 4


def test_a_function_is_called_and_its_output_is_read(client):
    asked = [{"role": "user", "content": "Weather in Bandung?"}]
    response = client.responses.create(model="writer", input=asked, tools=[TOOL], tool_choice="required")
    [call] = response.output
    assert (call.type, call.name, call.arguments) == ("function_call", "weather", '{"city": "Bandung"}')
    told = [*asked, *response.output, {"type": "function_call_output", "call_id": call.call_id, "output": "rain"}]
    assert client.responses.create(model="writer", input=told, tools=[TOOL]).output_text == "It is rain"


def test_a_function_is_called_in_a_stream(client):
    with client.responses.stream(model="writer", input="Weather?", tools=[TOOL]) as stream:
        kinds = [event.type for event in stream]
        [call] = stream.get_final_response().output
    assert kinds.count("response.function_call_arguments.delta") == 2
    assert call.arguments == '{"city": "Bandung"}'


def test_a_schema_is_filled(client, upstream):
    parsed = client.responses.parse(model="writer", input="Bandung", text_format=City)
    assert parsed.output_parsed == City(city="Bandung", people=2_500_000)
    assert upstream.last("chat/completions")["response_format"]["json_schema"]["name"] == "City"


def test_a_schema_that_names_its_dialect_is_filled(client, upstream):
    # As the Vercel AI SDK writes it from zod; beside a list of items.
    schema = {"$schema": "http://json-schema.org/draft-07/schema#", "$id": "https://x.example/city", "type": "object"}
    response = client.responses.create(
        model="writer",
        input=[{"role": "user", "content": [{"type": "input_text", "text": "Bandung"}]}],
        text={"format": {"type": "json_schema", "strict": True, "name": "response", "schema": schema}},
    )
    assert response.output_text == '{"city": "Bandung", "people": 2500000}'
    assert upstream.last("chat/completions")["response_format"]["json_schema"]["schema"] == schema


def test_an_address_among_the_items_or_beside_them_reaches_no_engine(client, upstream):
    picture = {"type": "input_image", "image_url": "http://10.0.0.1/"}
    before = upstream.count("chat/completions")
    for param, fields in (
        ("input[0].content[0].image_url", {"input": [{"role": "user", "content": [picture]}]}),
        ("mm_items[0].image_url", {"input": "Hello", "extra_body": {"mm_items": [picture]}}),
    ):
        with pytest.raises(openai.BadRequestError) as caught:
            client.responses.create(model="writer", **fields)
        assert (caught.value.code, caught.value.param) == ("address_refused", param)
    assert upstream.count("chat/completions") == before


def test_a_reference_to_an_item_is_told_to_send_the_item_itself(client):
    # As the Vercel AI SDK writes the second turn of a conversation by default.
    items = [
        {"role": "user", "content": [{"type": "input_text", "text": "Hello"}]},
        {"type": "item_reference", "id": "msg_1"},
        {"role": "user", "content": [{"type": "input_text", "text": "And then?"}]},
    ]
    with pytest.raises(openai.BadRequestError, match=r"send the item itself.*store: false") as caught:
        client.responses.create(model="writer", input=items)
    assert (caught.value.code, caught.value.param) == ("response_not_stored", "input[1]")


def test_nothing_is_kept(client):
    response = client.responses.create(model="writer", input="Hello", store=False)
    assert response.model_extra["store"] is False
    for fields in ({"previous_response_id": response.id}, {"store": True}, {"background": True}):
        with pytest.raises(openai.BadRequestError) as caught:
            client.responses.create(model="writer", input="Hello", **fields)
        assert caught.value.code in ("response_not_stored", "unsupported_parameter")
    with pytest.raises(openai.NotFoundError) as caught:
        client.responses.retrieve(response.id)
    assert caught.value.code == "response_not_stored"


def test_what_only_others_can_run_is_refused(client):
    with pytest.raises(openai.BadRequestError) as caught:
        client.responses.create(model="writer", input="Hello", tools=[{"type": "web_search"}])
    assert (caught.value.code, caught.value.param) == ("unsupported_tool", "tools[0].type")
    stores = {"type": "file_search", "vector_store_ids": ["vs_xa_public-services"]}
    with pytest.raises(openai.BadRequestError, match="ask a service, which searches without tools"):
        client.responses.create(model="writer", input="Hello", tools=[stores])


def test_a_real_engine_answers(client):
    response = client.responses.create(model="tiny", input="a", max_output_tokens=5, temperature=0)
    assert response.status == "incomplete"
    assert response.incomplete_details.reason == "max_output_tokens"
    assert response.usage.output_tokens == 5


def service_client(live):
    return openai.OpenAI(base_url=f"{live.base_url}/v1", api_key="none", max_retries=0)


def test_a_service_answers_with_its_citations(live):
    with service_client(live) as client:
        whole = client.responses.create(model="xa/public-services", input="When must a birth be reported?")
        with client.responses.stream(model="xa/public-services", input="When must a birth be reported?") as stream:
            streamed = list(stream)[-1].response
    [note] = whole.output[0].content[0].annotations
    assert whole.output_text[note.start_index : note.end_index] == "[1]"
    assert note.model_extra["article"] == "Pasal 28"
    assert streamed.output_text == whole.output_text
    assert streamed.output[0].content[0].annotations == whole.output[0].content[0].annotations
    assert whole.model_extra["daulat"]["mode"] == "quotation"


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize(
    ("param", "fields"),
    [
        ("text.format", {"text": {"format": {"type": "json_schema", "name": "x", "schema": {"type": "object"}}}}),
        ("top_logprobs", {"top_logprobs": 2}),
        ("input", {"input": [{"role": "assistant", "content": "no question"}]}),
    ],
)
def test_what_a_service_cannot_do_is_refused_by_the_name_that_was_asked(live, param, fields, stream):
    asked = {"model": "xa/public-services", "input": "When must a birth be reported?", "stream": stream, **fields}
    with service_client(live) as client, pytest.raises(openai.BadRequestError) as refused:
        client.responses.create(**asked)
    assert refused.value.param == param
    assert f"`{param}`" in refused.value.body["message"]


def test_no_logprobs_are_nothing_to_refuse(live):
    with service_client(live) as client:
        assert client.responses.create(model="xa/public-services", input="Hello", top_logprobs=0).output_text


def test_an_engine_that_breaks_off_is_an_error_and_not_an_end(live):
    with service_client(live) as client:
        events = client.responses.create(model="broken", input="Hello", stream=True)
        with pytest.raises(openai.APIError, match="the engine died"):
            list(events)
