# SPDX-License-Identifier: Apache-2.0
"""What was encoded once is never encoded again, whatever was killed in between."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import tempfile
import textwrap
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from daulat.knowledge.errors import KnowledgeError
from daulat.knowledge.index.cache import (
    VectorCache,
    key_of,
    record_type,
)
from daulat.knowledge.index.seed import Seed, short_key, write_seed
from daulat.knowledge.index.vectors import quantise

SIZE = record_type(64).itemsize


class Counting:
    """Encodes a text to the axis of its length and remembers what it was asked."""

    name = "counting"
    dimensions = 64

    def __init__(self) -> None:
        self.asked: list[str] = []

    def queries(self, texts: Sequence[str]) -> NDArray[np.float32]:
        raise NotImplementedError

    def passages(self, texts: Sequence[str]) -> NDArray[np.float32]:
        self.asked += texts
        return np.eye(64, dtype=np.float32)[[len(text) for text in texts]]


def filled(path: Path, texts: Sequence[str], seeds: Sequence[Path] = ()) -> tuple[VectorCache, Counting]:
    encoder = Counting()
    cache = VectorCache(path, 64, seeds)
    assert cache.count_missing(encoder, texts) == len(set(texts)) - sum(
        key_of("counting", text) in cache for text in set(texts)
    )
    list(cache.fill(encoder, texts, batch=2))
    return cache, encoder


def value(cache: VectorCache, text: str) -> int:
    [row], _ = cache.read([key_of("counting", text)])
    return int(row.argmax())


def test_a_second_run_encodes_only_what_is_new(tmp_path: Path) -> None:
    filled(tmp_path / "v", ["a", "bb", "a", "ccc"])
    cache, encoder = filled(tmp_path / "v", ["bb", "dddd", "a"])
    assert encoder.asked == ["dddd"]
    assert [value(cache, text) for text in ("a", "bb", "ccc", "dddd")] == [1, 2, 3, 4]


@given(torn=st.integers(1, SIZE - 1), records=st.integers(0, 3))
def test_a_torn_record_is_dropped_and_what_follows_is_whole(tmp_path_factory: object, torn: int, records: int) -> None:
    path = tmp_path_factory.mktemp("torn") / "v"  # type: ignore[attr-defined]
    texts = ["a", "bb", "ccc"][:records]
    filled(path, texts)
    with path.open("ab") as file:
        file.write(b"\xff" * torn)
    cache, encoder = filled(path, [*texts, "dddd"])
    assert encoder.asked == ["dddd"]
    assert path.stat().st_size == SIZE * (records + 1)
    assert [value(cache, text) for text in [*texts, "dddd"]] == [len(text) for text in [*texts, "dddd"]]


def test_a_record_torn_while_the_cache_is_open_harms_no_other(tmp_path: Path) -> None:
    cache, encoder = filled(tmp_path / "v", ["a"])
    with (tmp_path / "v").open("ab") as file:
        file.write(b"\xff" * 7)  # as a full disk leaves it
    list(cache.fill(encoder, ["bb"]))
    assert value(VectorCache(tmp_path / "v", 64), "bb") == 2


def test_a_killed_run_keeps_the_batches_it_had_finished(tmp_path: Path) -> None:
    program = textwrap.dedent(
        """
        import sys, numpy as np
        from pathlib import Path
        from daulat.knowledge.index.cache import VectorCache
        class Encoder:
            name, dimensions = "counting", 64
            def passages(self, texts):
                return np.eye(64, dtype=np.float32)[[len(text) for text in texts]]
        for done in VectorCache(Path(sys.argv[1]), 64).fill(Encoder(), ["a" * n for n in range(1, 100)], batch=2):
            print(done, flush=True)
        """
    )
    child = subprocess.Popen([sys.executable, "-c", program, str(tmp_path / "v")], stdout=subprocess.PIPE, text=True)
    assert child.stdout is not None
    with child.stdout as told:
        done = [int(next(told)) for _ in range(5)][-1]
        os.kill(child.pid, signal.SIGKILL)
        child.wait()
    cache = VectorCache(tmp_path / "v", 64)
    assert len(cache) >= done
    assert [value(cache, "a" * n) for n in range(1, done + 1)] == list(range(1, done + 1))


def test_another_encoder_never_finds_an_old_vector(tmp_path: Path) -> None:
    cache, _ = filled(tmp_path / "v", ["a"])
    assert key_of("other", "a") not in cache


@given(st.text(), st.text())
def test_keys_survive_the_byte_strings_of_numpy(name: str, text: str) -> None:
    key = key_of(name, text)
    assert np.array([key], "S16")[0] == key


def test_vectors_of_a_pack_are_read_and_never_written(tmp_path: Path) -> None:
    cache, _ = filled(tmp_path / "v", ["a", "bb", "ccc"])
    keys = [key_of("counting", text) for text in ("ccc", "a", "a")]
    assert write_seed(tmp_path / "seed", keys, *cache.read(keys), step=0.01) == 2
    before = (tmp_path / "seed").read_bytes()
    other, encoder = filled(tmp_path / "w", ["a", "ccc", "dddd"], [tmp_path / "seed"])
    assert encoder.asked == ["dddd"]
    assert value(other, "ccc") == 3
    assert (tmp_path / "seed").read_bytes() == before


def test_a_seed_is_the_same_whatever_order_its_texts_came_in(tmp_path: Path) -> None:
    keys = [key_of("counting", text) for text in ("a", "bb")]
    for name, texts, order in (("x", ["a", "bb"], keys), ("y", ["bb", "a"], keys[::-1])):
        write_seed(tmp_path / f"{name}.seed", order, *filled(tmp_path / name, texts)[0].read(order), step=0.01)
    assert (tmp_path / "x.seed").read_bytes() == (tmp_path / "y.seed").read_bytes()


def test_a_rounded_seed_is_small_and_points_the_same_way(tmp_path: Path) -> None:
    draw = np.random.default_rng(0)
    # Eight components vary and the other 56 hardly: those cost hardly anything.
    vectors = (draw.normal(size=(4000, 8)) @ draw.normal(size=(8, 64))).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    keys = [key_of("drawn", str(n)) for n in range(4000)]
    for step, least in ((0.004, 0.999), (0.03, 0.99)):
        assert write_seed(tmp_path / "seed", keys, *quantise(vectors), step=step) == 4000
        rows, _ = VectorCache(tmp_path / "none", 64, [tmp_path / "seed"]).read(keys)
        whole = rows.astype(np.float32)
        assert ((whole * vectors).sum(axis=1) / np.linalg.norm(whole, axis=1)).min() > least
    # 28 bytes of heading, then keys, 65 axes of 64 halves, and 5 bytes about each component.
    assert (tmp_path / "seed").stat().st_size - 28 - 4000 * 8 - 65 * 64 * 2 - 64 * 5 < 4000 * 9


def test_what_a_seed_holds_goes_over_to_the_next_without_being_rounded_again(tmp_path: Path) -> None:
    draw = np.random.default_rng(1)
    vectors = (draw.normal(size=(300, 8)) @ draw.normal(size=(8, 64))).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    keys = [key_of("drawn", str(n)) for n in range(300)]
    write_seed(tmp_path / "first", keys[:200], *quantise(vectors[:200]), step=0.03)
    first = Seed(tmp_path / "first")
    for turn in range(1, 4):  # each time some leave and others come
        known = VectorCache(tmp_path / "none", 64, [tmp_path / ("first" if turn == 1 else "next")])
        some = slice(20 * turn, 200 + 20 * turn)
        rows, scales = quantise(vectors[some])
        held = np.array([key in known for key in keys[some]])
        rows[held], scales[held] = known.read([key for key, here in zip(keys[some], held, strict=True) if here])
        before = Seed(tmp_path / ("first" if turn == 1 else "next"))
        write_seed(tmp_path / "beside", keys[some], rows, scales, step=0.03, kept=before)
        (tmp_path / "beside").rename(tmp_path / "next")
    last, both = Seed(tmp_path / "next"), keys[60:200]
    of = {name: dict(zip(seed.keys.tolist(), seed.records, strict=True)) for name, seed in (("a", first), ("b", last))}
    assert all(of["a"][short_key(key)] == of["b"][short_key(key)] for key in both)
    whole = VectorCache(tmp_path / "none", 64, [tmp_path / "next"]).read(keys[200:260])[0].astype(np.float32)
    assert ((whole * vectors[200:260]).sum(axis=1) / np.linalg.norm(whole, axis=1)).min() > 0.99


def test_a_seed_of_other_texts_is_turned_anew(tmp_path: Path) -> None:
    keys = [key_of("drawn", str(n)) for n in range(8)]
    rows, scales = quantise(np.eye(8, 64, dtype=np.float32))
    write_seed(tmp_path / "old", keys[:5], rows[:5], scales[:5], step=0.02)
    write_seed(tmp_path / "with", keys[1:], rows[1:], scales[1:], step=0.02, kept=Seed(tmp_path / "old"))
    write_seed(tmp_path / "other", keys[3:], rows[3:], scales[3:], step=0.02, kept=Seed(tmp_path / "old"))
    write_seed(tmp_path / "anew", keys[3:], rows[3:], scales[3:], step=0.02)
    assert (tmp_path / "other").read_bytes() == (tmp_path / "anew").read_bytes()
    assert (Seed(tmp_path / "with").packed.axes == Seed(tmp_path / "old").packed.axes).all()


def test_a_pack_without_texts_has_a_seed_of_none(tmp_path: Path) -> None:
    assert write_seed(tmp_path / "seed", [], np.empty((0, 64), np.int8), np.empty(0, np.float16), step=0.01) == 0
    assert len(VectorCache(tmp_path / "none", 64, [tmp_path / "seed"])) == 0


def test_a_seed_that_was_cut_short_is_refused(tmp_path: Path) -> None:
    write_seed(
        tmp_path / "seed",
        [key_of("drawn", str(n)) for n in range(9)],
        *quantise(np.eye(9, 64, dtype=np.float32)),
        step=0.01,
    )
    (tmp_path / "seed").write_bytes((tmp_path / "seed").read_bytes()[:-1])
    cache = VectorCache(tmp_path / "none", 64, [tmp_path / "seed"])  # unpacks nothing before a vector is asked for
    with pytest.raises(KnowledgeError, match="cut short or damaged"):
        cache.read([key_of("drawn", "0")])


@given(st.integers(0, 2**32), st.integers(1, 40), st.sampled_from([0.002, 0.01, 0.05, 0.2, 1.0]))
def test_every_component_comes_back_within_half_a_step(drawn: int, count: int, step: float) -> None:
    vectors = np.random.default_rng(drawn).normal(size=(count, 16)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    keys = [key_of("drawn", str(n)) for n in range(count)]
    with tempfile.TemporaryDirectory() as folder:
        write_seed(Path(folder) / "seed", keys, *quantise(vectors), step=step)
        seed = Seed(Path(folder) / "seed")
        axes, kept, columns = seed.packed
    turned = vectors[np.argsort([short_key(key) for key in keys])] - axes[0].astype(np.float32)
    wrong = np.abs(turned @ axes[1:].T.astype(np.float32) - kept * columns.T)
    assert wrong.max() <= kept / 2 + 0.01  # 0.01: rounded to 8 bits before


@given(st.data())
def test_a_byte_that_was_changed_is_told_or_harms_no_shape(data: st.DataObject) -> None:
    vectors = np.eye(9, 16, dtype=np.float32)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "seed"
        write_seed(path, [key_of("drawn", str(n)) for n in range(9)], *quantise(vectors), step=0.05)
        whole = bytearray(path.read_bytes())
        packed = 28 + 9 * 8 + 17 * 16 * 2  # what stands before, keys and axes, may be any bytes
        whole[data.draw(st.integers(packed, len(whole) - 1))] = data.draw(st.integers(0, 255))
        path.write_bytes(whole)
        with contextlib.suppress(KnowledgeError):
            assert Seed(path).records["row"].shape == (9, 16)


def test_a_seed_that_cannot_be_read_or_counts_what_cannot_be_is_refused_in_words(tmp_path: Path) -> None:
    with pytest.raises(KnowledgeError, match="cut short or damaged"):
        Seed(tmp_path)  # a folder: its bytes cannot be read
    write_seed(tmp_path / "seed", [key_of("drawn", "a")], *quantise(np.ones((1, 32), np.float32)), step=0.01)
    whole = bytearray((tmp_path / "seed").read_bytes())
    whole[16:24] = b"\xff" * 8  # the width and the count
    (tmp_path / "seed").write_bytes(whole)
    with pytest.raises(KnowledgeError, match="cut short or damaged"):
        Seed(tmp_path / "seed")


def test_a_seed_of_another_width_is_passed_over(tmp_path: Path) -> None:
    write_seed(tmp_path / "seed", [key_of("drawn", "a")], *quantise(np.ones((1, 32), np.float32)), step=0.01)
    assert len(VectorCache(tmp_path / "w", 64, [tmp_path / "seed"])) == 0
