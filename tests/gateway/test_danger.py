# SPDX-License-Identifier: Apache-2.0
"""Who is in danger is told whom to call, whatever keeps the service from answering a question."""

import asyncio
import json

import pytest

from daulat.assistant import Question, open_danger
from daulat.errors import DaulatError
from daulat.gateway import Meter, create_app
from daulat.gateway.access.errors import QuotaReached, Unauthorised
from daulat.gateway.composition import DangerWatch
from daulat.nation import find_pack

DANGER = "Saya mau bunuh diri"
QUESTION = "Berapa lama cuti melahirkan?"


class Refusing:
    """Lets nobody in."""

    def __init__(self, error: DaulatError) -> None:
        self._error = error

    async def admit(self, call):
        raise self._error


def loading(parts) -> None:
    parts.assistant = None
    parts.readiness.set("knowledge", "loading")


def failed(parts) -> None:
    parts.assistant = None
    parts.readiness.fail("knowledge", DaulatError("a fault", why="-", fix="-", code="knowledge.sources"))


def over_the_limit(parts) -> None:
    parts.admission = Refusing(QuotaReached("often", why="-", fix="-", code="rate_limit_exceeded", retry_after_s=1))


def with_a_wrong_key(parts) -> None:
    parts.admission = Refusing(Unauthorised("no such key", why="-", fix="-", code="invalid_api_key"))


def full(parts) -> None:
    parts.meter = Meter(parts.meter._receipts, 0, clock=lambda: 0.0)


KEPT_FROM_ANSWERING = {loading: 503, failed: 503, over_the_limit: 429, with_a_wrong_key: 401, full: 429}


@pytest.fixture
def parts(fakes):
    made = fakes.make_parts()
    made.danger = DangerWatch(lambda: open_danger(find_pack("ID"), ("id", "jv", "su")))
    return made


async def ask(parts, text: str, **fields):
    """Ask over the API; return the status and the body."""
    body = {"model": "xa/public-services", "messages": [{"role": "user", "content": text}]} | fields
    waiting, sent = [{"type": "http.request", "body": json.dumps(body).encode(), "more_body": False}], []

    async def receive():
        return waiting.pop() if waiting else await asyncio.Event().wait()

    async def send(message) -> None:
        sent.append(message)

    scope = {
        "type": "http", "method": "POST", "path": "/v1/chat/completions", "query_string": b"",
        "headers": [(b"content-type", b"application/json")], "client": ("192.0.2.1", 1),
    }  # fmt: skip
    await create_app(parts)(scope, receive, send)
    return sent[0]["status"], b"".join(message.get("body", b"") for message in sent[1:]).decode()


@pytest.mark.parametrize("what", KEPT_FROM_ANSWERING, ids=lambda what: what.__name__)
async def test_danger_is_heard_whatever_keeps_a_question_from_being_answered(parts, what):
    what(parts)
    status, body = await ask(parts, DANGER)
    told = json.loads(body)
    assert status == 200, body
    assert told["daulat"]["mode"] == "notice"
    [listed] = told["daulat"]["listed"]
    lines = told["choices"][0]["message"]["content"][listed["start_index"] : listed["end_index"]].splitlines()
    named = [each["name"] for each in told["daulat"]["call"]]
    assert [line.removeprefix("- ").partition(", ")[0] for line in lines] == named
    status, _ = await ask(parts, QUESTION)
    assert status == KEPT_FROM_ANSWERING[what]


async def test_danger_is_told_in_a_stream_that_ends_as_every_other(parts):
    loading(parts)
    status, body = await ask(parts, DANGER, stream=True)
    events = [block.partition("data: ")[2] for block in body.split("\n\n") if "data: " in block]
    assert (status, events[-1]) == (200, "[DONE]")
    [told] = [json.loads(event) for event in events[:-1]]
    assert told["daulat"]["mode"] == "notice"
    assert told["choices"][0]["finish_reason"] == "stop"


async def test_it_leaves_a_receipt_and_is_no_failure(parts):
    loading(parts)
    await ask(parts, DANGER)
    assert [(each.mode, each.service) for each in parts.meter._receipts.receipts] == [("notice", "public-services")]
    assert parts.meter.pulse().failed == 0


async def test_who_is_let_in_is_heard_by_the_assistant_alone(parts):
    asked = []

    async def watch(question: Question):
        asked.append(question)

    parts.danger = watch
    assert (await ask(parts, QUESTION))[0] == 200
    assert asked == []
