# SPDX-License-Identifier: Apache-2.0
"""What a call reserves is no less than an engine that keeps to its bounds can write."""

import json

from hypothesis import given
from hypothesis import strategies as st

from daulat.gateway._asgi import Request
from daulat.gateway.access.admission import KeyAdmission, Rules
from daulat.gateway.proxy.asked import CHAT, TOKENS_PER_PART, read_asked
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


def test_an_image_that_is_only_named_is_reserved_for():
    part = {"type": "image_url", "image_url": {"url": "https://example.org/a.png"}}
    body = {"model": "m", "messages": [{"role": "user", "content": [part]}]}
    assert read_asked(json.dumps(body).encode(), CHAT).prompt_tokens > TOKENS_PER_PART
