# SPDX-License-Identifier: Apache-2.0
"""Boosted trees that were fitted elsewhere: rows of features in, one score a row out.

Friedman 2001, "Greedy function approximation: a gradient boosting machine". The trees are data: nodes in arrays, so
that all rows walk down all trees at once. Nothing is fitted here; `benchmarks/boosted.py` does that, with a library.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int32]
Float32 = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Trees:
    """A sum of decision trees.

    Parameters
    ----------
    names : tuple of str
        Of the features, in the order of the columns.
    roots : int32[trees]
        Node at which each tree begins.
    feature : int32[nodes]
        Column that a node looks at.
    threshold : float32[nodes]
        At most so much goes left.
    left, right : int32[nodes]
        Where to go on; a leaf goes on to itself.
    value : float32[nodes]
        What a leaf adds.
    depth : int
        Steps to the deepest leaf.

    Examples
    --------
    >>> stump = Trees.read({"names": ["x"], "trees": [[0, 0.5, -1.0, 2.0]]})
    >>> stump.scores(np.array([[0.2], [0.7]], np.float32)).tolist()
    [-1.0, 2.0]
    """

    names: tuple[str, ...]
    roots: Ints
    feature: Ints
    threshold: Float32
    left: Ints
    right: Ints
    value: Float32
    depth: int

    @classmethod
    def read(cls, data: Mapping[str, Any]) -> Trees:
        """Read trees written as ``[column, threshold, left, right]``, where left and right are trees or a leaf's value.

        Raises
        ------
        ValueError, KeyError, TypeError
            If they are not of that form.
        """
        nodes: list[tuple[int, float, int, int, float]] = []
        names = tuple(data["names"])

        def add(tree: Any) -> tuple[int, int]:
            at = len(nodes)
            if not isinstance(tree, list):
                nodes.append((0, 0.0, at, at, float(tree)))
                return at, 0
            column, threshold, left, right = tree
            if not 0 <= column < len(names):
                raise ValueError(f"a tree looks at column {column} of {len(names)}")
            nodes.append((column, threshold, at, at, 0.0))
            (go_left, deep_left), (go_right, deep_right) = add(left), add(right)
            nodes[at] = (column, threshold, go_left, go_right, 0.0)
            return at, 1 + max(deep_left, deep_right)

        grown = [add(tree) for tree in data["trees"]]
        columns = list(zip(*nodes, strict=True)) if nodes else [()] * 5
        return cls(
            names,
            np.array([root for root, _ in grown], np.int32),
            np.array(columns[0], np.int32),
            np.array(columns[1], np.float32),
            np.array(columns[2], np.int32),
            np.array(columns[3], np.int32),
            np.array(columns[4], np.float32),
            max((deep for _, deep in grown), default=0),
        )

    def scores(self, rows: Float32) -> Float32:
        """Return the sum of the trees for each row. rows: float32[n, len(names)]."""
        at = np.broadcast_to(self.roots, (len(rows), len(self.roots)))
        every = np.arange(len(rows))[:, None]
        for _ in range(self.depth):
            goes_left = rows[every, self.feature[at]] <= self.threshold[at]
            at = np.where(goes_left, self.left[at], self.right[at])
        total: Float32 = self.value[at].sum(axis=1, dtype=np.float32)
        return total

    def score(self, features: Mapping[str, float]) -> float:
        """Return the sum for one row of named features; a feature that is not named is 0."""
        row: Sequence[float] = [features.get(name, 0.0) for name in self.names]
        return float(self.scores(np.array([row], np.float32))[0])
