# SPDX-License-Identifier: Apache-2.0
"""Rerankers: a question and texts in; how relevant each text is to it out.

One seam, `Reranker`; one implementation, any `/rerank` endpoint (`RemoteReranker`), which a service lets rest where it
fails (`RestingReranker`). A reranker never stores a text and never searches; what its scores may move is the search's
to say (`daulat.knowledge.search.reranking`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Protocol

from daulat.knowledge.errors import RerankerError
from daulat.knowledge.reranker.remote import PATIENCE_S, RemoteReranker
from daulat.knowledge.reranker.resting import REST_S, RestingReranker

__all__ = [
    "PATIENCE_S",
    "REST_S",
    "DeclaredReranker",
    "RemoteReranker",
    "Reranker",
    "RestingReranker",
    "open_remote",
    "open_reranker",
]


class Reranker(Protocol):
    """Reads a question and texts together, and says how relevant each is."""

    def scores(self, question: str, texts: Sequence[str]) -> Sequence[float] | None:
        """Return a finite score a text, higher for what is more relevant; None where none can be had at present."""
        ...


class DeclaredReranker(Protocol):
    """`knowledge.reranker` of nation.yaml."""

    @property
    def url(self) -> str:
        """What `/rerank` is added to."""
        ...

    @property
    def model(self) -> str | None:
        """The endpoint's name of the model; none for text-embeddings-inference."""
        ...

    @property
    def key_from(self) -> str | None:
        """The environment variable that holds the endpoint's key."""
        ...


def open_reranker(
    declared: DeclaredReranker | None, environ: Mapping[str, str], clock: Callable[[], float]
) -> RestingReranker | None:
    """Open the reranker that a nation declares, for a service: where it fails, search goes on without it.

    Parameters
    ----------
    declared : DeclaredReranker or None
        `nation.knowledge.reranker`.
    environ : mapping of str to str
        The environment, for the key of the endpoint.
    clock : callable
        Seconds that only grow.

    Raises
    ------
    RerankerError
        If the address is none, or the key is missing. The endpoint is not asked.
    """
    return RestingReranker(open_remote(declared, environ), clock) if declared is not None else None


def open_remote(declared: DeclaredReranker, environ: Mapping[str, str]) -> RemoteReranker:
    """Open the same for whoever must know that it fails. Raises as `open_reranker`."""
    key = environ.get(declared.key_from or "", "")
    if declared.key_from and not key:
        raise RerankerError(
            f"the environment variable {declared.key_from} is empty",
            why="`knowledge.reranker` in nation.yaml says that it holds the key of the endpoint.",
            fix=f"Set {declared.key_from}, or leave `key_from` out.",
            code="knowledge.reranker.key",
        )
    return RemoteReranker(declared.url, declared.model or "", api_key=key)
