# SPDX-License-Identifier: Apache-2.0
"""Documents come back in the order of their bearing on a question: by the real encoder here, or as an engine says."""

from __future__ import annotations

import asyncio
import http.client
import json
import random
import sys
from contextlib import asynccontextmanager
from pathlib import Path

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "clients"))

from upstream import Upstream

from daulat.gateway import create_app, reserve, serve
from daulat.gateway.embedder import ThreadedEmbedder
from daulat.knowledge.encoder import E5Encoder, bundled_weights
from daulat.knowledge.reranker import RemoteReranker
from daulat.models import EngineSet, RemoteEngine

ENCODER = E5Encoder(bundled_weights())
QUERY = "Within how many days must a birth be registered?"
ANSWERS = "Every birth must be reported to the civil registry within sixty days."
NEAR = "A death is reported to the civil registry by the head of the neighbourhood."
FAR = "The speed limit on motorways is one hundred kilometres an hour."
DOCUMENTS = [FAR, ANSWERS, NEAR]


@asynccontextmanager
async def gateway(fakes, **changes):
    """Serve the API on a port; give a function that sends a body to one of its paths."""
    app = create_app(fakes.make_parts(**changes))
    holder, stop, ready = reserve("127.0.0.1", 0), asyncio.Event(), asyncio.Event()
    serving = asyncio.create_task(serve(app, holder, stop=stop, on_ready=ready.set, before_end=app.close))
    await ready.wait()

    def send(path, body):
        connection = http.client.HTTPConnection("127.0.0.1", holder.getsockname()[1], timeout=60)
        connection.request("POST", f"/v1/{path}", json.dumps(body), {"content-type": "application/json"})
        response = connection.getresponse()
        answer = response.status, json.loads(response.read())
        connection.close()
        return answer

    async def ask(path, **body):
        return await asyncio.to_thread(send, path, body)

    ask.base_url = f"http://127.0.0.1:{holder.getsockname()[1]}/v1"
    yield ask
    stop.set()
    await serving


@pytest.fixture
async def ask(fakes):
    """Send a body to a path of a gateway with this machine's encoder."""
    async with gateway(fakes, embedder=ThreadedEmbedder(ENCODER)) as asking:
        yield asking


async def rerank(ask, documents=None, **fields):
    """Return the results of one request that went well."""
    status, answer = await ask(
        "rerank", model=ENCODER.name, query=QUERY, documents=DOCUMENTS if documents is None else documents, **fields
    )
    assert status == 200, answer
    return answer["results"]


async def test_what_answers_the_question_comes_first_and_what_has_nothing_to_do_with_it_last(ask):
    assert [each["index"] for each in await rerank(ask)] == [1, 2, 0]


async def test_the_score_is_the_cosine_of_the_vectors_that_the_same_encoder_gives_out(ask):
    status, encoded = await ask("embeddings", model=ENCODER.name, input=[QUERY, *DOCUMENTS])
    assert status == 200
    query, *rows = (np.array(each["embedding"]) for each in encoded["data"])
    cosines = [float(row @ query / np.linalg.norm(row) / np.linalg.norm(query)) for row in rows]
    results = await rerank(ask)
    assert [each["relevance_score"] for each in results] == pytest.approx(sorted(cosines, reverse=True), abs=1e-5)
    assert [each["relevance_score"] for each in results] == pytest.approx([cosines[each["index"]] for each in results])
    assert all(0 <= each["relevance_score"] <= 1 for each in results)


async def test_a_nation_may_declare_a_gateway_as_its_reranker(ask):
    reranker = RemoteReranker(ask.base_url, ENCODER.name, patience_s=60)
    scores = await asyncio.to_thread(reranker.scores, QUERY, DOCUMENTS)
    assert sorted(range(3), key=lambda n: -scores[n]) == [1, 2, 0]


@pytest.mark.parametrize(("top_n", "left"), [(1, [1]), (2, [1, 2]), (3, [1, 2, 0]), (50, [1, 2, 0]), (None, [1, 2, 0])])
async def test_top_n_keeps_the_best_in_their_order(ask, top_n, left):
    assert [each["index"] for each in await rerank(ask, top_n=top_n)] == left


async def test_documents_in_another_order_get_the_same_scores_and_the_same_ranks(ask):
    expected = [(each["document"]["text"], each["relevance_score"]) for each in await rerank(ask)]
    for seed in range(4):
        shuffled = random.Random(seed).sample(DOCUMENTS, len(DOCUMENTS))
        results = await rerank(ask, shuffled)
        assert [shuffled[each["index"]] for each in results] == [text for text, _ in expected]
        scores = [each["relevance_score"] for each in results]
        assert scores == pytest.approx([score for _, score in expected])


async def test_of_equal_documents_the_earlier_comes_first(ask):
    assert [each["index"] for each in await rerank(ask, [FAR, ANSWERS, FAR, ANSWERS])] == [1, 3, 0, 2]


async def test_each_result_repeats_its_document_unless_it_is_asked_not_to(ask):
    given = [{"text": FAR}, ANSWERS]
    assert [each["document"] for each in await rerank(ask, given)] == [{"text": ANSWERS}, {"text": FAR}]
    assert all("document" not in each for each in await rerank(ask, given, return_documents=False))


@pytest.mark.parametrize(
    "wrong",
    [{"top_n": 0}, {"top_n": -1}, {"documents": []}, {"documents": [" "]}, {"query": ""}, {"documents": ["x"] * 129}],
)
async def test_what_cannot_be_ranked_is_refused(ask, wrong):
    status, answer = await ask("rerank", **{"model": ENCODER.name, "query": QUERY, "documents": DOCUMENTS} | wrong)
    assert status == 400, answer
    assert answer["error"]["type"] == "invalid_request_error"


async def test_an_engine_that_reranks_is_asked_as_the_caller_asked_and_its_order_and_scores_stand(fakes):
    upstream = Upstream()
    engine = RemoteEngine(upstream.base_url)
    asked = {"model": "reranker", "query": QUERY, "documents": DOCUMENTS, "top_n": 2, "return_documents": False}
    async with engine, gateway(fakes, engines=EngineSet({"reranker": engine})) as ask:
        status, answer = await ask("rerank", **asked)
    upstream.shutdown()
    upstream.server_close()
    assert status == 200
    assert upstream.last("rerank") == asked
    # This server ranks by length alone: 63, 69 and 75 characters.
    assert [(each["index"], each["relevance_score"]) for each in answer["results"]] == [(2, 0.75), (1, 0.69)]
