# SPDX-License-Identifier: Apache-2.0
"""Learn to turn questions towards the texts: a pack's everyday questions in, `adapter.e5.npz` and its figures out.

    python benchmarks/fit_adapter.py [--further] [--write]
    python benchmarks/fit_adapter.py --measure   # the adapter that the pack has; nothing is learnt

Changes of low rank (LoRA) to the encoder's upper half are fitted so that the passages that answer a question come
nearer than its nearest others, some drawn at random and those of other questions: a softmax over segments, with AdamW.
A tenth of the passages is never asked about (see `is_kept_apart`): the figures are those of the questions about these,
and what ranks and judges is fitted on them too. Questions of the test suites are never used. Needs PyTorch beside the
development tools (`uv pip install torch`); it is no dependency of anything that runs.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import torch
from citizens import open_bench
from everyday_asked import everyday_questions, is_kept_apart, main_row, segments_of
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from daulat.evaluation import open_corpus
from daulat.evaluation.corpus import Corpus
from daulat.knowledge.encoder import Adapter, bundled_weights, load_adapter
from daulat.knowledge.encoder.adapter import MATRICES, Change
from daulat.knowledge.encoder.weights import Layer, Weights, read_weights
from daulat.knowledge.everyday import FOLDER
from daulat.knowledge.search import load_ranking
from daulat.knowledge.sources import load_sources

FIRST, RANK = 6, 8  # the layer from which on changes are learnt, and their rank
AFRESH, FURTHER = (2, 1e-3), (1, 6e-4)  # epochs and rate of learning
BATCH, DECAY, DROPPED, WARMTH = 128, 0.01, 0.1, 0.03
NEAREST, OF_NEAREST, DRAWN = 50, 12, 256  # segments that a question is told apart from
LENGTHS = (16, 20, 24, 32, 62)  # tokens; questions of like length share a batch
Ints = NDArray[np.int64]


@dataclass(frozen=True)
class Case:
    """A form of a question: its tokens, the spans of segments that answer, and whether it is kept apart."""

    tokens: tuple[int, ...]
    answers: tuple[tuple[int, int], ...]
    apart: bool
    is_first_form: bool

    @property
    def segments(self) -> Ints:
        return np.concatenate([np.arange(first, last) for first, last in self.answers])


def read_cases(corpus: Corpus, weights: Weights) -> list[Case]:
    """Return the forms of all everyday questions that a passage answers."""
    release, cases = corpus.release, []
    bench = open_bench()
    for question in everyday_questions(bench):
        rows = [row for gold in sorted(question.gold) if (row := release.row_of(gold)) is not None]
        if not rows:
            continue
        spans = tuple((int(release.first_segments[row]), int(release.first_segments[row + 1])) for row in rows)
        apart = is_kept_apart(main_row(release, question))
        for place, form in enumerate(corpus.reader.ask(question.text, question.language).forms):
            tokens = weights.tokenizer.encode(f"query: {form}")[: LENGTHS[-1] - 2]
            cases.append(Case((weights.bos, *tokens, weights.eos), spans, apart, place == 0))
    return cases


def tensor(array: np.ndarray) -> Tensor:
    return torch.from_numpy(np.array(array, np.float32))


class Tower:
    """The encoder in PyTorch: the lower half runs once, the upper half with what is learnt."""

    def __init__(self, weights: Weights, cases: Sequence[Case], seed: int = 0) -> None:
        self.weights = weights
        self.layers = [
            {name: _tensors(getattr(layer, name)) for name in Layer.__dataclass_fields__} for layer in weights.layers
        ]
        draw = np.random.default_rng(seed)
        sizes = {name: getattr(weights.layers[0], name).shape for name in MATRICES}
        self.learnt = {
            number: {
                name: (
                    torch.nn.Parameter(tensor(draw.normal(scale=inputs**-0.5, size=(inputs, RANK)))),
                    torch.nn.Parameter(torch.zeros(RANK, outputs)),
                )
                for name, (inputs, outputs) in sizes.items()
            }
            for number in range(FIRST, len(weights.layers))
        }
        self.length_of = np.array([next(n for n in LENGTHS if len(case.tokens) <= n) for case in cases])
        self.half, self.mask = self._lower(cases)

    @property
    def parameters(self) -> list[torch.nn.Parameter]:
        return [side for changes in self.learnt.values() for pair in changes.values() for side in pair]

    @torch.no_grad()
    def _lower(self, cases: Sequence[Case]) -> tuple[list[Tensor], list[Tensor]]:
        half: list[Tensor] = [torch.empty(0)] * len(cases)
        masks: list[Tensor] = [torch.empty(0)] * len(cases)
        for part in _parts(self.length_of, np.arange(len(cases)), 256):
            length = int(self.length_of[part[0]])
            tokens = np.zeros((len(part), length), np.int64)
            mask = torch.full((len(part), length), -1e9)
            for row, case in enumerate(part):
                held = cases[case].tokens
                tokens[row, : len(held)], mask[row, : len(held)] = held, 0
            x = tensor(self.weights.words(tokens.ravel()))
            x += tensor(self.weights.position[:length]).repeat(len(part), 1)
            x = self._normed(x, _tensors(self.weights.norm))
            for layer in self.layers[:FIRST]:
                x = self._layer(x, layer, mask, {}, 0.0)
            for row, case in enumerate(part):
                half[case], masks[case] = x.view(len(part), length, -1)[row].half(), mask[row]
        return half, masks

    def vectors(self, cases: Ints, dropped: float = 0.0) -> Tensor:
        """Return unit vectors of cases of one length: float32[n, d]."""
        x = torch.stack([self.half[case] for case in cases]).float()
        mask = torch.stack([self.mask[case] for case in cases])
        n, length, width = x.shape
        x = x.view(n * length, width)
        for number, layer in enumerate(self.layers[FIRST:], FIRST):
            x = self._layer(x, layer, mask, self.learnt[number], dropped)
        held = (mask > -1).float()[..., None]
        return functional.normalize((x.view(n, length, width) * held).sum(1) / held.sum(1), dim=-1)

    @torch.no_grad()
    def all_vectors(self, cases: Ints) -> Tensor:
        """Return unit vectors of any cases, in their order."""
        found = torch.empty(len(cases), self.weights.position.shape[1])
        place = {case: n for n, case in enumerate(cases.tolist())}
        for part in _parts(self.length_of, cases, 256):
            found[[place[case] for case in part.tolist()]] = self.vectors(part)
        return found

    def adapter(self, encoder: str) -> Adapter:
        layers = {
            number: {name: Change(*(side.detach().numpy() for side in pair)) for name, pair in changes.items()}
            for number, changes in self.learnt.items()
        }
        return Adapter(encoder, layers)

    def take(self, adapter: Adapter) -> None:
        """Go on with the changes of an adapter."""
        for number, changes in adapter.layers.items():
            for name, change in changes.items():
                for side, found in zip(self.learnt[number][name], (change.down, change.up), strict=True):
                    side.data = tensor(found)

    def _normed(self, x: Tensor, norm: tuple[Tensor, ...]) -> Tensor:
        return functional.layer_norm(x, x.shape[-1:], norm[0], norm[1], self.weights.epsilon)

    def _layer(self, x: Tensor, layer: dict, mask: Tensor, learnt: dict, dropped: float) -> Tensor:
        def applied(name: str, y: Tensor) -> Tensor:
            z = torch.addmm(layer[f"{name}_bias"], y, layer[name])
            if name not in learnt:
                return z
            down, up = learnt[name]
            return torch.addmm(z, functional.dropout(y, dropped) @ down, up)

        n, length = mask.shape
        heads, width = self.weights.heads, x.shape[-1]
        query, key, value = applied("qkv", x).view(n, length, 3, heads, width // heads).permute(2, 0, 3, 1, 4)
        attended = functional.scaled_dot_product_attention(query, key, value, attn_mask=mask[:, None, None, :])
        y = self._normed(x + applied("out", attended.transpose(1, 2).reshape(n * length, width)), layer["norm1"])
        wide = functional.gelu(applied("up", y), approximate="tanh")
        return self._normed(y + applied("down", wide), layer["norm2"])


def _tensors(value: object) -> Tensor | tuple[Tensor, ...]:
    return tuple(map(tensor, value)) if isinstance(value, tuple) else tensor(value)


def _parts(length_of: Ints, cases: Ints, size: int) -> Iterator[Ints]:
    for length in LENGTHS:
        here = cases[length_of[cases] == length]
        yield from (here[at : at + size] for at in range(0, len(here), size))


def learn(
    tower: Tower, cases: Sequence[Case], chosen: Ints, segments: Tensor, epochs: int, rate: float, seed: int = 0
) -> None:
    """Fit the tower's changes on chosen cases; the hard segments are those that were nearest before."""
    draw = np.random.default_rng(seed)
    plain = tower.all_vectors(chosen)
    near = {}
    for at in range(0, len(chosen), 512):
        found = torch.topk(plain[at : at + 512] @ segments.T, NEAREST, dim=1).indices.numpy()
        near.update(zip(chosen[at : at + 512].tolist(), found, strict=True))
    batches = [part for _ in range(epochs) for part in _epoch(tower.length_of, chosen, draw)]
    optimiser = torch.optim.AdamW(tower.parameters, lr=rate, weight_decay=DECAY, betas=(0.9, 0.98))
    total, losses = len(batches), []
    for step, part in enumerate(batches):
        for group in optimiser.param_groups:
            group["lr"] = rate * min((step + 1) / (0.06 * total), 1) * (1 + np.cos(np.pi * step / total)) / 2
        answers = [cases[case].segments for case in part]
        hard = [draw.choice(near[case], OF_NEAREST, replace=False) for case in part.tolist()]
        told = np.unique(np.concatenate([*answers, *hard, draw.integers(0, len(segments), DRAWN)]))
        right = torch.zeros(len(part), len(told), dtype=torch.bool)
        for row, answer in enumerate(answers):
            right[row, np.searchsorted(told, answer)] = True
        shares = functional.log_softmax(tower.vectors(part, DROPPED) @ segments[told].T / WARMTH, -1)
        loss = -torch.logsumexp(shares.masked_fill(~right, -1e9), -1).mean()
        optimiser.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(tower.parameters, 1.0)
        optimiser.step()
        losses.append(loss.item())
        if (step + 1) % 50 == 0:
            print(f"step {step + 1:,} of {total:,}: loss {np.mean(losses[-50:]):.3f}", flush=True)


