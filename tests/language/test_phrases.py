# SPDX-License-Identifier: Apache-2.0
"""Phrases: a citizen always reads a whole sentence, in the nearest language that has it."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from daulat.language import LanguageError, PackFiles, Phrases

SOURCES = Path(__file__).parents[2] / "src" / "daulat"
COURTESIES = {
    "greeting",
    "identity",
    "maker",
    "complaint",
    "thanks",
    "goodbye",
}  # `Notices.courtesy` returns their keys

PackOf = Callable[[dict[str, str]], PackFiles]


def test_the_pack_s_phrase_goes_before_the_core_s(pack_of: PackOf) -> None:
    phrases = Phrases.for_language("en", pack_of({"assistant/messages.en.yaml": "thanks: Any time."}))
    assert phrases.get("thanks") == "Any time."


def test_a_missing_phrase_is_said_in_the_nation_s_next_language(pack_of: PackOf) -> None:
    pack = pack_of(
        {"assistant/messages.xs.yaml": "thanks: Nin.", "assistant/messages.xo.yaml": "{thanks: Bor., goodbye: Za.}"}
    )
    phrases = Phrases.for_language("xs", pack, fallbacks=["xo"])
    assert [phrases.get("thanks"), phrases.get("goodbye")] == ["Nin.", "Za."]


def test_without_a_pack_every_language_can_be_answered_in_english() -> None:
    phrases = Phrases.for_language("et", None)
    assert phrases.get("declined") == Phrases.for_language("en", None).get("declined") != ""


@pytest.mark.parametrize("phrase", ["'{x.__class__}'", "'{0}'", "'{'", "'{x:>9999}'", "[a]", "7"])
def test_a_phrase_can_hold_plain_placeholders_only(phrase: str, pack_of: PackOf) -> None:
    with pytest.raises(LanguageError, match="plain placeholders"):
        Phrases.for_language("xo", pack_of({"assistant/messages.xo.yaml": f"thanks: {phrase}"}))


def test_a_phrase_without_its_field_is_not_said_at_all() -> None:
    with pytest.raises(LanguageError, match="citation"):
        Phrases.for_language("en", None).get("quote_intro")


def test_an_unknown_key_is_a_mistake_that_names_itself() -> None:
    with pytest.raises(LanguageError, match="no_such_key"):
        Phrases.for_language("en", None).get("no_such_key")


def test_every_phrase_can_be_said() -> None:
    speakers = [*(SOURCES / "assistant").glob("*.py"), SOURCES / "cli" / "ask.py"]
    code = "".join(file.read_text("utf-8") for file in speakers)
    core = yaml.safe_load((SOURCES / "language" / "messages" / "en.yaml").read_text("utf-8"))
    said = {key for key in core if re.search(rf"['\"]{key}['\"]", code)}
    said |= {key for key in core if key.removesuffix("_unlisted") in said}  # where no office is known
    assert [key for key in core if key not in COURTESIES and key not in said] == []
