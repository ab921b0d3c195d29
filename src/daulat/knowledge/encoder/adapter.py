# SPDX-License-Identifier: Apache-2.0
"""Turning questions towards the texts: a learnt change of the encoder's upper layers, in a file.

An encoder that was made for any text puts a citizen's complaint and the article that settles it far apart. Changes of
low rank (LoRA, Hu et al. 2021, https://arxiv.org/abs/2106.09685), learnt from a country's everyday questions and the
passages that answer them, bring them closer. They belong to one encoder and move questions only: vectors of passages
stay as they are. How they are learnt: `benchmarks/fit_adapter.py`. Nothing here encodes.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from daulat.knowledge.encoder.weights import Float32, Layer

ADAPTER = "adapter.npz"
MATRICES = ("qkv", "out", "up", "down")


@dataclass(frozen=True, slots=True)
class Change:
    """What is added to one matrix: ``down @ up``, float32[inputs, r] and float32[r, outputs]."""

    down: Float32
    up: Float32

    def added_to(self, matrix: Float32) -> Float32:
        """Return the changed matrix.

        Examples
        --------
        >>> one = np.ones((2, 1), np.float32)
        >>> Change(one, 3 * one.T).added_to(np.zeros((2, 2), np.float32)).tolist()
        [[3.0, 3.0], [3.0, 3.0]]
        """
        changed: Float32 = matrix + self.down @ self.up
        return changed


@dataclass(frozen=True, slots=True)
class Adapter:
    """Changes of an encoder's layers.

    Parameters
    ----------
    encoder : str
        Whose layers.
    layers : mapping of int to mapping of str to Change
        By number of the layer, from 0, and name of the matrix: one of `MATRICES`.
    digest : str
        Of the file: vectors of different adapters are never compared.
    """

    encoder: str
    layers: Mapping[int, Mapping[str, Change]]
    digest: str = field(default="", compare=False)

    def changed(self, layers: tuple[Layer, ...]) -> tuple[Layer, ...]:
        """Return all layers, those without a change as they are.

        Raises
        ------
        ValueError
            If a change does not fit its matrix.
        """
        return tuple(self._changed(number, layer) for number, layer in enumerate(layers))

    def _changed(self, number: int, layer: Layer) -> Layer:
        matrices: dict[str, Any] = {}
        for name, change in self.layers.get(number, {}).items():
            matrix: Float32 = getattr(layer, name)
            if (change.down.shape[0], change.up.shape[1]) != matrix.shape:
                raise ValueError(f"the change of `{name}` in layer {number} does not fit a matrix of {matrix.shape}")
            matrices[name] = change.added_to(matrix)
        return replace(layer, **matrices)

    def save(self, path: Path) -> None:
        """Write it, in half precision."""
        parts = {
            f"{number}.{name}.{side}": getattr(change, side).astype(np.float16)
            for number, changes in self.layers.items()
            for name, change in changes.items()
            for side in ("down", "up")
        }
        np.savez(path, encoder=np.array(self.encoder), **parts)


def load_adapter(path: Path) -> Adapter:
    """Read an adapter.

    Raises
    ------
    ValueError, KeyError
        If the file is not one.
    """
    layers: dict[int, dict[str, Change]] = {}
    with np.load(path, allow_pickle=False) as file:
        encoder = str(file["encoder"])
        for key in sorted(file.files):
            if key == "encoder" or not key.endswith(".down"):
                continue
            number, name, _ = key.split(".")
            down, up = (file[f"{number}.{name}.{side}"].astype(np.float32) for side in ("down", "up"))
            if name not in MATRICES or down.shape[1:] != up.shape[:1]:
                raise ValueError(f"{path.name} holds arrays that do not belong together: {key}")
            layers.setdefault(int(number), {})[name] = Change(down, up)
    return Adapter(encoder, layers, hashlib.sha256(path.read_bytes()).hexdigest())
