# SPDX-License-Identifier: Apache-2.0
"""Through a real gateway to real servers: who fails is passed over, who is late overtaken, who is too small topped."""

import asyncio
import json
from contextlib import asynccontextmanager

import pytest
from gateway_process import running_gateway
from routing_calls import ANYWHERE
from scripted_server import DONE, EVENT_STREAM, SILENCE, ScriptedServer, counts, says, status

from daulat.gateway.defaults import OpenAdmission, OpenGrant
from daulat.gateway.routing import Declared, KeptAnswers, ModelRouter, Post, QueueSettings, Residency, Route, Rule
from daulat.gateway.routing.verify import Verification
from daulat.models import RemoteEngine

ASK = {"model": "writer", "messages": [{"role": "user", "content": "hello"}]}


def answer(text: str, finish: str = "stop", **fields) -> dict:
    choice = {"index": 0, "message": {"role": "assistant", "content": text}, "finish_reason": finish} | fields
    usage = {"prompt_tokens": 9, "completion_tokens": 2, "total_tokens": 11}
    return {"id": "1", "object": "chat.completion", "created": 1, "model": "m", "choices": [choice], "usage": usage}


class Two:
    """A gateway before two scripted engines, `north` and `south`; in a cascade north is the small one."""

    def __init__(self, gateway, north, south, router) -> None:
        self.gateway, self.north, self.south, self.router = gateway, north, south, router

    async def ask(self, body=None, **headers):
        return await self.gateway.ask(body or ASK, **headers)

    @property
    def answered_by(self) -> str:
        return self.gateway.headers["x-daulat-engine"]

    @property
    def reason(self) -> str:
        return self.gateway.headers["x-daulat-route-reason"]

    def is_idle(self) -> bool:
        return all(post.in_flight == 0 for post in self.router.posts.values())


@pytest.fixture
async def two():
    """Give a function that opens a gateway over two engines, with a policy."""

    @asynccontextmanager
    async def opened(
        policy="weighted", concurrency=0, residency=ANYWHERE, queue=None, parts=None, output_limit=0, **fields
    ):
        async with ScriptedServer() as north, ScriptedServer() as south:
            posts = [
                Post(Declared(name, RemoteEngine(server.base_url, name=name, names={name: f"Org/{name}"}), place=place,
                              concurrency=concurrency, output_limit=output_limit))
                for name, server, place in (("north", north, "XA"), ("south", south, "XB"))
            ]  # fmt: skip
            route = Route("writer", tuple((post, 1.0) for post in posts), policy, **fields)
            router = ModelRouter(posts, [route], residency, queue=queue)
            async with running_gateway(router, **(parts or {})) as gateway:
                yield Two(gateway, north, south, router)
            for post in posts:
                await post.declared.engine.close()

    return opened


async def test_an_engine_is_told_where_an_answer_ends_whose_caller_set_no_bound(two):
    async with two("least-busy", output_limit=64) as pair:
        for body in (ASK, ASK | {"max_tokens": 8}):
            pair.north.answers(status(200, answer("hi")))
            assert (await pair.ask(body))[0] == 200
        assert [json.loads(body)["max_tokens"] for _, _, body in pair.north.requests] == [64, 8]


