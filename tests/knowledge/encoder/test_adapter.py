# SPDX-License-Identifier: Apache-2.0
"""An adapter turns questions and nothing else, and says so in the encoder's name."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from daulat.knowledge.encoder import Adapter, E5Encoder, adapt, bundled_weights, load_adapter
from daulat.knowledge.encoder.adapter import Change

QUESTION = ["KK saya hilang, ngurus yang baru gimana ya?"]


@pytest.fixture(scope="module")
def encoder() -> E5Encoder:
    return E5Encoder(bundled_weights())


def changes(scale: float, layer: int = 11) -> Adapter:
    draw = np.random.default_rng(0)
    down = draw.normal(scale=384**-0.5, size=(384, 2)).astype(np.float32)
    up = draw.normal(scale=scale, size=(2, 1_536)).astype(np.float32)
    return Adapter(E5Encoder.name, {layer: {"up": Change(down, up)}})


def test_a_change_of_nothing_changes_nothing(encoder: E5Encoder) -> None:
    turned = encoder.adapted(changes(0.0)).queries(QUESTION)
    assert np.abs(turned - encoder.queries(QUESTION)).max() < 1e-6


def test_questions_are_turned_and_stay_of_unit_length(encoder: E5Encoder) -> None:
    turned = encoder.adapted(changes(0.5)).queries(QUESTION)
    assert float((turned @ encoder.queries(QUESTION).T)[0, 0]) < 0.999
    assert np.linalg.norm(turned) == pytest.approx(1.0, abs=1e-5)


def test_passages_stay_as_they_are(encoder: E5Encoder) -> None:
    assert np.array_equal(encoder.adapted(changes(0.5)).passages(QUESTION), encoder.passages(QUESTION))


def test_what_is_saved_comes_back_in_half_precision(encoder: E5Encoder, tmp_path: Path) -> None:
    changes(0.5).save(tmp_path / "adapter.npz")
    back = load_adapter(tmp_path / "adapter.npz")
    assert back.encoder == encoder.name
    cosine = encoder.adapted(back).queries(QUESTION) @ encoder.adapted(changes(0.5)).queries(QUESTION).T
    assert float(cosine[0, 0]) > 0.9999


def test_vectors_of_two_adapters_have_different_names(encoder: E5Encoder, tmp_path: Path) -> None:
    names = {encoder.name}
    for scale in (0.1, 0.2):
        changes(scale).save(tmp_path / "adapter.npz")
        names.add(encoder.adapted(load_adapter(tmp_path / "adapter.npz")).name)
    assert len(names) == 3


def test_an_adapter_that_does_not_fit_is_refused(encoder: E5Encoder) -> None:
    wide = Change(np.zeros((384, 2), np.float32), np.zeros((2, 384), np.float32))
    with pytest.raises(ValueError, match="the change of `up` in layer 0 does not fit"):
        encoder.adapted(Adapter(encoder.name, {0: {"up": wide}})).queries(QUESTION)


def test_a_file_that_is_no_adapter_is_refused(tmp_path: Path) -> None:
    np.savez(
        tmp_path / "adapter.npz", encoder=np.array("e"), **{"3.up.down": np.zeros((4, 2)), "3.up.up": np.zeros((3, 4))}
    )
    with pytest.raises(ValueError, match="do not belong together"):
        load_adapter(tmp_path / "adapter.npz")


def test_an_encoder_that_cannot_be_turned_is_used_as_it_is() -> None:
    class Plain:
        name, dimensions = "plain", 2

        def queries(self, texts: object) -> np.ndarray:
            return np.zeros((1, 2), np.float32)

        passages = queries

    plain = Plain()
    assert adapt(plain, Adapter("plain", {})) is plain
