# SPDX-License-Identifier: Apache-2.0
"""The queue on a real PostgreSQL: one holder a line, one answer a line, an end for every batch, and nothing kept."""

from __future__ import annotations

import asyncio
import json
from contextlib import asynccontextmanager
from uuid import uuid4

import msgspec
import pytest

from daulat.gateway.api.batches.leases import MOST_LOST, Leases
from daulat.gateway.api.batches.lines import LineReader
from daulat.gateway.api.batches.queue import BatchQueue
from daulat.gateway.api.batches.schema import BatchRequest, InputLine
from daulat.gateway.api.batches.worker import BatchWorker
from daulat.gateway.api.files.shelf import PART_BYTES, PROJECT_LIMIT_BYTES, FileShelf
from daulat.gateway.errors import BodyTooLarge, NotReady
from daulat.gateway.ports import Caller
from daulat.store import StoreSettings, open_store

PATH = "/v1/embeddings"
OURS = Caller("moh", "moh/portal", "key_1")


@pytest.fixture(scope="session")
def queue_dir(tmp_path_factory):
    return tmp_path_factory.mktemp("queue") / "postgres"


@pytest.fixture
async def store(queue_dir):
    async with open_store(StoreSettings(queue_dir)) as store:
        await store.execute("TRUNCATE api_file, api_file_part, api_batch, api_batch_line")
        yield store


@pytest.fixture
def shelf(store):
    return FileShelf(store, keep_s=3_600)


async def hand_in(store, shelf, count, project="moh/portal"):
    lines = [{"custom_id": str(n), "method": "POST", "url": PATH, "body": {"n": n}} for n in range(count)]
    file = await shelf.add(project, "in.jsonl", "batch", "\n".join(map(json.dumps, lines)).encode())
    return await BatchQueue(store).add(Caller("moh", project, "key_1"), "internal", BatchRequest(file.id, PATH, "1h"))


def worker(store, shelf):
    return Leases(store, shelf, uuid4())


async def content(shelf, file_id):
    text = b"".join([piece async for piece in shelf.pieces(file_id)]).decode()
    return [json.loads(line) for line in text.splitlines()]


async def test_a_line_has_one_holder_and_only_the_holder_s_answer_counts(store, shelf):
    await hand_in(store, shelf, 3)
    first, second = worker(store, shelf), worker(store, shelf)
    assert await first.begin_one()
    held = await first.lease(2)
    assert [line.number for line in held] == [0, 1]
    assert [line.number for line in await second.lease(5)] == [2]
    # The first worker falls silent for longer than a lease.
    await store.execute("UPDATE api_batch_line SET lease_until = now() - interval '1 second' WHERE number < 2")
    taken = await second.lease(5)
    assert [(line.number, line.lost) for line in sorted(taken, key=lambda line: line.number)] == [(0, 1), (1, 1)]
    assert await second.answer(taken[0], 200, "r1", b'{"by":"second"}')
    assert not await first.answer(held[taken[0].number], 200, "r2", b'{"by":"first"}')
    assert await first.extend(held) == set()


async def test_workers_at_the_same_time_share_the_lines_out(store, shelf):
    await hand_in(store, shelf, 40)
    workers = [worker(store, shelf) for _ in range(4)]
    await workers[0].begin_one()
    leased = await asyncio.gather(*(each.lease(10) for each in workers))
    numbers = [line.number for lines in leased for line in lines]
    assert len(numbers) == len(set(numbers)) >= 10


async def test_a_batch_whose_time_is_over_ends_with_what_was_answered(store, shelf):
    batch = await hand_in(store, shelf, 2)
    only = worker(store, shelf)
    await only.begin_one()
    [line] = await only.lease(1)
    await only.answer(line, 200, "r1", b'{\n "spread": "over lines"\n}')
    await store.execute("UPDATE api_batch SET expires_at = now() - interval '1 second'")
    assert await only.lease(5) == []
    assert await only.end_one()
    card = await BatchQueue(store).find(OURS.project, batch.id)
    assert (card.status, card.request_counts.completed, card.request_counts.failed) == ("expired", 1, 1)
    assert [each["custom_id"] for each in await content(shelf, card.output_file_id)] == ["0"]
    assert [each["error"]["code"] for each in await content(shelf, card.error_file_id)] == ["batch_expired"]
    assert await store.fetch("SELECT count(*) FROM api_batch_line") == [(0,)]


