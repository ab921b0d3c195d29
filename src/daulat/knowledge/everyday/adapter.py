# SPDX-License-Identifier: Apache-2.0
"""Turning a question's vector towards the texts: a small learnt map in a file, a vector in, a unit vector out.

An encoder that was made for any text puts a citizen's complaint and the article that settles it far apart. A map of low
rank, learnt from a country's everyday questions and the passages that answer them, brings them closer. It belongs to
one encoder and moves questions only: vectors of passages stay as they are. How it is learnt: the pack's tools.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

Float32 = NDArray[np.float32]

ADAPTER = "adapter.npz"


@dataclass(frozen=True, slots=True)
class Adapter:
    """Adds to a vector q what `q @ down @ up + shift` says.

    Parameters
    ----------
    encoder : str
        Whose vectors it turns.
    down, up, shift : float32[d, r], float32[r, d], float32[d]

    Examples
    --------
    >>> down, up = np.array([[1], [0]], np.float32), np.array([[0, 1]], np.float32)
    >>> adapter = Adapter("e5", down, up, np.zeros(2, np.float32))
    >>> adapter.turn(np.array([1, 0], np.float32)).astype(float).round(3).tolist()  # (1, 0) + (0, 1), to unit length
    [0.707, 0.707]
    """

    encoder: str
    down: Float32
    up: Float32
    shift: Float32

    def turn(self, query: Float32) -> Float32:
        """Return the turned vector, or vectors: float32[..., d], unit length."""
        turned = query + query @ self.down @ self.up + self.shift
        unit: Float32 = turned / np.linalg.norm(turned, axis=-1, keepdims=True)
        return unit

    def save(self, path: Path) -> None:
        """Write it, in half precision."""
        half = {name: getattr(self, name).astype(np.float16) for name in ("down", "up", "shift")}
        np.savez(path, encoder=np.array(self.encoder), **half)


def load_adapter(path: Path) -> Adapter:
    """Read an adapter.

    Raises
    ------
    ValueError, KeyError
        If the file is not one.
    """
    with np.load(path, allow_pickle=False) as file:
        down, up, shift = (file[name].astype(np.float32) for name in ("down", "up", "shift"))
        encoder = str(file["encoder"])
    if down.shape != up.shape[::-1] or shift.shape != down.shape[:1]:
        raise ValueError(f"{path.name} holds arrays that do not belong together")
    return Adapter(encoder, down, up, shift)