def _epoch(length_of: Ints, chosen: Ints, draw: np.random.Generator) -> list[Ints]:
    parts = list(_parts(length_of, draw.permutation(chosen), BATCH))
    return [parts[place] for place in draw.permutation(len(parts))]


def report(name: str, tower: Tower, cases: Sequence[Case], chosen: Ints, segments: Tensor) -> None:
    """Print how many questions have a segment that answers among the nearest."""
    vectors, ranks = tower.all_vectors(chosen), []
    for at in range(0, len(chosen), 512):
        scores = vectors[at : at + 512] @ segments.T
        for row, case in zip(scores, chosen[at : at + 512].tolist(), strict=True):
            ranks.append(int((row >= row[cases[case].segments].max()).sum()))
    shares = "".join(f"  R@{k} {np.mean(np.array(ranks) <= k):.3f}" for k in (1, 5, 40))
    print(f"nearest segments, kept apart  {name:10s} n {len(ranks):5d}{shares}", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    what = parser.add_mutually_exclusive_group()
    what.add_argument("--write", action="store_true", help="write the adapter into the pack")
    what.add_argument("--measure", action="store_true", help="learn nothing: measure the adapter that the pack has")
    parser.add_argument("--further", action="store_true", help="go on with the adapter that the pack has, one epoch")
    arguments = parser.parse_args()
    bench, weights = open_bench(), read_weights(bundled_weights())
    assert bench.pack is not None
    with TemporaryDirectory() as work:
        corpus = open_corpus(bench, load_sources(bench.pack.path("sources.yaml")), [], load_ranking(), Path(work))
        cases, segments = read_cases(corpus, weights), tensor(segments_of(corpus.release))
    if arguments.measure:
        cases = [case for case in cases if case.apart and case.is_first_form]
    apart = np.array([case.apart for case in cases])
    shown = np.flatnonzero(apart & np.array([case.is_first_form for case in cases]))
    tower = Tower(weights, cases)
    report("as encoded", tower, cases, shown, segments)
    path = bench.pack.path(FOLDER) / "adapter.e5.npz"
    if arguments.measure or arguments.further:
        tower.take(load_adapter(path))
        report("in use", tower, cases, shown, segments)
    if arguments.measure:
        return
    learn(tower, cases, np.flatnonzero(~apart), segments, *(FURTHER if arguments.further else AFRESH))
    report("turned", tower, cases, shown, segments)
    if arguments.write:
        tower.adapter(bench.encoder.name).save(path)
        print(f"wrote {path.name}")


if __name__ == "__main__":
    main()