async def test_a_batch_is_not_ended_while_somebody_holds_one_of_its_lines(store, shelf):
    batch = await hand_in(store, shelf, 1)
    only = worker(store, shelf)
    await only.begin_one()
    await only.lease(1)
    await BatchQueue(store).cancel(OURS.project, batch.id)
    assert not await worker(store, shelf).end_one()
    await store.execute("UPDATE api_batch_line SET lease_until = now() - interval '1 second'")
    assert await worker(store, shelf).end_one()


async def test_an_answer_that_comes_while_the_files_are_written_does_not_count(store, shelf):
    batch = await hand_in(store, shelf, 40)
    slow, other = worker(store, shelf), worker(store, shelf)
    await slow.begin_one()
    held = await slow.lease(40)
    await store.execute("UPDATE api_batch_line SET lease_until = now() - interval '1 second'")
    await store.execute("UPDATE api_batch SET expires_at = now()")
    async with store.connection() as reader:
        # Nobody can write a part of a file, so the batch is within its end for as long as we like.
        await reader.execute("LOCK TABLE api_file_part")
        ending = asyncio.create_task(other.end_one())
        waiting = "SELECT FROM pg_locks WHERE relation = 'api_file_part'::regclass AND NOT granted"
        while not await store.fetch(waiting):
            await asyncio.sleep(0.01)
        late = asyncio.create_task(slow.answer(held[-1], 200, "r1", b"{}"))
        blocked = "SELECT FROM pg_locks WHERE locktype = 'transactionid' AND NOT granted"
        while not late.done() and not await store.fetch(blocked):
            await asyncio.sleep(0.01)
    assert await ending
    assert not await late
    card = await BatchQueue(store).find(OURS.project, batch.id)
    assert (card.request_counts.completed, card.request_counts.failed) == (0, 40)
    numbers = [int(each["custom_id"]) for each in await content(shelf, card.error_file_id)]
    assert numbers == list(range(40))


async def test_a_request_that_ends_its_workers_does_not_end_them_all(store, shelf):
    batch = await hand_in(store, shelf, 1)
    await worker(store, shelf).begin_one()
    for _ in range(MOST_LOST):
        assert len(await worker(store, shelf).lease(1)) == 1
        await store.execute("UPDATE api_batch_line SET lease_until = now() - interval '1 second'")
    asked = []

    def route_of(path):
        asked.append(path)

    running = asyncio.create_task(BatchWorker(worker(store, shelf), route_of, lambda: "r1").run())
    while (card := await BatchQueue(store).find(OURS.project, batch.id)).status == "in_progress":
        await asyncio.sleep(0.05)
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    [line] = await content(shelf, card.error_file_id)
    assert (line["response"]["body"]["error"]["code"], asked) == ("request_lost", [])


async def test_what_a_route_cannot_answer_yet_is_asked_again(store, shelf):
    batch = await hand_in(store, shelf, 1)
    calls = []

    async def route(request, send):
        calls.append((request.on_behalf_of, request.header(b"x-daulat-priority"), await request.json_body()))
        if len(calls) == 1:
            raise NotReady("loading", why="-", fix="-", code="loading")
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"application/json")]})
        await send({"type": "http.response.body", "body": b"{}"})

    running = asyncio.create_task(BatchWorker(worker(store, shelf), lambda _: route, lambda: "r1").run())
    while (card := await BatchQueue(store).find(OURS.project, batch.id)).status in ("validating", "in_progress"):
        await asyncio.sleep(0.05)
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    assert card.request_counts.completed == 1
    assert calls == [("key_1", "batch", b'{"n": 0}')] * 2


