# SPDX-License-Identifier: Apache-2.0
"""The official Python client, unmodified, before a real process, a scripted engine and a tiny real one."""

import base64
import struct

import openai
import pytest
from pydantic import BaseModel

QUESTION = [{"role": "user", "content": "What is the weather in Bandung?"}]
WEATHER = {
    "type": "function",
    "function": {"name": "weather", "parameters": {"type": "object", "properties": {"city": {"type": "string"}}}},
}


class City(BaseModel):
    city: str
    people: int


def chat(client, content="Hello", **fields):
    messages = fields.pop("messages", [{"role": "user", "content": content}])
    return client.chat.completions.create(model=fields.pop("model", "writer"), messages=messages, **fields)


def test_a_tool_is_called_and_its_result_is_read(client):
    for tool_choice in ("auto", "required", {"type": "function", "function": {"name": "weather"}}):
        choice = chat(client, messages=QUESTION, tools=[WEATHER], tool_choice=tool_choice).choices[0]
        [call] = choice.message.tool_calls
        assert (choice.finish_reason, call.function.name, call.function.arguments) == (
            "tool_calls", "weather", '{"city": "Bandung"}'
        )  # fmt: skip
    told = [*QUESTION, choice.message, {"role": "tool", "tool_call_id": call.id, "content": "rain"}]
    assert chat(client, messages=told, tools=[WEATHER]).choices[0].message.content == "It is rain"


def test_a_tool_is_called_in_a_stream(client):
    with client.chat.completions.stream(model="writer", messages=QUESTION, tools=[WEATHER]) as stream:
        [call] = stream.get_final_completion().choices[0].message.tool_calls
    assert (call.function.name, call.function.arguments) == ("weather", '{"city": "Bandung"}')


def test_a_schema_is_filled(client):
    parsed = client.chat.completions.parse(model="writer", messages=QUESTION, response_format=City)
    assert parsed.choices[0].message.parsed == City(city="Bandung", people=2_500_000)


def test_several_choices_stops_seeds_and_log_probabilities_pass_through(client):
    assert [choice.index for choice in chat(client, n=3).choices] == [0, 1, 2]
    assert chat(client, stop=[" four"]).choices[0].message.content == "One two three"
    assert chat(client, seed=7).choices[0].message.content == "seed 7"
    [token] = chat(client, logprobs=True, top_logprobs=2).choices[0].logprobs.content
    assert (token.token, token.logprob, len(token.top_logprobs)) == ("One", -0.25, 2)


def test_usage_comes_at_the_end_of_a_stream_only_when_asked_for(client):
    *chunks, last = chat(client, stream=True, stream_options={"include_usage": True})
    assert "".join(chunk.choices[0].delta.content or "" for chunk in chunks) == "One two three four five six"
    assert (last.choices, last.usage.prompt_tokens, last.usage.completion_tokens) == ([], 11, 6)
    assert all(chunk.choices for chunk in chat(client, stream=True))


def test_thinking_is_told_from_the_answer_and_counted(client):
    answer = chat(client, "2+2? think")
    message = answer.choices[0].message
    assert (message.content, message.model_extra["reasoning_content"]) == ("Four.", "2+2 is four")
    assert answer.usage.completion_tokens_details.reasoning_tokens == 4
    said, thought = "", ""
    for chunk in chat(client, "2+2? think", stream=True):
        said += chunk.choices[0].delta.content or ""
        thought += (chunk.choices[0].delta.model_extra or {}).get("reasoning_content", "")
    assert (said, thought) == ("Four.", "2+2 is four")


def test_a_real_engine_answers_under_a_grammar_and_with_log_probabilities(client):
    schema = {
        "name": "answer",
        "schema": {"type": "object", "properties": {"ok": {"type": "boolean"}}, "required": ["ok"]},
    }
    form = {"type": "json_schema", "json_schema": schema}
    answer = chat(client, model="tiny", max_tokens=60, temperature=0, seed=1, logprobs=True, top_logprobs=1)
    assert len(answer.choices[0].logprobs.content) == answer.usage.completion_tokens > 0
    said = chat(client, model="tiny", max_tokens=60, temperature=0, response_format=form).choices[0].message.content
    assert said.lstrip().startswith("{")


def test_completions_whole_and_streamed(client):
    whole = client.completions.create(model="writer", prompt="Once")
    assert (whole.choices[0].text, whole.usage.total_tokens) == (" and more", 5)
    chunks = client.completions.create(model="writer", prompt="Once", stream=True)
    assert "".join(chunk.choices[0].text for chunk in chunks) == " and more"
    real = client.completions.create(model="tiny", prompt="a", max_tokens=4, temperature=0)
    assert real.usage.completion_tokens == 4


def test_embeddings_as_numbers_and_in_base64(client):
    by_default = client.embeddings.create(model="encoder", input=["ab", "abc"])
    numbers = client.embeddings.create(model="encoder", input=["ab", "abc"], encoding_format="float")
    assert [row.embedding for row in by_default.data] == [row.embedding for row in numbers.data]
    raw = client.embeddings.with_raw_response.create(model="encoder", input="ab", encoding_format="base64")
    text = raw.http_response.json()["data"][0]["embedding"]
    assert struct.unpack("<3f", base64.b64decode(text)) == (1.0, 0.5, 2.0)


