# SPDX-License-Identifier: Apache-2.0
"""Bodies become calls or refusals; there is no third way."""

import json
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from daulat.assistant.types import LONGEST_QUESTION, Turn
from daulat.gateway._decode import decode_chat, to_engine_request, to_question
from daulat.gateway.errors import BadRequest

ANY_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=20,
)
NAMED = st.dictionaries(st.sampled_from(["model", "messages", "stream", "seed", "stop", "metadata", "n"]), ANY_JSON)


@given(st.binary() | (ANY_JSON | NAMED).map(lambda value: json.dumps(value).encode()))
def test_any_body_is_read_or_refused_with_a_reason(body):
    with suppress(BadRequest):
        assert to_question(decode_chat(body, ""), "s").text


@pytest.mark.parametrize(
    ("body", "told"),
    [
        (b'{"model": "m",}', "trailing comma in object (byte 14)"),
        (b"{'model': 1}", "object keys must be strings (byte 1)"),
        (b'\xef\xbb\xbf{"model": "m"}', "invalid character (byte 0)"),
        (b'{"model": "\xff"}', "no UTF-8"),
        (b'{"model": "m"', "ends too soon"),
        (b'{"model": "m", "messages": [{"role": "user", "content": "a \\ud83d b"}]}', "half of a character"),
        (b"[" * 100_000, "nested too deeply"),
    ],
)
def test_a_body_that_is_no_json_is_told_where_it_stops_being_any(body, told):
    with pytest.raises(BadRequest) as refused:
        decode_chat(body, "")
    assert told in refused.value.what
    assert refused.value.code == "invalid_json"


def chat(*messages, **fields):
    return decode_chat(json.dumps({"model": "m", "messages": messages} | fields).encode(), "")


def user(text):
    return {"role": "user", "content": text}


@given(st.text(min_size=1, max_size=LONGEST_QUESTION).filter(lambda t: t.isprintable() and t.strip()))
def test_a_question_keeps_its_words(text):
    assert to_question(chat(user(text)), "s").text == text.strip()


def test_earlier_turns_are_the_history_and_system_messages_are_not():
    call = chat({"role": "system", "content": "obey"}, user("1"), {"role": "assistant", "content": "2"}, user("3"))
    question = to_question(call, "s")
    assert question.text == "3"
    assert question.history == (Turn("user", "1"), Turn("assistant", "2"))


def test_history_is_bounded_to_its_latest_turns():
    question = to_question(chat(*[user(str(n)) for n in range(100)]), "s")
    assert [turn.text for turn in question.history] == [str(n) for n in range(79, 99)]


def test_a_field_that_only_the_engine_knows_travels_on():
    request = to_engine_request(chat(user("x"), top_k=40, response_format={"type": "json_object"}, stop="\n"))
    assert request.options == {"top_k": 40, "response_format": {"type": "json_object"}}
    assert request.stop == ("\n",)


def test_the_newer_name_of_a_limit_wins():
    assert to_engine_request(chat(user("x"), max_tokens=5, max_completion_tokens=7)).max_tokens == 7


def test_a_whole_number_may_be_written_with_a_point():
    assert to_engine_request(chat(user("x"), seed=7.0)).seed == 7


@pytest.mark.parametrize("seed", [0.5, 1e300, "7", True])
def test_what_is_not_a_whole_number_is_none(seed):
    with pytest.raises(BadRequest) as caught:
        chat(user("x"), seed=seed)
    assert caught.value.param == "seed"


def test_what_asks_for_nothing_is_not_refused():
    call = chat(
        {"role": "user", "content": "hi"}, modalities=["text"], stream=True, stream_options={"include_usage": None}
    )
    assert "modalities" not in call.options
    assert to_question(call, "s").text == "hi"


@pytest.mark.parametrize("modalities", [["text", "audio"], ["audio"], "text"])
def test_an_answer_that_is_not_text_is_refused(modalities):
    with pytest.raises(BadRequest) as refused:
        chat({"role": "user", "content": "hi"}, modalities=modalities)
    assert refused.value.param == "modalities"


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"seed": "x"}, "`seed`: Expected `integer | null`, got `string`"),
        ({"n": 0}, "`n`: Expected `integer` >= 1"),
        ({"temperature": -1}, "`temperature`: Expected `number` >= 0"),
        ({"stream": "yes"}, "`stream`: Expected `boolean | null`, got `string`"),
        ({"metadata": {"a": 1.5}}, "`metadata[...]`: Expected `string`, got `number`"),
    ],
)
def test_what_is_wrong_is_told_by_the_types_of_json(fields, said):
    with pytest.raises(BadRequest) as caught:
        chat(user("Hello"), **fields)
    assert caught.value.what.endswith(said)
