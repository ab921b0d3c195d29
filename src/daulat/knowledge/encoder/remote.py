# SPDX-License-Identifier: Apache-2.0
"""An encoder behind a `/v1/embeddings` address: texts out, unit vectors in, from any OpenAI-compatible server.

For a nation that wants a larger encoder, or a machine on which ours does not run. The address is the operator's own
and is used as declared: no redirect is followed, no proxy is asked. It never retries, never keeps a text, and never
repeats what a server says in an error, which may quote one.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Sequence
from functools import cached_property

import msgspec
import numpy as np

from daulat.knowledge.encoder.weights import Float32
from daulat.knowledge.endpoint import Endpoint, NotAnsweredError, as_utf8, is_plain_address, place_of
from daulat.knowledge.errors import EncoderError

_AT_ONCE = 64  # texts of one request
_MOST_BYTES = 64_000_000  # of a reply: vectors of 16,384 dimensions, written as numbers
_SHORTEST_NORM = 1e-6


class _Request(msgspec.Struct):
    model: str
    input: list[str]
    encoding_format: str = "base64"


class _Vector(msgspec.Struct):
    index: int
    embedding: str | list[float]


class _Reply(msgspec.Struct):
    data: list[_Vector]


class RemoteEncoder:
    """Encodes through an endpoint.

    Parameters
    ----------
    base_url : str
        Up to and including the version, e.g. ``http://10.0.0.5:8000/v1``.
    model : str
        The endpoint's name of the model.
    api_key : str
        Sent as a bearer token; empty sends none.
    query_prefix, passage_prefix : str
        What the model wants before a question and before a passage, e.g. ``query: `` and ``passage: ``.
    patience_s : float
        Longest wait for a reply, in seconds.

    Raises
    ------
    EncoderError
        If `base_url` is not a plain http or https address.
    """

    def __init__(
        self,
        base_url: str,
        model: str,
        *,
        api_key: str = "",
        query_prefix: str = "",
        passage_prefix: str = "",
        patience_s: float = 60.0,
    ) -> None:
        if not is_plain_address(base_url):
            raise EncoderError(
                f"`{place_of(base_url)}` is not the address of an encoder",
                why="Only plain http and https addresses, without a password, are used.",
                fix="Set `knowledge.encoder.url` in nation.yaml to an address such as https://host/v1.",
                code="knowledge.encoder.url",
            )
        self._endpoint = Endpoint(base_url.rstrip("/") + "/embeddings", api_key, patience_s, _MOST_BYTES)
        self._model = model
        self._query_prefix, self._passage_prefix = query_prefix, passage_prefix
        # Vectors made with other prefixes cannot be compared, so they are part of the name.
        prefixes = f" ({query_prefix!r}, {passage_prefix!r})" if query_prefix or passage_prefix else ""
        self.name = model + prefixes

    @cached_property
    def dimensions(self) -> int:
        """Width of a vector: asked from the endpoint once, with a text of our own."""
        return int(self._encode(["1"]).shape[1])

    def queries(self, texts: Sequence[str]) -> Float32:
        """Encode questions: float32[n, dimensions], rows of unit length.

        Raises
        ------
        EncoderError
            If the endpoint is not reached, refuses, or returns something else than one vector a text.
        """
        return self._encode([self._query_prefix + text for text in texts])

    def passages(self, texts: Sequence[str]) -> Float32:
        """Encode passages: float32[n, dimensions], rows of unit length. Raises as `queries`."""
        return self._encode([self._passage_prefix + text for text in texts])

    def _encode(self, texts: Sequence[str]) -> Float32:
        if not texts:
            return np.empty((0, self.dimensions), np.float32)
        parts = [self._ask(texts[at : at + _AT_ONCE]) for at in range(0, len(texts), _AT_ONCE)]
        if len({part.shape[1] for part in parts}) > 1:
            raise self._unusable("returned vectors of different widths")
        return np.concatenate(parts)

    def _ask(self, texts: Sequence[str]) -> Float32:
        body = msgspec.json.encode(_Request(self._model, [as_utf8(text) for text in texts]))
        try:
            reply = msgspec.json.decode(self._endpoint.post(body), type=_Reply)
            vectors = [_numbers(item.embedding) for item in sorted(reply.data, key=lambda item: item.index)]
        except NotAnsweredError as error:
            raise self._unusable(str(error)) from error
        except (msgspec.MsgspecError, UnicodeDecodeError, binascii.Error, ValueError, RecursionError) as error:
            raise self._unusable("did not answer with vectors") from error
        if [item.index for item in sorted(reply.data, key=lambda item: item.index)] != list(range(len(texts))):
            raise self._unusable(f"returned {len(vectors)} vectors for {len(texts)} texts")
        if len({len(vector) for vector in vectors}) > 1:
            raise self._unusable("returned vectors of different widths")
        return self._unit(np.stack(vectors))

    def _unit(self, vectors: Float32) -> Float32:
        norms = np.linalg.norm(vectors, axis=1, keepdims=True)
        if not np.isfinite(norms).all() or (norms < _SHORTEST_NORM).any():
            raise self._unusable("returned a vector without a direction")
        if vectors.shape[1] % 64:
            raise self._unusable(f"returned vectors of {vectors.shape[1]} dimensions, not a multiple of 64")
        unit: Float32 = vectors / norms
        return unit

    def _unusable(self, how: str) -> EncoderError:
        return EncoderError(
            f"the encoder `{self._model}` at {place_of(self._endpoint.url)} {how}",
            why="Without vectors, questions in other words than the law's would not find their article.",
            fix="Check `knowledge.encoder` in nation.yaml and the endpoint; `daulat doctor` tries it.",
            code="knowledge.encoder.remote",
        )


def _numbers(embedding: str | list[float]) -> Float32:
    """Read a vector as numbers or as base64 of little-endian float32, whichever the server prefers."""
    if isinstance(embedding, str):
        return np.frombuffer(base64.b64decode(embedding, validate=True), "<f4").astype(np.float32)
    with np.errstate(over="ignore"):  # what is too large becomes infinite, and is refused as such
        return np.array(embedding, np.float64).astype(np.float32)
