# SPDX-License-Identifier: Apache-2.0
"""The official Python client, unmodified, finds what it expects."""

import base64
import struct

import openai
import pydantic
import pytest

SERVICE = "xa/public-services"


@pytest.fixture
def client(live):
    with openai.OpenAI(base_url=f"{live.base_url}/v1", api_key="none", max_retries=0) as client:
        yield client


def ask(client, text, **fields):
    return client.chat.completions.create(
        model=fields.pop("model", SERVICE), messages=[{"role": "user", "content": text}], **fields
    )


def test_a_service_is_listed_as_a_model(client):
    assert SERVICE in [model.id for model in client.models.list()]
    assert client.models.retrieve(SERVICE).owned_by == "Exampland"


def test_an_answer_carries_its_citation_as_an_annotation(client, live):
    message = ask(client, "When must a birth be reported?").choices[0].message
    citation = message.annotations[0].url_citation
    assert message.content[citation.start_index : citation.end_index] == "[1]"
    assert citation.url == f"{live.base_url}/p/XA-1-2001%3Apasal-28%237"
    assert citation.model_extra["article"] == "Pasal 28"
    assert citation.model_extra["status"] == "in_force"


def test_a_stream_says_the_same_as_the_whole_answer(client):
    whole = ask(client, "When?").choices[0].message
    text, citations = "", []
    for chunk in ask(client, "When?", stream=True):
        for choice in chunk.choices:
            text += choice.delta.content or ""
            citations += choice.delta.model_extra.get("annotations", [])
    assert text == whole.content
    assert [each["url_citation"]["passage_id"] for each in citations] == ["XA-1-2001:pasal-28#7"]


def test_the_clients_own_stream_puts_several_citations_together(client):
    messages = [{"role": "user", "content": "When, told twice?"}]
    with client.chat.completions.stream(model=SERVICE, messages=messages) as stream:
        for _event in stream:
            pass
        message = stream.get_final_completion().choices[0].message
    streamed = [each["url_citation"]["passage_id"] for each in message.to_dict()["annotations"]]
    whole = [each.url_citation.passage_id for each in ask(client, "When, told twice?").choices[0].message.annotations]
    assert streamed == whole
    assert len(whole) == 3
    assert message.content == ask(client, "When, told twice?").choices[0].message.content


def test_a_whole_answer_numbers_its_annotations_by_their_order_alone(client):
    message = ask(client, "When, told twice?").choices[0].message
    assert all("index" not in each.to_dict() for each in message.annotations)


def test_usage_comes_at_the_end_of_a_stream_when_asked_for(client):
    *_, last = ask(client, "count me", model="tiny", stream=True, stream_options={"include_usage": True})
    assert (last.choices, last.usage.prompt_tokens, last.usage.completion_tokens) == ([], 2, 6)
    assert all(chunk.usage is None for chunk in ask(client, "count me", model="tiny", stream=True))


def test_a_declined_question_names_whom_to_ask(client):
    completion = ask(client, "Who wins the election?")
    details = completion.model_extra["daulat"]
    assert details["mode"] == "declined"
    assert details["answered"] is False
    assert details["contacts"][0]["phone"] == "150"


def test_verification_that_changes_the_text_replaces_it(client):
    *_, last = [chunk for chunk in ask(client, "please verify", stream=True) if chunk.choices]
    assert last.model_extra["daulat"]["text"] == "Verified. [1]"
    assert ask(client, "please verify").choices[0].message.content == "Verified. [1]"


def test_reasoning_is_kept_apart_from_the_answer(client):
    message = ask(client, "2+2?", model="thinking").choices[0].message
    assert message.content == "Four."
    assert message.model_extra["reasoning_content"] == "2+2 is 4"


def test_an_unknown_model_is_not_found(client):
    with pytest.raises(openai.NotFoundError) as caught:
        ask(client, "hello", model="gpt-none")
    assert caught.value.code == "model_not_found"


def test_what_could_not_be_honoured_is_refused(client):
    tool = {"type": "function", "function": {"name": "f", "parameters": {}}}
    with pytest.raises(openai.BadRequestError) as caught:
        ask(client, "hello", tools=[tool])
    assert (caught.value.code, caught.value.param) == ("unsupported_parameter", "tools")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("response_format", {"type": "json_object"}),
        ("response_format", {"type": "json_schema", "json_schema": {"name": "a", "schema": {"type": "object"}}}),
        ("tool_choice", "required"),
        ("tool_choice", {"type": "function", "function": {"name": "f"}}),
        ("store", True),
        ("n", 2),
    ],
)
def test_what_would_be_missing_from_the_answer_is_refused_in_words(client, name, value):
    with pytest.raises(openai.BadRequestError, match=f"`{name}` is not supported") as caught:
        ask(client, "hello", **{name: value})
    assert (caught.value.code, caught.value.param) == ("unsupported_parameter", name)


