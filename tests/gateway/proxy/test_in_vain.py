# SPDX-License-Identifier: Apache-2.0
"""Whatever engines do, each that worked on a call stands in exactly one row of it, with the tokens that it counted."""

import asyncio
import json
import time
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field

from hypothesis import given, settings
from hypothesis import strategies as st

from daulat.errors import DaulatError
from daulat.gateway._asgi import Request
from daulat.gateway.api.inner import Kept
from daulat.gateway.defaults import OpenGrant
from daulat.gateway.proxy import Proxy
from daulat.gateway.routing import Declared, ModelRouter, Post, Residency, Route, Rule
from daulat.models import EngineInterrupted, EngineOverloaded, EngineRefused, EngineUnavailable, FakeEngine, Whole

BODY = b'{"model": "writer", "messages": [{"role": "user", "content": "hello"}]}'
WORDS = {"what": "-", "why": "-", "fix": "-", "code": "c"}
ERRORS = {
    "away": EngineUnavailable(**WORDS),
    "busy": EngineOverloaded(**WORDS),
    "refuses": EngineRefused(**WORDS, status=400),
    "falls silent": EngineUnavailable(**WORDS, was_read=True),
    "breaks off": EngineInterrupted(**WORDS),
}


@dataclass(frozen=True)
class Books(OpenGrant):
    """An admission of one call, and the grant that it gives, which keeps what was booked."""

    data_class: str = "public"
    settled: list = field(default_factory=list)
    in_vain: list = field(default_factory=list)

    async def admit(self, call):
        return self

    def settle(self, usage):
        self.settled.append(usage)

    def discard(self, usage):
        assert not self.settled
        self.in_vain.append(usage)


class Scripted(FakeEngine):
    """Answers with so many tokens, or fails, after a while; notes whether it worked and was let finish."""

    def __init__(self, name: str, deed: str, tokens: int, pause_s: float, worked: list) -> None:
        super().__init__([name], name=name)
        self._deed, self._tokens, self._pause_s, self._worked = deed, tokens, pause_s, worked

    def upstream_id(self, model_id: str) -> str:
        return model_id

    async def send(self, path: str, body: bytes, content_type: str = "application/json") -> Whole:
        try:
            await asyncio.sleep(self._pause_s)
        except asyncio.CancelledError:
            self._worked.append((self.name, 0))
            raise
        error = ERRORS.get(self._deed)
        if error is not None:
            if error.was_read:
                self._worked.append((self.name, 0))
            raise error
        self._worked.append((self.name, self._tokens))
        usage = {"prompt_tokens": 9, "completion_tokens": self._tokens, "total_tokens": 9 + self._tokens}
        choice = {"index": 0, "message": {"content": self._deed}, "finish_reason": "stop"}
        return Whole(json.dumps({"choices": [choice], "usage": usage}).encode(), "application/json")


async def once(fakes, policy: str, engines: list[tuple[str, int, float]]) -> tuple[list, Books]:
    """Ask once; return what each engine did that worked, and the books."""
    worked, books = [], Books()
    posts = [
        Post(Declared(f"e{number}", Scripted(f"e{number}", *each, worked), "XA")) for number, each in enumerate(engines)
    ]
    route = Route(
        "writer", tuple((post, 1.0) for post in posts), "cascade" if policy == "cascade" else "weighted",
        hedge_after_s=0.001 if policy == "hedge" else 0.0, verify=lambda _, answer: "declined" * (b"poor" in answer),
    )  # fmt: skip
    router = ModelRouter(posts, [route], Residency({"public": Rule(None)}), clock=time.monotonic)
    parts = fakes.make_parts(router=router, admission=books)
    request = Request("POST", "/v1/chat/completions", "", {}, asyncio.Event().wait, "r")
    with suppress(DaulatError):
        await Proxy(parts).forward(request, Kept().send, "chat/completions", BODY)
    assert all(post.in_flight == 0 for post in posts)
    return worked, books


deeds = st.tuples(st.sampled_from(["good", "poor", *ERRORS]), st.integers(1, 50), st.sampled_from([0.0, 0.002, 0.01]))


@settings(deadline=None, max_examples=150)
@given(policy=st.sampled_from(["cascade", "hedge", "weighted"]), engines=st.lists(deeds, min_size=1, max_size=3))
def test_each_engine_that_worked_stands_in_one_row_with_what_it_counted(fakes, policy, engines):
    worked, books = asyncio.run(once(fakes, policy, engines))
    [call] = books.settled
    rows = [*books.in_vain, *([call] if call.status == 200 else [])]
    assert Counter((row.engine, row.completion_tokens) for row in rows) == Counter(worked)
    assert all(row.discarded and row.prompt_tokens > 0 for row in books.in_vain)
    if call.status != 200:
        assert (call.prompt_tokens, call.completion_tokens) == (0, 0)
