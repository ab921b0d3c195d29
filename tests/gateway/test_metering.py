# SPDX-License-Identifier: Apache-2.0
"""Every answer leaves one receipt, and none of them a word."""

import dataclasses
from itertools import count

import pytest

from daulat.assistant.types import Question
from daulat.gateway import create_app
from daulat.gateway._chunks import Envelope, engine_chunks, fold_chunks, service_chunks
from daulat.gateway.errors import Overloaded
from daulat.gateway.metering import Meter, Tally
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
