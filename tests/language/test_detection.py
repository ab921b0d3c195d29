# SPDX-License-Identifier: Apache-2.0
"""Detection: an answer for every text, always one of the languages asked for."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from daulat.language import Detector, detector_for
from daulat.language._ngrams import features
from daulat.language.detection import Detection, LanguageModel

GENERAL = detector_for(None)
languages = st.lists(st.sampled_from(["et", "ru", "en", "id", "xx", "zh"]), min_size=1, max_size=4, unique=True)


@given(st.text(max_size=200), languages)
def test_any_text_is_in_one_of_the_languages_given(text: str, among: list[str]) -> None:
    found = GENERAL.detect(text, among)
    assert found.language in among
    assert 0 <= found.confidence <= 1


@pytest.mark.parametrize("text", ["", "   ", "12345", "?!", "👍", "\x00\x01", "\u202e"])
def test_where_nothing_can_be_told_it_is_the_first_language_and_unsure(text: str) -> None:
    found = GENERAL.detect(text, ["et", "ru"])
    assert (found.language, found.confidence) == ("et", 0.2)


@pytest.mark.parametrize(
    ("text", "among", "language"),
    [
        ("Kuidas ma saan uue passi?", ["et", "ru", "en"], "et"),
        ("Как мне получить новый паспорт?", ["et", "ru", "en"], "ru"),
        ("Where can I get a new passport?", ["et", "ru", "en"], "en"),
        ("ꦲꦏ꧀ꦱꦫꦗꦮ", ["id", "jv", "su"], "jv"),
        ("ᮃᮊ᮪ᮞᮛ", ["id", "jv", "su"], "su"),
        ("出生証明書はどこで", ["en", "ja"], "ja"),
        ("كيف أحصل على جواز سفر", ["fr", "ar"], "ar"),
    ],
)
def test_a_country_without_a_pack_tells_its_languages_apart(text: str, among: list[str], language: str) -> None:
    assert GENERAL.detect(text, among).language == language


@pytest.mark.parametrize(
    ("text", "among"),
    [
        ("حقوق الطفل", ["id", "jv"]),
        ("كم رسوم رخصة الكلب؟", ["et", "ru", "fi", "vro", "en"]),
        ("养狗许可证多少钱？", ["et", "ru", "en"]),
        ("ค่าธรรมเนียมเท่าไร", ["et", "ru", "en"]),
        ("Πόσο κοστίζει η άδεια σκύλου;", ["et", "ru", "en"]),
        ("养狗许可证多少钱？", ["en", "hi"]),
        ("养狗许可证多少钱？", ["en", "ko"]),
        ("কুকুরের লাইসেন্স কত?", ["en", "hi"]),
        ("Сколько стоит лицензия?", ["uz", "en"]),
        ("𐘀𐘁𐘂", ["et", "ru"]),
    ],
)
def test_a_script_that_no_language_here_is_written_in_is_the_first_language_and_unsure(
    text: str, among: list[str]
) -> None:
    assert GENERAL.detect(text, among) == Detection(among[0], 0.2)


@pytest.mark.parametrize(
    ("text", "among", "language"),
    [
        ("养狗许可证多少钱？", ["en", "zh"], "zh"),
        ("養狗執照多少錢？", ["en", "zh-TW"], "zh-TW"),
        ("出生届はどこ", ["en", "ja"], "ja"),
        ("サイン", ["en", "zh", "ja"], "ja"),
        ("출생 신고는 어디서?", ["en", "ko", "ru"], "ko"),
        ("কুকুরের লাইসেন্স কত?", ["en", "bn", "hi"], "bn"),
        ("ଲାଇସେନ୍ସ", ["en", "or", "hi"], "or"),
        ("कितना शुल्क है?", ["en", "hi", "ta"], "hi"),
        ("குடிமக்கள்", ["en", "si", "ta"], "ta"),
        ("የልደት ምዝገባ", ["en", "am"], "am"),
        ("ລາວ", ["th", "lo"], "lo"),
        ("لائسنس", ["en", "pa-PK", "hi"], "pa-PK"),
        ("Лицензия", ["en", "uz-Cyrl"], "uz-Cyrl"),
        ("ꦲꦏ꧀ꦱꦫꦗꦮ", ["ru", "jv"], "jv"),
    ],
)
def test_a_script_of_one_language_here_tells_that_language_surely(text: str, among: list[str], language: str) -> None:
    assert GENERAL.detect(text, among) == Detection(language, 0.95)


def test_no_language_to_choose_from_is_a_mistake_of_the_caller() -> None:
    with pytest.raises(ValueError, match="at least one"):
        GENERAL.detect("hello", [])


def test_a_huge_text_is_read_from_its_beginning_only() -> None:
    assert GENERAL.detect("Kuidas ma saan uue passi? " * 20_000, ["en", "et"]).language == "et"


@pytest.fixture
def toy_model(tmp_path: Path) -> LanguageModel:
    weights = np.zeros((1024, 2), np.int8)
    for column, words in enumerate((["bor", "za"], ["sut", "nin"])):
        weights[features(words, 1024), column] = 100
    path = tmp_path / "detector.npz"
    np.savez_compressed(
        path, languages=np.array(["xo", "xs"]), weights=weights, scale=0.05, bias=np.zeros(2, np.float32)
    )
    return LanguageModel.load(path)


def test_a_pack_brings_its_own_model_for_languages_that_nobody_else_knows(toy_model: LanguageModel) -> None:
    detector = Detector(toy_model)
    assert detector.detect("bor za", ["xs", "xo"]).language == "xo"
    assert detector.detect("sut nin", ["xo", "xs"]).language == "xs"


def test_a_text_that_fits_all_languages_alike_is_in_the_first(toy_model: LanguageModel) -> None:
    # No bucket of these letters has a weight, so both scores are the bias, zero.
    found = Detector(toy_model).detect("q", ["xs", "xo"])
    assert (found.language, found.confidence) == ("xs", 0.5)


@pytest.mark.parametrize("text", ["bor" * 3_000, "sut" * 21, "bor@example.org"])
def test_a_text_without_a_word_is_in_the_first_language_and_unsure(toy_model: LanguageModel, text: str) -> None:
    found = Detector(toy_model).detect(text, ["et", "xo", "xs"])
    assert (found.language, found.confidence) == ("et", 0.2)


def test_a_model_file_that_would_run_code_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "detector.npz"
    np.savez(
        path, languages=np.array([print], dtype=object), weights=np.zeros((2, 1), np.int8), scale=1.0, bias=np.zeros(1)
    )
    with pytest.raises(ValueError, match="allow_pickle"):
        LanguageModel.load(path)