def test_what_asks_for_nothing_special_is_passed_over(client):
    plain = {"response_format": {"type": "text"}, "tool_choice": "auto", "store": False, "n": 1, "top_p": 0.5}
    assert ask(client, "When?", **plain).choices[0].message.content


def test_an_earlier_answer_that_was_a_refusal_is_read_as_the_text_that_it_is(client):
    turns = [
        {"role": "user", "content": "When?"},
        {"role": "assistant", "content": [{"type": "refusal", "refusal": "I cannot say."}]},
        {"role": "user", "content": "When is it due?"},
    ]
    for chat in (client.chat.completions.create(model=SERVICE, messages=turns).choices[0].message.content,
                 client.responses.create(model=SERVICE, input=turns).output_text):  # fmt: skip
        assert chat


def test_a_picture_is_refused_by_what_it_is(client):
    parts = [
        {"type": "text", "text": "What is this?"},
        {"type": "image_url", "image_url": {"url": "data:image/png;base64,AAAA"}},
    ]
    with pytest.raises(openai.BadRequestError, match="no text but `image_url`") as caught:
        client.chat.completions.create(model=SERVICE, messages=[{"role": "user", "content": parts}])
    assert (caught.value.code, caught.value.param) == ("unsupported_content", "messages[0].content[1]")


@pytest.mark.parametrize("numbers", [[9906, 1917], [[9906, 1917], [3923]]])
def test_token_numbers_are_refused_by_what_they_are(client, numbers):
    with pytest.raises(openai.BadRequestError, match="check_embedding_ctx_length=False") as caught:
        client.embeddings.create(model="tiny-encoder", input=numbers)
    assert (caught.value.code, caught.value.param) == ("unsupported_input", "input")


def test_an_application_that_wants_its_own_form_is_told_that_it_cannot_have_it(client):
    class Due(pydantic.BaseModel):
        days: int

    messages = [{"role": "user", "content": "When?"}]
    with pytest.raises(openai.BadRequestError, match="`response_format` is not supported"):
        client.chat.completions.parse(model=SERVICE, messages=messages, response_format=Due)


@pytest.mark.parametrize(("name", "value"), [("n", "x"), ("top_p", -1), ("temperature", 9)])
def test_an_error_of_shape_names_its_field_in_words(client, name, value):
    with pytest.raises(openai.BadRequestError, match=f"`{name}`: Expected"):
        ask(client, "hello", extra_body={name: value})


def test_a_base_url_without_its_end_is_told_so(live):
    with openai.OpenAI(base_url=live.base_url, api_key="none", max_retries=0) as client:
        for call in (lambda: ask(client, "hello"), client.models.list):
            with pytest.raises(openai.NotFoundError, match="it ends in `/v1`"):
                call()


def test_the_encoder_is_no_model_to_talk_to(client):
    with pytest.raises(openai.BadRequestError, match="POST /v1/embeddings"):
        ask(client, "hello", model="tiny-encoder")


def test_as_many_texts_as_openai_takes_are_encoded_at_once(client):
    assert len(client.embeddings.create(model="tiny-encoder", input=["ab"] * 2_048).data) == 2_048
    with pytest.raises(openai.BadRequestError, match="`input`"):
        client.embeddings.create(model="tiny-encoder", input=["ab"] * 2_049)


def test_an_engine_that_breaks_off_is_an_error_and_not_an_end(client):
    with pytest.raises(openai.APIError, match="the engine died"):
        list(ask(client, "hello", model="broken", stream=True))
    with pytest.raises(openai.InternalServerError):
        ask(client, "hello", model="dead", stream=True)


def test_more_texts_than_a_request_holds_are_told_how_clients_send_fewer(client):
    # As LlamaIndex sends them by default: 100 texts of some 1,024 tokens.
    with pytest.raises(openai.BadRequestError, match=r"100,000 characters together.*`embed_batch_size`") as refused:
        client.embeddings.create(model="tiny-encoder", input=["pasal " * 600] * 100)
    assert (refused.value.code, refused.value.param) == ("input_too_long", "input")


def test_embeddings_are_the_same_in_base64_and_as_numbers(client):
    default = client.embeddings.create(model="tiny-encoder", input=["ab", "abc"])
    numbers = client.embeddings.create(model="tiny-encoder", input=["ab", "abc"], encoding_format="float")
    assert [row.embedding for row in default.data] == [row.embedding for row in numbers.data] == [[1, 0, 2], [1, 0, 3]]
    raw = client.embeddings.with_raw_response.create(model="tiny-encoder", input="ab", encoding_format="base64")
    text = raw.http_response.json()["data"][0]["embedding"]
    assert struct.unpack("<3f", base64.b64decode(text)) == (1, 0, 2)


def test_a_chosen_language_reaches_the_service(fakes):
    from daulat.gateway._decode import decode_chat, to_question

    body = b'{"model":"m","metadata":{"language":"su"},"messages":[{"role":"user","content":"Kumaha?"}]}'
    assert to_question(decode_chat(body, "en"), "public-services").language == "su"
