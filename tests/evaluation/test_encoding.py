# SPDX-License-Identifier: Apache-2.0
"""Encoding on many cores changes no vector and mixes up no text; a prepared question is not a passage."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from daulat.evaluation.corpus import ChosenVectors
from daulat.evaluation.encoding import ParallelEncoder, PreparedEncoder
from daulat.knowledge.encoder import Encoder
from daulat.knowledge.index.cache import VectorCache, key_of

TEXTS = [f"kata {'panjang ' * (n % 5)}{n}" for n in range(23)]


def test_texts_encoded_side_by_side_come_back_in_their_order(encoder: Encoder) -> None:
    np.testing.assert_array_equal(ParallelEncoder(encoder, 3).passages(TEXTS), encoder.passages(TEXTS))


def test_a_prepared_question_is_near_to_itself_and_another_is_encoded_when_asked(
    encoder: Encoder, tmp_path: Path
) -> None:
    prepared = PreparedEncoder(encoder, VectorCache(tmp_path / "q.bin", 64))
    list(prepared.prepare(TEXTS[:5]))
    assert prepared.count_missing(TEXTS[:6]) == 1
    cosines = (prepared.queries(TEXTS[:6]) * encoder.queries(TEXTS[:6])).sum(axis=1)
    np.testing.assert_allclose(cosines, 1, atol=1e-3)


def test_a_question_is_never_taken_for_a_passage_of_the_same_words(encoder: Encoder, tmp_path: Path) -> None:
    cache = VectorCache(tmp_path / "v.bin", 64)
    list(PreparedEncoder(encoder, cache).prepare(["sama"]))
    assert key_of(encoder.name, "sama") not in cache


def test_only_chosen_texts_are_encoded_and_the_others_are_near_to_nothing(encoder: Encoder, tmp_path: Path) -> None:
    chosen = ChosenVectors(VectorCache(tmp_path / "v.bin", 64), {"satu"})
    assert list(chosen.fill(encoder, ["satu", "dua"])) == [1]
    rows, scales = chosen.read([key_of(encoder.name, text) for text in ("dua", "satu")])
    assert not rows[0].any()
    assert rows[1].astype(np.float32) * np.float32(scales[1]) == pytest.approx(encoder.passages(["satu"])[0], abs=0.01)
