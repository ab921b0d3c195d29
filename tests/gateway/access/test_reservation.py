# SPDX-License-Identifier: Apache-2.0
"""What a call reserves is no less than an engine that keeps to its bounds can read and write."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from daulat.gateway._asgi import Request
from daulat.gateway.access.admission import KeyAdmission, Rules
from daulat.gateway.errors import BadRequest
from daulat.gateway.proxy.asked import CHAT, MOST_PER_PART, RERANK, TOKENS_PER_PART, read_asked
from daulat.gateway.quota.prices import FREE

CONTEXT = 4096
bounds = st.one_of(st.none(), st.integers(1, 10_000))
fields = st.fixed_dictionaries(
    {"messages": st.lists(st.fixed_dictionaries({"role": st.just("user"), "content": st.text(max_size=40)}))},
    optional={
        "max_tokens": bounds,
        "max_completion_tokens": bounds,
        "n": st.integers(1, 8),
        "best_of": st.integers(1, 8),
        "stream": st.booleans(),
    },
)


async def no_body():
    """Stand for the server's side of a request whose body was read."""
    raise AssertionError("nothing is left to read")


def most_written(body: bytes) -> int:
    """Return what an engine with that context may write for a body: each answer to its bound, else to its context."""
    sent = json.loads(body)
    told = [sent[name] for name in ("max_tokens", "max_completion_tokens") if sent.get(name)]
    room = CONTEXT - 1  # a prompt of one token is the shortest
    answers = max(sent.get("n") or 1, sent.get("best_of") or 1)
    return answers * (min(max(told), room) if told else room)


@given(fields, st.one_of(st.none(), st.integers(1, 3000)))
def test_no_engine_that_keeps_to_its_bounds_passes_what_was_reserved(sent, limit):
    limits = {} if limit is None else {"m": limit}
    admission = KeyAdmission(None, None, None, None, Rules(False, {}, {"m": CONTEXT}, limits))
    asked = read_asked(json.dumps({"model": "m"} | sent).encode(), CHAT)
    _, _, reserved, _, _ = admission._needs(asked.call(Request("POST", "", "", {}, no_body, "r")), FREE)
    assert most_written(asked.body_for("m", limit or 0)) <= reserved


lists = st.lists(st.text(max_size=5) | st.lists(st.integers(0, 9), min_size=1, max_size=4), min_size=1, max_size=20)


@given(lists, st.fixed_dictionaries({}, optional={"max_tokens": bounds, "n": st.integers(1, 8)}))
def test_each_prompt_of_a_completion_is_reserved_for(prompts, sent):
    admission = KeyAdmission(None, None, None, None, Rules(False, {}, {"m": CONTEXT}))
    body = json.dumps({"model": "m", "prompt": prompts} | sent).encode()
    asked = read_asked(body, "completions")
    _, _, reserved, _, _ = admission._needs(asked.call(Request("POST", "", "", {}, no_body, "r")), FREE)
    assert len(prompts) * most_written(body) <= reserved


@pytest.mark.parametrize(
    ("sent", "code", "param"),
    [
        ({"n_predict": 500}, "unsupported_field", "n_predict"),
        ({"n_cmpl": 8}, "unsupported_field", "n_cmpl"),
        ({"Max_Tokens": 4_000}, "unsupported_field", "Max_Tokens"),
        ({"max_to\u212aens": 4_000}, "unsupported_field", "max_to\u212aens"),  # the sign of the kelvin
        ({"max_token\u017f": 4_000}, "unsupported_field", "max_token\u017f"),  # the long s
        ({"MODEL": "another"}, "unsupported_field", "MODEL"),
        ({"n": 1_025}, "too_many_answers", "n"),
        ({"best_of": 16_000}, "too_many_answers", "n"),
        ({"prompt": ["a"] * 600, "n": 2}, "too_many_answers", "prompt"),
    ],
)
def test_what_would_be_made_beyond_the_reservation_is_refused(sent, code, param):
    with pytest.raises(BadRequest) as refused:
        read_asked(json.dumps({"model": "m", "prompt": "a", "max_tokens": 1} | sent).encode(), "completions")
    assert (refused.value.code, refused.value.param) == (code, param)


TEMPLATE = 90  # tokens that the template below adds by itself
texts = st.text(max_size=60)
plain = st.one_of(st.integers(), texts, st.booleans(), st.none())
values = st.recursive(plain, lambda each: st.lists(each) | st.dictionaries(texts, each), max_leaves=8)
calls_of_tools = st.lists(st.dictionaries(texts, values, max_size=4).map(json.dumps), min_size=1, max_size=2)
message = st.one_of(
    st.fixed_dictionaries({"role": st.sampled_from(["system", "user", "assistant"]), "content": texts}),
    calls_of_tools.map(lambda said: {"role": "assistant", "content": None, "tool_calls": [
        {"id": "c", "type": "function", "function": {"name": "f", "arguments": each}} for each in said]}),
)  # fmt: skip
tool = st.dictionaries(texts, values, max_size=4).map(lambda p: {"type": "function", "function": {"parameters": p}})