def test_a_model_that_moderates_answers_and_without_one_the_rules_do(client):
    [by_model] = client.moderations.create(model="guard", input="x").results
    assert by_model.categories.violence
    by_rules = client.moderations.create(input=["mail ani@example.org", "hello"])
    assert [result.flagged for result in by_rules.results] == [True, False]
    assert by_rules.results[0].categories.model_extra["personal-identifier"]
    assert by_rules.results[0].categories.violence is False
    assert "violence" in by_rules.model_extra["daulat"]["not_checked"]


def test_sound_passes_through_as_it_is(client, upstream):
    transcript = client.audio.transcriptions.create(model="ear", file=("a.wav", b"RIFF\x00\r\n--x", "audio/wav"))
    assert transcript.text == "Selamat pagi."
    heard = upstream.last("audio/transcriptions")
    assert b"RIFF\x00\r\n--x" in heard["body"]
    assert (
        client.audio.speech.create(model="mouth", input="Selamat pagi.", voice="a").content == b"ID3\x00\xff\xfbsound"
    )


def test_a_route_that_an_engine_does_not_have_is_not_found(client):
    with pytest.raises(openai.NotFoundError) as caught:
        client.audio.speech.create(model="tiny", input="x", voice="a")
    assert caught.value.code == "unsupported_route"
    with pytest.raises(openai.NotFoundError) as caught:
        client.embeddings.create(model="tiny", input="x")
    assert caught.value.code == "unsupported_route"


def test_errors_become_the_client_s_own(client, upstream):
    with pytest.raises(openai.NotFoundError) as caught:
        chat(client, model="none")
    assert caught.value.code == "model_not_found"
    with pytest.raises(openai.BadRequestError) as caught:
        chat(client, "please fail")
    assert caught.value.status_code == 400
    with pytest.raises(openai.BadRequestError) as caught:
        client.chat.completions.create(model="writer", messages="no list")
    assert (caught.value.code, caught.value.param) == ("invalid_body", "messages")
    upstream.busy_for = 1
    with pytest.raises(openai.RateLimitError) as caught:
        chat(client, "busy")
    assert int(caught.value.response.headers["retry-after"]) >= 1


def test_a_client_that_retries_is_answered_when_the_engine_is_free_again(client, upstream):
    upstream.busy_for = 1
    assert chat(client.with_options(max_retries=2), "busy").choices[0].message.content.startswith("One")


PICTURE = "data:image/png;base64,iVBORw0KGgo="
INSIDE = ["http://169.254.169.254/latest", "https://10.0.0.1/a.png", "file:///etc/passwd"]


def looking_at(url):
    return [{"role": "user", "content": [
        {"type": "text", "text": "What is this?"}, {"type": "image_url", "image_url": {"url": url, "detail": "low"}},
    ]}]  # fmt: skip


def test_a_picture_reaches_the_engine_as_the_client_wrote_it(client, upstream):
    sent = looking_at(PICTURE)
    chat(client, messages=sent)
    assert upstream.last("chat/completions")["messages"] == sent


def test_pictures_for_a_model_that_reads_text_alone_are_refused_and_take_it_away_from_nobody(client):
    for _ in range(6):  # five failures in a row would have its engine left alone for a while
        with pytest.raises(openai.BadRequestError, match="image input is not supported"):
            chat(client, model="tiny", messages=looking_at(PICTURE))
    assert chat(client, model="tiny", max_tokens=1).choices


@pytest.mark.parametrize("url", INSIDE)
@pytest.mark.parametrize("model", ["writer", "tiny"])
def test_a_picture_by_address_is_refused_with_a_word_on_what_to_do(client, upstream, model, url):
    before = len(upstream.heard)
    with pytest.raises(openai.BadRequestError) as caught:
        chat(client, model=model, messages=looking_at(url))
    assert (caught.value.code, caught.value.param) == ("address_refused", "messages[0].content[1].image_url.url")
    assert "data:" in str(caught.value)
    assert len(upstream.heard) == before


@pytest.mark.parametrize("part", [
    {"type": "input_image", "image_url": INSIDE[0]}, {"type": "input_file", "file_url": INSIDE[0]},
])  # fmt: skip
def test_a_response_refuses_an_address_by_the_name_its_caller_gave(client, upstream, part):
    before = len(upstream.heard)
    with pytest.raises(openai.BadRequestError) as caught:
        client.responses.create(model="writer", input=[{"role": "user", "content": [part]}])
    assert caught.value.code == "address_refused"
    assert caught.value.param.startswith("input[0].content[0].")
    assert len(upstream.heard) == before


def test_a_recording_by_address_is_refused_among_the_fields_of_a_form(client, upstream):
    before = len(upstream.heard)
    with pytest.raises(openai.BadRequestError) as caught:
        client.audio.transcriptions.create(model="ear", file=("a.wav", b"RIFF"), extra_body={"file_url": INSIDE[1]})
    assert (caught.value.code, caught.value.param) == ("address_refused", "file_url")
    assert len(upstream.heard) == before
