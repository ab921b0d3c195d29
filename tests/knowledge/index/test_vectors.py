# SPDX-License-Identifier: Apache-2.0
"""Eight bits and signs find what an exact search of the full vectors finds."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.typing import NDArray

from daulat.knowledge.index import VectorIndex, quantise, write_vectors
from daulat.knowledge.index.vectors import binary_codes

FLOATS = st.floats(-1, 1, width=32)


def clustered(rows: int, dimensions: int = 128) -> NDArray[np.float32]:
    """Rows as texts lie: some hundred topics, each row near one of them, all on one side of the origin."""
    draw = np.random.default_rng(7)
    topics = draw.normal(size=(100, dimensions)) + 1.5
    vectors = topics[draw.integers(100, size=rows)] + 0.6 * draw.normal(size=(rows, dimensions))
    return (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> VectorIndex:
    folder = tmp_path_factory.mktemp("vectors")
    write_vectors(folder, *quantise(clustered(70_000)))  # more than two blocks
    return VectorIndex(folder)


@given(arrays(np.float32, st.tuples(st.integers(1, 5), st.integers(1, 40)), elements=FLOATS))
def test_rounding_moves_no_component_by_more_than_half_a_step(vectors: NDArray[np.float32]) -> None:
    rows, scales = quantise(vectors)
    steps = scales.astype(np.float32)[:, None]
    # The step is a half float itself: it may be 2^-11 too small, which the largest component feels 127 times.
    assert (np.abs(rows * steps - vectors) <= steps * (0.5 + 127 / 2**11) + 1e-6).all()


@given(arrays(np.float32, (5, 128), elements=FLOATS), arrays(np.float32, 128, elements=FLOATS))
def test_codes_are_the_signs_of_the_centred_rows(vectors: NDArray[np.float32], centre: NDArray[np.float32]) -> None:
    words = binary_codes(vectors, centre)
    bits = np.unpackbits(np.ascontiguousarray(words.T).view(np.uint8), axis=1)
    assert words.shape == (2, 5)
    assert (bits.astype(bool) == (vectors > centre)).all()


def test_the_ten_nearest_are_those_of_an_exact_search(index: VectorIndex) -> None:
    vectors = clustered(70_000)
    found = 0
    for row in range(0, 70_000, 7_000):
        query = vectors[row]
        exact = np.argsort(-(vectors @ query), kind="stable")[:10]
        rows, cosines = index.nearest(query, 10)
        found += len(set(exact.tolist()) & set(rows.tolist()))
        assert rows[0] == row
        np.testing.assert_allclose(cosines, vectors[rows] @ query, atol=0.01)
    assert found >= 0.95 * 100  # rounding may swap neighbours at the tenth place


def test_only_allowed_rows_come_back_however_few_they_are(index: VectorIndex) -> None:
    query = clustered(1)[0]
    for share in (3, 3_000, 70_000):
        allowed = np.zeros(70_000, bool)
        allowed[::share] = True
        rows, _ = index.nearest(query, 40, allowed)
        assert allowed[rows].all()
        assert len(rows) == min(40, int(allowed.sum()))


def test_equal_rows_come_in_order(tmp_path: Path) -> None:
    write_vectors(tmp_path, *quantise(np.repeat(clustered(1), 2_000, axis=0)))
    rows, _ = VectorIndex(tmp_path).nearest(clustered(1)[0], 25)
    assert rows.tolist() == list(range(25))


def test_an_index_of_nothing_finds_nothing(tmp_path: Path) -> None:
    write_vectors(tmp_path, np.empty((0, 64), np.int8), np.empty(0, np.float16))
    rows, cosines = VectorIndex(tmp_path).nearest(np.ones(64, np.float32), 5)
    assert (len(rows), len(cosines)) == (0, 0)


def test_files_of_two_indexes_are_not_read_as_one(tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    write_vectors(tmp_path, *quantise(clustered(10)))
    write_vectors(tmp_path / "other", *quantise(clustered(11)))
    (tmp_path / "other" / "codes.npy").rename(tmp_path / "codes.npy")
    with pytest.raises(ValueError, match="do not belong together"):
        VectorIndex(tmp_path)


def test_many_rows_are_narrowed_by_half_their_bits_and_lose_nothing(tmp_path: Path) -> None:
    vectors = clustered(210_000)
    write_vectors(tmp_path, *quantise(vectors))
    index = VectorIndex(tmp_path)
    allowed = np.arange(len(vectors)) % 100 != 0
    for row in (1, 104_999, 209_999):
        exact = np.argsort(-(vectors @ vectors[row]), kind="stable")[:1]
        assert index.nearest(vectors[row], 10)[0][0] == exact[0] == row
        assert allowed[index.nearest(vectors[row], 40, allowed)[0]].all()