def rendered(sent) -> str:
    """Write a conversation as templates do: marks around each message, tools and calls as JSON with space between."""
    out = "x" * TEMPLATE
    for each in sent.get("tools", []):
        out += json.dumps(each, ensure_ascii=False) + "\n"
    for each in sent["messages"]:
        out += f"\x01{each['role']}\n{each['content'] or ''}"
        for called in each.get("tool_calls", []):
            arguments = json.loads(called["function"]["arguments"])
            out += "\n" + json.dumps({"name": "f", "arguments": arguments}, ensure_ascii=False) + "\n"
        out += "\x02\n"
    return out


def reserved_for(body: bytes, route: str = CHAT) -> int:
    """Return the tokens of the prompt that a call reserves, from the first call on."""
    admission = KeyAdmission(None, None, None, None, Rules(False, {}, {"m": CONTEXT}, {}, {"m": TEMPLATE}))
    return admission._needs(read_asked(body, route).call(Request("POST", "", "", {}, no_body, "r")), FREE)[1]


@given(st.lists(message, max_size=4), st.lists(tool, max_size=2), st.booleans(), st.sampled_from([(",", ":"), None]))
def test_no_tokenizer_that_makes_no_more_tokens_than_bytes_passes_what_was_reserved(messages, tools, ascii, between):
    """The finest of them makes a token of each byte."""
    sent = {"model": "m", "messages": messages} | ({"tools": tools} if tools else {})
    body = json.dumps(sent, ensure_ascii=ascii, separators=between).encode("utf-8", "surrogatepass")
    assert len(rendered(sent).encode("utf-8", "surrogatepass")) <= reserved_for(body)


@given(st.lists(texts, max_size=5), st.booleans())
def test_texts_to_encode_may_each_be_marked_at_both_ends(inputs, ascii):
    body = json.dumps({"model": "m", "input": inputs}, ensure_ascii=ascii, separators=(",", ":")).encode()
    assert sum(len(text.encode()) + 2 for text in inputs) <= reserved_for(body, "embeddings")


@given(texts, st.lists(texts, max_size=5))
def test_a_reranker_reads_the_query_with_each_document(query, documents):
    body = json.dumps({"model": "m", "query": query, "documents": documents}, ensure_ascii=False).encode()
    read = sum(len(query.encode()) + len(document.encode()) + 3 for document in documents)
    assert read <= reserved_for(body, RERANK)


@pytest.mark.parametrize(
    "part",
    [
        b'{"type": "image_url", "image_url": {"url": "data:image/png;base64,AAAA"}}',
        b'{"image_url": "data:image/png;base64,AAAA"}',
        b'{"type": "input_audio", "input_audio": {"data": "AAAA"}}',
        b'{"type": "image\\u005furl", "image\\u005furl": {"url": "data:image/png;base64,AAAA"}}',
    ],
)
def test_an_image_or_a_recording_that_is_only_named_is_reserved_for(part):
    body = b'{"model": "m", "messages": [{"role": "user", "content": [%b]}]}' % part
    assert read_asked(body, CHAT).prompt_tokens > TOKENS_PER_PART
    assert read_asked(body, CHAT).prompt_bound > MOST_PER_PART


@pytest.mark.parametrize(
    "part",
    [
        b'{"type": "image_url", "image_url": {"url": "data:image/png;base64,%b"}}',
        b'{"type": "input_audio", "input_audio": {"data": "%b", "format": "wav"}}',
    ],
)
def test_the_bytes_of_a_picture_are_no_tokens_of_text(part):
    small, large = (
        read_asked(b'{"model": "m", "messages": [{"role": "user", "content": [%b]}]}' % (part % (b"AAAA" * size)), CHAT)
        for size in (1, 200_000)
    )
    assert (large.prompt_tokens, large.prompt_bound) == (small.prompt_tokens, small.prompt_bound)
    assert small.prompt_bound > MOST_PER_PART


@pytest.mark.parametrize("text", ["data:text/plain;base64,AAAA", "AAAA"])
def test_a_text_that_looks_like_bytes_is_reserved_for_as_text(text):
    long = text + "AAAA" * 1_000
    part = {"type": "text", "text": long, "data": long}
    body = json.dumps({"model": "m", "messages": [{"role": "user", "content": [part]}]}).encode()
    assert read_asked(body, CHAT).prompt_bound >= len(body)


def test_a_text_that_speaks_of_images_reserves_for_none():
    body = json.dumps({"model": "m", "messages": [{"role": "user", "content": 'an [1] "image_url" in text'}]}).encode()
    assert read_asked(body, CHAT).prompt_bound == len(body)
