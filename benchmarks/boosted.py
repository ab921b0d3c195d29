# SPDX-License-Identifier: Apache-2.0
"""Boosted trees for what a linear model cannot weigh: rows with answers in, trees for `daulat.knowledge.trees` out.

Needs LightGBM beside the development tools (`uv pip install lightgbm scikit-learn`); it is no dependency of anything
that runs.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import lightgbm
import numpy as np
from numpy.typing import NDArray

Float = NDArray[np.float64]

SHAPE = {
    "n_estimators": 150,
    "learning_rate": 0.04,
    "num_leaves": 8,
    "min_child_samples": 40,
    "subsample": 0.7,
    "subsample_freq": 1,
    "colsample_bytree": 0.5,
    "reg_lambda": 5.0,
    "n_jobs": 1,
    "random_state": 0,
    "verbose": -1,
}


def boosted(x: Float, y: NDArray[np.bool_], **shape: Any) -> lightgbm.LGBMClassifier:
    """Fit trees whose sum is the log-odds of y."""
    return lightgbm.LGBMClassifier(**(SHAPE | shape)).fit(x, y)


def log_odds(model: lightgbm.LGBMClassifier, x: Float) -> Float:
    """Return the sum of the trees for each row."""
    found: Float = model.predict(x, raw_score=True)
    return found


def as_data(booster: lightgbm.Booster, names: Sequence[str]) -> dict[str, Any]:
    """Return trees as nested lists; thresholds and values are rounded to what single precision holds."""
    return {
        "names": list(names),
        "trees": [_node(each["tree_structure"]) for each in booster.dump_model()["tree_info"]],
    }


def _node(node: Mapping[str, Any]) -> Any:
    if "leaf_value" in node:
        return float(f"{node['leaf_value']:.6g}")
    sides = _node(node["left_child"]), _node(node["right_child"])
    return [node["split_feature"], float(f"{node['threshold']:.8g}"), *sides]
