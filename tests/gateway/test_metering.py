# SPDX-License-Identifier: Apache-2.0
"""Every answer leaves one receipt, and none of them a word."""

import dataclasses
import json
from itertools import count

import pytest

from daulat.assistant.types import Question
from daulat.gateway import create_app
from daulat.gateway._chunks import Envelope, engine_chunks, fold_chunks, service_chunks
from daulat.gateway.errors import BadRequest, NotReady, Overloaded
from daulat.gateway.metering import Meter, Tally
from daulat.gateway.ports import Call
from daulat.gateway.proxy.account import admitted
from daulat.models import ChatRequest, EngineInterrupted, Message


@pytest.fixture
def receipts(fakes):
    return fakes.ReceiptList()


@pytest.fixture
def meter(receipts):
    ticks = count(step=2)  # every look at the clock is two seconds later
    return Meter(receipts, limit=1, clock=lambda: next(ticks))


async def test_an_answer_leaves_a_receipt_without_its_words(fakes, meter, receipts):
    question = Question("a secret about my birth")
    await fold_chunks(service_chunks(question, fakes.ScriptedAssistant(), meter, Envelope("c", 0, "m"), ""))
    [receipt] = receipts.receipts
    assert (receipt.service, receipt.language, receipt.mode) == ("public-services", "id", "quotation")
    assert (receipt.answered, receipt.citations, receipt.release_id) == (True, 1, "r1")
    assert receipt.duration_ms == 2000
    assert not {"secret", "birth"} & set(str(dataclasses.astuple(receipt)).split())


async def test_an_engine_that_breaks_off_leaves_an_unfinished_receipt(fakes, meter, receipts):
    request = ChatRequest("broken", (Message("user", "x"),))
    engine = fakes.ScriptedEngines().engine_for("broken")
    with pytest.raises(EngineInterrupted):
        await fold_chunks(engine_chunks(request, engine, meter, Envelope("c", 0, "broken")))
    [receipt] = receipts.receipts
    assert (receipt.model, receipt.mode, receipt.answered) == ("broken", "unfinished", False)
    assert meter.pulse().failed == 1


async def test_tokens_are_counted_as_the_engine_reports_them(fakes, meter, receipts):
    request = ChatRequest("tiny", (Message("user", "one two three"),))
    engine = fakes.ScriptedEngines().engine_for("tiny")
    completion = await fold_chunks(engine_chunks(request, engine, meter, Envelope("c", 0, "tiny")))
    [receipt] = receipts.receipts
    assert receipt.prompt_tokens == completion.usage.prompt_tokens == 3
    assert receipt.completion_tokens == completion.usage.completion_tokens == 6


@pytest.mark.parametrize(
    ("mode", "answered", "counted"),
    [("notice", False, "notices"), ("notice", True, "answered"), ("declined", False, "declined")],
)
def test_a_greeting_returned_is_no_question_declined(meter, mode, answered, counted):
    with meter.admit(Tally(mode=mode, answered=answered, finished=True)):
        pass
    pulse = meter.pulse()
    counts = {"answered": pulse.answered, "declined": pulse.declined, "notices": pulse.notices, "failed": pulse.failed}
    assert counts == dict.fromkeys(counts, 0) | {counted: 1}


def test_more_than_the_limit_is_turned_away_and_leaves_no_receipt(meter, receipts):
    with meter.admit(Tally()):
        with pytest.raises(Overloaded), meter.admit(Tally()):
            raise AssertionError("let in")
        assert receipts.receipts == []
    with meter.admit(Tally(finished=True)):
        assert meter.pulse().in_progress == 1
    assert meter.pulse().answers == 2


def test_the_pulse_of_a_service_that_was_never_asked_has_no_durations(meter):
    assert meter.pulse().p95_ms is None


class Door:
    """An admission that lets nobody in."""

    def __init__(self, error):
        self.error = error

    async def admit(self, call):
        raise self.error


@pytest.mark.parametrize(
    ("error", "failed"),
    [
        (NotReady("usage cannot be written", why="-", fix="-", code="ledger_unavailable"), 1),
        (RuntimeError("a defect"), 1),
        (BadRequest("no such class", why="-", fix="-", code="unknown_data_class"), 0),
        (Overloaded("the limit is reached", why="-", fix="-", code="rate_limit_exceeded"), 0),
    ],
    ids=["503", "500", "400", "429"],
)
async def test_a_door_that_cannot_be_opened_is_a_failure_and_a_call_turned_away_is_none(fakes, error, failed):
    parts = fakes.make_parts(admission=Door(error))
    with pytest.raises(type(error)):
        await admitted(parts, Call("tiny", "chat/completions"))
    pulse = parts.meter.pulse()
    assert (pulse.failed, pulse.declined, pulse.answered) == (failed, 0, 0)


async def test_the_light_is_red_while_every_call_fails_at_the_door(fakes):
    error = NotReady("usage cannot be written", why="-", fix="-", code="ledger_unavailable")
    app = create_app(fakes.make_parts(admission=Door(error)))
    body = b'{"model":"tiny","messages":[{"role":"user","content":"x"}]}'

    async def asked(method, path):
        sent = []

        async def receive():
            return {"type": "http.request", "body": body, "more_body": False}

        async def send(message):
            sent.append(message)

        headers = [(b"content-type", b"application/json")]
        await app({"type": "http", "method": method, "path": path, "headers": headers}, receive, send)
        return sent[0]["status"], json.loads(b"".join(message.get("body", b"") for message in sent[1:]))

    assert (await asked("POST", "/v1/chat/completions"))[0] == 503
    _, status = await asked("GET", "/v1/status")
    assert (status["level"], status["pulse"]["failed"], status["pulse"]["declined"]) == ("red", 1, 0)


async def test_the_gateway_answers_429_with_a_time_to_come_back(fakes):
    app_parts = fakes.make_parts(limit=0)
    sent = []

    async def receive():
        body = b'{"model":"xa/public-services","stream":true,"messages":[{"role":"user","content":"x"}]}'
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message):
        sent.append(message)

    scope = {
        "type": "http", "method": "POST", "path": "/v1/chat/completions",
        "headers": [(b"content-type", b"application/json")],
    }  # fmt: skip
    await create_app(app_parts)(scope, receive, send)
    assert sent[0]["status"] == 429
    assert dict(sent[0]["headers"])[b"retry-after"] == b"2"
