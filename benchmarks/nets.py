# SPDX-License-Identifier: Apache-2.0
"""Small nets that rank: candidates of questions in; a linear model and a hidden layer beside it out.

A softmax over the candidates of a question, with the log-likelihood of any that answers, by AdamW. Needs PyTorch beside
the development tools (`uv pip install torch`); it is no dependency of anything that runs.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

Float = NDArray[np.float64]

EPOCHS, BATCH, RATE = 30, 64, 3e-3


@dataclass(frozen=True)
class Padded:
    """Questions side by side: x float32[n, most, features], gold and held bool[n, most], weight float32[n]."""

    x: Tensor
    gold: Tensor
    held: Tensor
    weight: Tensor


@dataclass(frozen=True)
class Net:
    """A score: ``x @ linear + relu(x @ down + bias) @ up``."""

    linear: Float
    down: Float
    bias: Float
    up: Float

    def scores(self, x: Float) -> Float:
        found: Float = x @ self.linear + np.maximum(x @ self.down + self.bias, 0) @ self.up
        return found


class _Module(torch.nn.Module):
    def __init__(self, features: int, hidden: int) -> None:
        super().__init__()
        self.linear = torch.nn.Linear(features, 1, bias=False)
        self.down = torch.nn.Linear(features, hidden)
        self.up = torch.nn.Linear(hidden, 1, bias=False)
        torch.nn.init.zeros_(self.up.weight)

    def forward(self, x: Tensor) -> Tensor:
        found: Tensor = (self.linear(x) + self.up(torch.relu(self.down(x))))[..., 0]
        return found


def fit_net(
    x: Float, gold: NDArray[np.bool_], counts: NDArray[np.int64], weight: Float, *, hidden: int, decay: float
) -> Net:
    """Fit a net.

    Parameters
    ----------
    x : float64[rows, features]
        Candidates of one question after those of another.
    gold : bool[rows]
    counts : int64[n]
        Candidates of each question.
    weight : float64[n]
        What each question counts.
    hidden : int
        Width of the hidden layer.
    decay : float
        Weight decay.
    """
    torch.manual_seed(0)
    torch.set_num_threads(1)
    used = np.flatnonzero(x.std(axis=0) > 1e-6)
    mean, scale = x[:, used].mean(axis=0), x[:, used].std(axis=0)
    data = _padded((x[:, used] - mean) / scale, gold, counts, weight / weight.mean())
    module = _Module(len(used), hidden)
    optimiser = torch.optim.AdamW(module.parameters(), lr=RATE, weight_decay=decay)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, EPOCHS)
    for _ in range(EPOCHS):
        order = torch.randperm(len(data.x))
        for at in range(0, len(order), BATCH):
            here = order[at : at + BATCH]
            scores = module(data.x[here]).masked_fill(~data.held[here], -1e9)
            right = torch.log_softmax(scores, -1).masked_fill(~data.gold[here], -1e9)
            loss = -(torch.logsumexp(right, -1) * data.weight[here]).mean()
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
        schedule.step()
    return _unscaled(module, used, mean, scale, x.shape[1])


def _padded(x: Float, gold: NDArray[np.bool_], counts: NDArray[np.int64], weight: Float) -> Padded:
    """Leave out the questions that no candidate answers."""
    starts = np.cumsum(counts) - counts
    chosen: Sequence[int] = np.flatnonzero(np.add.reduceat(gold, starts) > 0).tolist()
    most = int(counts[chosen].max())
    rows = np.zeros((len(chosen), most, x.shape[1]), np.float32)
    right, held = np.zeros((len(chosen), most), bool), np.zeros((len(chosen), most), bool)
    for place, question in enumerate(chosen):
        here = slice(int(starts[question]), int(starts[question] + counts[question]))
        size = here.stop - here.start
        rows[place, :size], right[place, :size], held[place, :size] = x[here], gold[here], True
    return Padded(*map(torch.from_numpy, (rows, right, held, weight[chosen].astype(np.float32))))


def _unscaled(module: _Module, used: NDArray[np.intp], mean: Float, scale: Float, features: int) -> Net:
    """Return the net for features as they are; those that never vary have no weight."""
    linear, down, up = (getattr(module, name).weight.detach().double().numpy() for name in ("linear", "down", "up"))
    whole, wide = np.zeros(features), np.zeros((features, len(down)))
    whole[used], wide[used] = linear[0] / scale, (down / scale).T
    bias = module.down.bias.detach().double().numpy() - down @ (mean / scale)
    return Net(whole, wide, bias, up[0])
