# SPDX-License-Identifier: Apache-2.0
"""Trees that were written down give what their branches say."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from daulat.knowledge.trees import Trees

TWO = {"names": ["a", "b"], "trees": [[0, 0.5, -1.0, [1, 2.0, 3.0, 4.0]], [1, 0.0, 0.25, 0.75]]}


@given(st.floats(-5, 5, width=32), st.floats(-5, 5, width=32))
def test_rows_walk_down_every_tree(a: float, b: float) -> None:
    first = -1.0 if a <= 0.5 else 3.0 if b <= 2.0 else 4.0
    assert Trees.read(TWO).scores(np.array([[a, b]], np.float32)).tolist() == [first + (0.25 if b <= 0 else 0.75)]


def test_a_feature_that_is_not_named_is_nothing() -> None:
    assert Trees.read(TWO).score({"a": 1.0}) == 3.25


def test_a_tree_that_looks_beyond_the_features_is_refused() -> None:
    with pytest.raises(ValueError, match="looks at column 2 of 2"):
        Trees.read({"names": ["a", "b"], "trees": [[2, 0.5, 0.0, 1.0]]})


def test_no_tree_adds_nothing() -> None:
    assert Trees.read({"names": ["a"], "trees": []}).scores(np.ones((2, 1), np.float32)).tolist() == [0.0, 0.0]