async def test_a_file_comes_back_whole_and_goes_when_its_time_is_over(store, shelf):
    large = bytes(range(256)) * (PART_BYTES // 128)  # two pieces
    file = await shelf.add(OURS.project, "a", "batch", large)
    assert b"".join([piece async for piece in shelf.pieces(file.id)]) == large
    await store.execute("UPDATE api_file SET expires_at = now() - interval '1 second'")
    assert await shelf.find(OURS.project, file.id) is None
    assert await shelf.sweep() == 1
    assert await store.fetch("SELECT count(*) FROM api_file_part") == [(0,)]


async def test_a_project_keeps_no_more_than_its_share(store, shelf):
    await shelf.add(OURS.project, "a", "batch", b"x")
    await store.execute("UPDATE api_file SET bytes = %s", (PROJECT_LIMIT_BYTES,))
    with pytest.raises(BodyTooLarge) as refused:
        await shelf.add(OURS.project, "b", "batch", b"x")
    assert refused.value.code == "storage_full"
    assert await shelf.add("moh/other", "b", "batch", b"x")


async def test_pages_of_a_list_hold_everything_once(store, shelf):
    made = [(await shelf.add(OURS.project, str(n), "batch", b"x")).id for n in range(5)]
    seen, after, more = [], None, True
    while more:
        cards, more = await shelf.page(OURS.project, ["batch"], after, 2)
        seen += [card.id for card in cards]
        after = seen[-1]
    assert sorted(seen) == sorted(made)


async def kept(store, shelf, *lines: bytes):
    file = await shelf.add(OURS.project, "in.jsonl", "batch", b"\n".join(lines))
    return await BatchQueue(store).add(OURS, "internal", BatchRequest(file.id, PATH, "1h"))


def written(custom_id: str, **others) -> bytes:
    return json.dumps({"custom_id": custom_id, "method": "POST", "url": PATH, "body": {}} | others).encode()


async def ended(store, batch):
    queue = BatchQueue(store)
    async with asyncio.timeout(60):
        while (card := await queue.find(OURS.project, batch.id)).status in ("validating", "in_progress", "cancelling"):
            await asyncio.sleep(0.05)
    return card


@asynccontextmanager
async def at_work(leases, answer: bytes = b"{}"):
    async def route(request, send):
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"application/json")]})
        await send({"type": "http.response.body", "body": answer})

    running = asyncio.create_task(BatchWorker(leases, lambda _: route, lambda: "r1").run())
    try:
        yield
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


async def test_an_answer_that_is_not_json_fails_its_line_alone(store, shelf):
    batch = await hand_in(store, shelf, 1)
    async with at_work(worker(store, shelf), b"<html>"):
        card = await ended(store, batch)
    [line] = await content(shelf, card.error_file_id)
    assert (card.status, line["response"]["status_code"]) == ("completed", 502)
    assert line["response"]["body"]["error"]["code"] == "not_json"


@pytest.mark.parametrize("poison", [b"<html>", b"[" * 100_000])
async def test_a_stored_answer_that_is_not_json_leaves_with_its_batch(store, shelf, poison):
    batch = await hand_in(store, shelf, 2)
    only = worker(store, shelf)
    await only.begin_one()
    for line, answer in zip(await only.lease(2), (poison, b'{"good": 1}'), strict=True):
        await only.answer(line, 200, "r1", answer)
    async with at_work(only):
        card = await ended(store, batch)
    bad, good = await content(shelf, card.output_file_id)
    assert (bad["response"], bad["error"]["code"]) == (None, "not_json")
    assert good["response"]["body"] == {"good": 1}


@pytest.mark.parametrize("name", ["_begin", "_end"])
async def test_a_batch_that_cannot_be_worked_on_holds_up_no_other(store, shelf, name, monkeypatch, caplog):
    bad, good = await hand_in(store, shelf, 1), await hand_in(store, shelf, 1)
    sound = getattr(Leases, name)

    async def faulty(self, connection, batch, *rest):
        if batch == bad.id:
            raise ValueError("a citizen's words")
        await sound(self, connection, batch, *rest)

    monkeypatch.setattr(Leases, name, faulty)
    async with at_work(worker(store, shelf)):
        assert (await ended(store, good)).status == "completed"
    assert "ValueError" in caplog.text
    assert "citizen" not in caplog.text
    monkeypatch.undo()
    async with at_work(worker(store, shelf)):  # as after a restart
        assert (await ended(store, bad)).status == "completed"


@pytest.mark.parametrize("line", [written("a\0b"), written("a", method="\0")])
async def test_a_nul_fails_its_own_batch_and_no_other(store, shelf, line):
    bad, good = await kept(store, shelf, line), await hand_in(store, shelf, 1)
    async with at_work(worker(store, shelf)):
        failed, done = await ended(store, bad), await ended(store, good)
    assert (failed.status, done.status) == ("failed", "completed")
    assert [(fault.code, fault.line) for fault in failed.errors.data] == [("invalid_request", 1)]


async def test_a_file_that_the_database_refuses_fails_its_own_batch_and_no_other(store, shelf, monkeypatch):
    bad, good = await kept(store, shelf, written("refused")), await hand_in(store, shelf, 1)
    sound = LineReader.feed

    def feed(self, piece):
        yield from sound(self, piece)
        if b"refused" in piece:
            yield InputLine("a\0b", "POST", PATH, msgspec.Raw(b"{}"))

    monkeypatch.setattr(LineReader, "feed", feed)
    async with at_work(worker(store, shelf)):
        failed, done = await ended(store, bad), await ended(store, good)
    assert (failed.status, done.status) == ("failed", "completed")
    assert [fault.code for fault in failed.errors.data] == ["invalid_request"]
