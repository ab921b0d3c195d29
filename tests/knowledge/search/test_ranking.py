# SPDX-License-Identifier: Apache-2.0
"""A hidden layer adds what no sum can say."""

from __future__ import annotations

import numpy as np

from daulat.knowledge.search import FEATURES, Ranking, Weights


def test_a_hidden_layer_adds_only_above_its_bend() -> None:
    down, up = np.array([[1.0], [1.0]], np.float32), np.array([10.0], np.float32)
    weights = Weights(np.array([1.0, 0.0], np.float32), down, np.array([-1.5], np.float32), up)
    rows = np.array([[1, 0], [0, 1], [1, 1]], np.float32)
    # 1 and 0 alone stay below the bend of 1.5; both together stand 0.5 above it: 1 + 10 * 0.5.
    assert weights.scores(rows).tolist() == [1.0, 0.0, 6.0]


def test_a_blank_ranking_prefers_nothing() -> None:
    assert not Ranking.blank().scores(np.ones((3, len(FEATURES)), np.float32), is_everyday=True).any()