FAILURES = {
    "refuses the connection": None,
    "500": [status(500, {"error": {"message": "out of memory"}})],
    "503": [status(503, {})],
    "hangs up": [],
    "lies about its length": [b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 99\r\n\r\n{"],
}


@pytest.mark.parametrize("failure", FAILURES.values(), ids=FAILURES)
async def test_a_whole_answer_comes_from_the_next_engine(two, failure):
    async with two() as pair:
        if failure is None:
            pair.north._server.close()
        else:
            pair.north.answers(*failure)
        pair.south.answers(status(200, answer("Yes")))
        code, body = await pair.ask()
        assert code == 200, body
        assert pair.answered_by == "south"
        assert pair.reason.startswith("retry")
        assert json.loads(pair.south.requests[0][2])["model"] == "Org/south"
        assert pair.is_idle()


@pytest.mark.parametrize("failure", [[status(500, {})], [EVENT_STREAM], []], ids=["500", "no event", "hangs up"])
async def test_a_stream_that_has_no_first_token_yet_begins_anew_elsewhere(two, failure):
    async with two() as pair:
        pair.north.answers(*failure)
        pair.south.answers(EVENT_STREAM, says("Yes", finish="stop"), counts(9, 1), DONE)
        code, body = await pair.ask(ASK | {"stream": True})
        assert (code, pair.answered_by) == (200, "south")
        assert b'"Yes"' in body
        assert b"error" not in body


async def test_a_stream_that_has_begun_breaks_off_with_a_word_and_is_not_begun_anew(two):
    async with two() as pair:
        pair.north.answers(EVENT_STREAM, says("Ye"))
        code, body = await pair.ask(ASK | {"stream": True})
        assert (code, pair.answered_by) == (200, "north")
        assert b'"code":"models.engine.interrupted"' in body
        assert pair.south.requests == []


async def test_what_the_caller_did_wrong_is_told_and_not_asked_elsewhere(two):
    async with two() as pair:
        pair.north.answers(status(400, {"error": {"message": "too long"}}))
        code, _ = await pair.ask()
        assert (code, pair.south.requests) == (400, [])


async def test_nothing_is_sent_where_the_data_may_not_go_although_the_only_other_engine_fails(two):
    at_home = Residency({"personal": Rule({"XA"})})
    async with two(residency=at_home) as pair:
        pair.north.answers(status(500, {}))
        code, _ = await pair.ask()
        assert code == 503
        assert pair.south.requests == []


async def test_who_is_late_is_overtaken_and_stopped(two):
    async with two("least-busy", hedge_after_s=0.05) as pair:
        pair.north.answers(SILENCE)
        pair.south.answers(status(200, answer("Yes")))
        code, body = await pair.ask()
        assert code == 200, body
        assert (pair.answered_by, pair.reason.split(";")[0]) == ("south", "hedge")
        async with asyncio.timeout(10):
            await pair.north.hung_up.wait()
        assert pair.is_idle()


async def test_a_late_stream_is_overtaken_before_its_first_byte(two):
    async with two("least-busy", hedge_after_s=0.05) as pair:
        pair.north.answers(EVENT_STREAM, SILENCE)
        pair.south.answers(EVENT_STREAM, says("Ye"), says("s", finish="stop"), counts(9, 2), DONE)
        code, body = await pair.ask(ASK | {"stream": True})
        assert (code, pair.answered_by) == (200, "south")
        assert body.count(b'"content"') == 2
        async with asyncio.timeout(10):
            await pair.north.hung_up.wait()
        assert pair.is_idle()


async def test_who_is_in_time_is_asked_alone(two):
    async with two("least-busy", hedge_after_s=30.0) as pair:
        pair.north.answers(status(200, answer("Yes")))
        assert (await pair.ask())[0] == 200
        assert (pair.answered_by, pair.south.requests) == ("north", [])
        assert pair.is_idle()


async def test_when_both_fail_the_caller_hears_of_it_once(two):
    async with two("least-busy", hedge_after_s=0.05) as pair:
        pair.north.answers(status(500, {}))
        pair.south.answers(status(500, {}))
        assert (await pair.ask())[0] == 503
        assert pair.is_idle()


SCHEMA = {"type": "object", "properties": {"age": {"type": "integer"}}, "required": ["age"]}
AS_JSON = {"response_format": {"type": "json_schema", "json_schema": {"name": "a", "schema": SCHEMA}}}
UNSURE = {"logprobs": {"content": [{"logprob": -4.0}, {"logprob": -2.0}]}}
RULES = Verification(minimal_logprob=-2.5, refusals=["(?i)^i cannot"])


@pytest.mark.parametrize(
    ("body", "small", "fault"),
    [
        ({}, answer("Yes, and", finish="length"), "ended with length"),
        (AS_JSON, answer('{"age": "ten"}'), "broke the schema"),
        (AS_JSON, answer("ten"), "gave no json"),
        ({}, answer("Perhaps", **UNSURE), "was unsure"),
        ({}, answer("I cannot say"), "declined"),
    ],
    ids=["length", "schema", "no json", "unsure", "refusal"],
)
async def test_a_small_answer_that_will_not_do_goes_to_the_larger_model(two, body, small, fault):
    async with two("cascade", verify=RULES) as pair:
        pair.north.answers(status(200, small))
        pair.south.answers(status(200, answer('{"age": 10}')))
        code, told = await pair.ask(ASK | body)
        assert code == 200
        assert json.loads(told)["choices"][0]["message"]["content"] == '{"age": 10}'
        assert pair.answered_by == "south"
        assert pair.reason.startswith(f"cascade: north {fault}")
        assert pair.is_idle()


async def test_a_small_answer_that_will_do_is_enough(two):
    async with two("cascade", verify=RULES) as pair:
        pair.north.answers(status(200, answer('{"age": 10}')))
        assert (await pair.ask(ASK | AS_JSON))[0] == 200
        assert (pair.answered_by, pair.south.requests) == ("north", [])
        assert pair.is_idle()


async def test_a_small_model_that_is_away_leaves_it_to_the_larger(two):
    async with two("cascade", verify=RULES) as pair:
        pair.north.answers(status(500, {}))
        pair.south.answers(status(200, answer("Yes")))
        assert (await pair.ask())[0] == 200
        assert pair.reason.startswith("cascade: north could not answer")
        assert pair.is_idle()


async def until(condition):
    async with asyncio.timeout(20):
        while not condition():
            await asyncio.sleep(0.01)


@asynccontextmanager
async def large_model_busy(pair):
    """Hold the one place of the larger model, and let the small one give an answer that will not do."""
    pair.south.answers(EVENT_STREAM, SILENCE)
    holding = asyncio.create_task(pair.ask(ASK | {"stream": True}))
    await until(lambda: pair.south.requests)
    pair.north.answers(status(200, answer("Yes, and", finish="length")))
    yield holding
    holding.cancel()
    await asyncio.gather(holding, return_exceptions=True)
    await until(pair.is_idle)


async def test_a_call_that_waits_for_the_larger_model_does_not_hold_the_small_one(two):
    async with two("cascade", concurrency=1, verify=RULES) as pair, large_model_busy(pair) as holding:
        asking = asyncio.create_task(pair.ask())
        await until(lambda: pair.router.waiting)
        assert pair.router.posts["north"].in_flight == 0
        pair.south.answers(status(200, answer("Yes")))
        holding.cancel()
        assert (await asking)[0] == 200
        assert pair.answered_by == "south"


async def test_a_place_is_given_back_once_where_the_larger_model_has_none(two):
    none_waits = QueueSettings(limit=0)
    async with two("cascade", concurrency=1, verify=RULES, queue=none_waits) as pair, large_model_busy(pair):
        code, told = await pair.ask()
        assert (code, json.loads(told)["error"]["code"]) == (429, "queue_full")
        assert pair.router.posts["north"].in_flight == 0


async def test_a_place_is_given_back_once_where_the_caller_leaves_while_it_waits(two):
    async with two("cascade", concurrency=1, verify=RULES) as pair, large_model_busy(pair):
        asking = asyncio.create_task(pair.ask())
        await until(lambda: pair.router.waiting)
        asking.cancel()
        await until(lambda: not pair.router.waiting)
        assert pair.router.posts["north"].in_flight == 0


async def test_a_stream_goes_to_the_larger_model_since_it_cannot_be_verified(two):
    async with two("cascade", verify=RULES) as pair:
        pair.south.answers(EVENT_STREAM, says("Yes", finish="stop"), DONE)
        assert (await pair.ask(ASK | {"stream": True}))[0] == 200
        assert (pair.answered_by, pair.north.requests) == ("south", [])


async def test_one_more_than_the_queue_takes_is_told_when_to_come_back(two):
    async with two("least-busy", concurrency=1, queue=QueueSettings(limit=0)) as pair:
        pair.north.answers(SILENCE)
        pair.south.answers(SILENCE)
        held = [asyncio.create_task(pair.ask()) for _ in range(2)]
        async with asyncio.timeout(10):
            while not (pair.north.requests and pair.south.requests):
                await asyncio.sleep(0.01)
        code, body = await pair.ask()
        assert (code, json.loads(body)["error"]["code"]) == (429, "queue_full")
        assert int(pair.gateway.headers["retry-after"]) >= 1
        for task in held:
            task.cancel()
        await asyncio.gather(*held, return_exceptions=True)


async def test_a_caller_that_leaves_while_it_waits_is_not_asked_for(two):
    async with two("least-busy", concurrency=1) as pair:
        pair.north.answers(SILENCE)
        pair.south.answers(SILENCE)
        held = [asyncio.create_task(pair.ask()) for _ in range(2)]
        async with asyncio.timeout(20):
            while not (pair.north.requests and pair.south.requests):
                await asyncio.sleep(0.01)
            third = asyncio.create_task(pair.ask())
            while not pair.router.waiting:
                await asyncio.sleep(0.01)
            third.cancel()
            while pair.router.waiting:
                await asyncio.sleep(0.01)
        for task in held:
            task.cancel()
        await asyncio.gather(*held, third, return_exceptions=True)
        assert len(pair.north.requests) + len(pair.south.requests) == 2


class Admission(OpenAdmission):
    """Admits everybody on the account that they name as their key."""

    async def admit(self, call):
        return OpenGrant(organisation=call.credential, data_class="public")


class ByProject(OpenAdmission):
    """Admits everybody for the project that they name as their key."""

    async def admit(self, call):
        return OpenGrant(project=call.credential, data_class="public")


ENGINE_FAILS = {
    "500": ([status(500, {"error": {"message": "list index out of range"}})], {}),
    "an error among the events": ([EVENT_STREAM, b'data: {"error": {"code": 500}}\n\n'], {"stream": True}),
    "what is no stream": ([status(200, {})], {"stream": True}),
    "JSON that is none": ([b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 1\r\n\r\n{"], {}),
}


@pytest.mark.parametrize(("failure", "fields"), ENGINE_FAILS.values(), ids=ENGINE_FAILS)
async def test_a_caller_whose_requests_an_engine_fails_at_takes_it_away_from_nobody(two, failure, fields):
    async with two(parts={"admission": ByProject()}) as pair:
        for _ in range(12):
            pair.north.answers(*failure)
            pair.south.answers(*failure)
            await pair.ask(ASK | fields, Authorization="Bearer careless")
        assert len(pair.north.requests) == len(pair.south.requests) == 12
        pair.north.answers(status(200, answer("Yes")))
        pair.south.answers(status(200, answer("Yes")))
        assert (await pair.ask(Authorization="Bearer careful"))[0] == 200
        assert len(pair.north.requests) + len(pair.south.requests) == 25


async def test_an_engine_that_fails_two_callers_is_left_alone(two):
    async with two(parts={"admission": ByProject()}) as pair:
        for number in range(12):
            pair.north.answers(status(500, {}))
            pair.south.answers(status(500, {}))
            await pair.ask(Authorization=f"Bearer {number % 2}")
        assert (len(pair.north.requests), len(pair.south.requests)) == (5, 5)


@pytest.mark.parametrize("failure", [[status(502, {})], [status(504, {})], []], ids=["502", "504", "hangs up"])
async def test_an_engine_that_is_gone_is_left_alone_whoever_finds_it(two, failure):
    async with two(parts={"admission": ByProject()}) as pair:
        for _ in range(12):
            pair.north.answers(*failure)
            pair.south.answers(*failure)
            await pair.ask(Authorization="Bearer only")
        assert (len(pair.north.requests), len(pair.south.requests)) == (5, 5)


async def test_the_same_deterministic_request_is_answered_once_for_each_organisation(two):
    kept = KeptAnswers({"writer": 60.0})
    async with two(parts={"answers": kept, "admission": Admission()}) as pair:
        for text in ("first", "second", "third", "fourth"):
            pair.north.answers(status(200, answer(text)))
            pair.south.answers(status(200, answer(text)))
        cold = ASK | {"temperature": 0}

        async def said(body, organisation):
            code, told = await pair.ask(body, Authorization=f"Bearer {organisation}")
            assert code == 200
            return json.loads(told)["choices"][0]["message"]["content"], len(pair.north.requests + pair.south.requests)

        first, asked = await said(cold, "health")
        assert (await said(cold, "health")) == (first, asked)  # kept
        assert (await said(cold, "schools"))[1] == asked + 1  # never another's
        assert (await said(ASK, "health"))[1] == asked + 2  # not deterministic
        assert (await said(cold | {"top_p": 1}, "health"))[1] == asked + 3  # not the same
        assert (kept.hits, kept.count) == (1, 3)
        assert (await said(cold, "health"))[0] == first
        assert pair.reason.startswith("kept; ")
        assert pair.is_idle()
