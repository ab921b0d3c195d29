# SPDX-License-Identifier: Apache-2.0
"""Who writes for a service: by gate and residency, the next one where the first cannot begin, nobody where none may."""

import asyncio
import sys
import time
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

import msgspec
import pytest

sys.path.insert(0, str(Path(__file__).parent / "routing"))
sys.path.insert(0, str(Path(__file__).parents[1] / "models"))

from routing_calls import ANYWHERE, WELL, call, interrupted, unavailable
from tiny_model import write_thinking_model

from daulat.assistant.patience import Patience
from daulat.assistant.writing import written_sentences
from daulat.gateway._asgi import Request
from daulat.gateway._chunks import Envelope
from daulat.gateway.defaults import OpenGrant
from daulat.gateway.observe import CallObserver, EnergyBook, Metrics, Power
from daulat.gateway.ports import Call
from daulat.gateway.proxy.account import Account, accounted
from daulat.gateway.proxy.asked import MOST_EVIDENCE, read_asked
from daulat.gateway.routing import Declared, ModelRouter, Post, Residency, Route, Rule
from daulat.gateway.routing.breaker import BreakerSettings
from daulat.gateway.writing import ServiceWriter
from daulat.models import (
    ChatRequest,
    EmbeddedEngine,
    EmbeddedSettings,
    EngineInterrupted,
    EngineRefused,
    FakeEngine,
    GateResult,
    Gates,
    Message,
)
from daulat.models.fake import Reply

ASKED = ChatRequest("", (Message("user", "Who reports a birth?"),))
SAYS = Reply(("The family ", "reports it."))


@dataclass(frozen=True)
class Settled(OpenGrant):
    """A grant that remembers what was booked."""

    booked: list = field(default_factory=list)
    in_vain: list = field(default_factory=list)

    def settle(self, usage) -> None:
        self.booked.append(usage)

    def discard(self, usage) -> None:
        self.in_vain.append(usage)


def passed(*models: str, language: str = "xa") -> Gates:
    return Gates([GateResult(m, "health", language, True, "suite", "0" * 64, date(2026, 1, 31)) for m in models])


def post(model: str, *replies: Reply, place: str = "XA", **fields) -> Post:
    return Post(Declared(model, FakeEngine([model], replies or [SAYS], name=model), place, **fields))


@pytest.fixture
def open_writer(fakes):
    """Give the writer of one citizen's call over a router, and the account behind it."""

    def make(*posts: Post, gates: Gates, residency: Residency = ANYWHERE):
        routes = [Route(each.model, ((each, 1.0),)) for each in posts]
        router = ModelRouter(posts, routes, residency, gates=gates, clock=time.monotonic)
        parts = fakes.make_parts(router=router)
        called = Call("xa/health", "chat/completions", 5, 1_000, service="health")
        account = Account(parts, called, Settled(data_class="personal"), parts.clock())
        return ServiceWriter(account), account

    return make


async def written(writer: ServiceWriter) -> str:
    return "".join([delta.content async for delta in writer.stream(ASKED)])


async def test_the_first_declared_model_that_passed_writes(open_writer):
    writer, account = open_writer(post("none"), post("one"), post("two"), gates=passed("two", "one"))
    assert await writer.find("health", "xa") is writer
    assert await written(writer) == "The family reports it."
    assert writer.model == "one"
    assert writer.engine is writer
    assert account.target.reason == "preferred; personal may go to anywhere; passed health in xa"
    assert (writer.usage.prompt_tokens, writer.usage.completion_tokens) == (4, 4)  # the fake engine counts words


@pytest.mark.parametrize(("service", "language"), [("education", "xa"), ("health", "xb")])
async def test_where_no_model_passed_nobody_writes(open_writer, service, language):
    writer, account = open_writer(post("one"), gates=passed("one"))
    assert await writer.find(service, language) is None
    assert account.target is None


async def test_what_passed_abroad_writes_nothing_of_a_citizen(open_writer):
    at_home = Residency({"personal": Rule({"XA"})})
    writer, _ = open_writer(post("far", place="XB"), post("near"), gates=passed("far", "near"), residency=at_home)
    assert await writer.find("health", "xa") is writer
    assert writer.model == "near"
    writer, _ = open_writer(post("far", place="XB"), gates=passed("far"), residency=at_home)
    assert await writer.find("health", "xa") is None


async def test_a_gate_is_of_the_model_in_the_catalogue_where_it_is_declared_under_another_name(open_writer):
    writer, _ = open_writer(post("writer", kind="apertus-8b"), gates=passed("apertus-8b"))
    assert await writer.find("health", "xa") is writer


async def test_the_next_takes_over_from_one_that_cannot_begin_and_is_the_one_that_is_named(open_writer):
    away = Reply((), error=unavailable())
    writer, account = open_writer(post("one", away), post("two"), gates=passed("one", "two"))
    await writer.find("health", "xa")
    assert await written(writer) == "The family reports it."
    assert writer.model == "two"
    account.settle(account.measured(None, 1))
    [usage] = account.grant.booked
    assert (usage.engine, usage.declared) == ("two", "two")


class Approving:
    """A verifier to whom every sentence is right, so that what a model thought would pass it too."""

    def check(self, sentence):
        return sentence


