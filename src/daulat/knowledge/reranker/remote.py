# SPDX-License-Identifier: Apache-2.0
"""A reranker behind an address: a question and texts out, how relevant each text is back.

Two forms are spoken. With the name of a model, `/rerank` as Cohere and Jina shaped it and vLLM, Infinity, llama.cpp,
LiteLLM and Daulat's own gateway serve it; without one, that of text-embeddings-inference, which serves a single model.
It never retries, never keeps a text, and never repeats what a server says in an error, which may quote one.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import msgspec

from daulat.knowledge.endpoint import Endpoint, NotAnsweredError, as_utf8, is_plain_address, place_of
from daulat.knowledge.errors import RerankerError

PATIENCE_S = 2.0
_MOST_BYTES = 1_000_000  # of a reply: some servers send the texts back


class _Request(msgspec.Struct):
    model: str
    query: str
    documents: list[str]
    top_n: int


class _Result(msgspec.Struct):
    index: int
    relevance_score: float


class _Reply(msgspec.Struct):
    results: list[_Result]


class _RequestOfOne(msgspec.Struct):
    query: str
    texts: list[str]
    truncate: bool = True


class _ResultOfOne(msgspec.Struct):
    index: int
    score: float


class RemoteReranker:
    """Asks an endpoint how relevant texts are. Safe to share between threads.

    Parameters
    ----------
    base_url : str
        What `/rerank` is added to, e.g. ``http://10.0.0.5:8000/v1``.
    model : str
        The endpoint's name of the model; empty for text-embeddings-inference.
    api_key : str
        Sent as a bearer token; empty sends none.
    patience_s : float
        Longest wait for the whole of a reply, in seconds.

    Raises
    ------
    RerankerError
        If `base_url` is not a plain http or https address.
    """

    def __init__(self, base_url: str, model: str, *, api_key: str = "", patience_s: float = PATIENCE_S) -> None:
        if not is_plain_address(base_url):
            raise RerankerError(
                f"`{place_of(base_url)}` is not the address of a reranker",
                why="Only plain http and https addresses, without a password, are used.",
                fix="Set `knowledge.reranker.url` in nation.yaml to an address such as https://host/v1.",
                code="knowledge.reranker.url",
            )
        self._endpoint = Endpoint(base_url.rstrip("/") + "/rerank", api_key, patience_s, _MOST_BYTES)
        self._model = model
        place = place_of(self._endpoint.url)
        self.name = f"`{model}` at {place}" if model else f"the one at {place}"

    def scores(self, question: str, texts: Sequence[str]) -> list[float]:
        """Return how relevant each text is to a question: higher is more, on whatever scale the model has.

        Raises
        ------
        RerankerError
            If the endpoint is not reached, refuses, is late, or says something else than one number a text.
        """
        if not texts:
            return []
        try:
            found = self._ask(as_utf8(question), [as_utf8(text) for text in texts])
        except NotAnsweredError as error:
            raise self._unusable(str(error)) from error
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
            raise self._unusable("did not answer with scores") from error
        if sorted(index for index, _ in found) != list(range(len(texts))):
            raise self._unusable(f"did not score each of {len(texts)} texts once")
        if not all(math.isfinite(score) for _, score in found):
            raise self._unusable("returned a score that is no number")
        return [score for _, score in sorted(found)]

    def _ask(self, question: str, texts: list[str]) -> list[tuple[int, float]]:
        if self._model:
            body = msgspec.json.encode(_Request(self._model, question, texts, len(texts)))
            reply = msgspec.json.decode(self._endpoint.post(body), type=_Reply)
            return [(each.index, each.relevance_score) for each in reply.results]
        body = msgspec.json.encode(_RequestOfOne(question, texts))
        of_one = msgspec.json.decode(self._endpoint.post(body), type=list[_ResultOfOne])
        return [(each.index, each.score) for each in of_one]

    def _unusable(self, how: str) -> RerankerError:
        return RerankerError(
            f"the reranker, {self.name}, {how}",
            why="Passages are found all the same, in the order of the search itself.",
            fix="Check `knowledge.reranker` in nation.yaml and the endpoint; `daulat doctor` tries it.",
            code="knowledge.reranker.remote",
        )