async def test_a_citizen_never_reads_what_an_embedded_model_thought_though_it_is_counted(open_writer, tmp_path):
    weights = write_thinking_model(tmp_path / "thinker.gguf")
    settings = EmbeddedSettings(context_length=512, threads=1)
    async with EmbeddedEngine("thinker", weights, settings=settings) as engine:
        writer, _ = open_writer(Post(Declared("thinker", engine, "XA")), gates=passed("thinker"))
        await writer.find("health", "xa")
        sentences = [sentence async for sentence in written_sentences(writer, ASKED, Approving())]
    assert sentences == ["It is four."]
    # Two tags, three tokens of thought, three of the answer, and the end.
    assert writer.usage.completion_tokens == 9


async def test_the_usage_of_a_service_tells_what_its_writer_took(fakes):
    one = post("one")
    router = ModelRouter([one], [Route("one", ((one, 1.0),))], ANYWHERE, gates=passed("one"), clock=time.monotonic)
    energy = EnergyBook({"one": Power.of_size(8, 8, 1.2, 500.0)}, time.monotonic)
    parts = fakes.make_parts(router=router, observer=CallObserver(energy, Metrics(router, ["one"])))
    called = Call("xa/health", "chat/completions", 5, 1_000, service="health")
    account = Account(parts, called, Settled(data_class="personal"), parts.clock())
    writer = ServiceWriter(account)
    await writer.find("health", "xa")
    await written(writer)

    async def chunks():
        yield Envelope("id", 0, "xa/health").usage(writer.usage)

    [chunk] = [each async for each in accounted(chunks(), account)]
    [usage] = account.grant.booked
    assert chunk.usage.daulat["energy_uwh"] == round(usage.energy_wh * 1e6)
    assert chunk.usage.daulat["ttft_us"] == round(usage.time_to_first_token_s * 1e6)


async def test_one_that_was_too_slow_is_booked_in_vain_and_after_a_few_times_not_asked(open_writer):
    slow = post("one")
    for _ in range(BreakerSettings().in_a_row):
        writer, account = open_writer(slow, gates=passed("one"))
        assert await writer.find("health", "xa") is writer
        stream = writer.stream(ASKED)
        await anext(stream)
        await stream.aclose()
        writer.too_slow(Patience()._too_slow())
        account.settle(account.measured(None))
        assert [usage.discarded for usage in account.grant.in_vain] == ["broke_off"]
        assert [usage.engine for usage in account.grant.booked] == [""]
        assert (writer.usage.prompt_tokens, writer.usage.completion_tokens) == (0, 0)
    writer, _ = open_writer(slow, gates=passed("one"))
    assert await writer.find("health", "xa") is None


async def test_one_that_breaks_off_is_not_followed_by_a_second_beginning(open_writer):
    broken = Reply(("The family ",), error=interrupted())
    second = post("two")
    writer, account = open_writer(post("one", broken), second, gates=passed("one", "two"))
    await writer.find("health", "xa")
    with pytest.raises(EngineInterrupted):
        await written(writer)
    assert second.in_flight == 0
    assert account.target is None  # the text answers, and no engine is named for it
    [usage] = account.grant.in_vain
    # The 20 bytes of the question are taken as 6 tokens, and one piece was written.
    assert (usage.engine, usage.discarded, usage.prompt_tokens, usage.completion_tokens) == ("one", "broke_off", 6, 1)
    assert usage.estimated


async def test_a_call_that_waits_for_a_model_that_passed_is_not_handed_to_one_that_did_not():
    fit, unfit = post("fit", concurrency=1), post("unfit", concurrency=1)
    route = Route("writer", ((unfit, 1.0), (fit, 1.0)), "least-busy")
    router = ModelRouter([unfit, fit], [route], ANYWHERE, gates=passed("fit"), clock=time.monotonic)
    asked = call("xa/health", service="health", language="xa")
    first, raw = await router.choose(asked, OpenGrant()), await router.choose(call(), OpenGrant())
    assert (first.model, raw.model) == ("fit", "unfit")
    waiting = asyncio.ensure_future(router.choose(asked, OpenGrant()))
    await asyncio.sleep(0)
    router.ended(raw, WELL, None)  # the one that did not pass is free again
    await asyncio.sleep(0)
    assert not waiting.done()
    router.ended(first, WELL, None)
    assert (await waiting).model == "fit"


async def test_no_model_reads_more_than_is_reserved_for(open_writer):
    one = post("one")
    writer, account = open_writer(one, gates=passed("one"))
    await writer.find("health", "xa")
    size = len(ASKED.messages[0].content)
    account.call = msgspec.structs.replace(account.call, prompt_bound=size - 1)
    with pytest.raises(EngineRefused):
        await written(writer)
    account.call = msgspec.structs.replace(account.call, prompt_bound=size)
    assert await written(writer) == "The family reports it."


def test_a_question_to_a_service_reserves_for_what_its_model_reads_too():
    body = b'{"model":"xa/health","messages":[{"role":"user","content":"Who reports a birth?"}]}'
    asked = read_asked(body, "chat/completions")
    request = Request("POST", "", "", {}, None, "r")
    assert asked.call(request).prompt_bound == len(body)
    assert asked.call(request, "health").prompt_bound == len(body) + MOST_EVIDENCE
