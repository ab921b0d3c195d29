# SPDX-License-Identifier: Apache-2.0
"""A report is whole in every language of the pack: no word of it falls back to English unsaid."""

from __future__ import annotations

from importlib.resources import files

import pytest
import yaml

from daulat.nation import find_pack
from daulat.plan.report.words import SECTIONS

OF_ENGLISH = [section for section in SECTIONS if section != "names"]  # what a pack's own are called, only a pack says


@pytest.mark.parametrize("language", ["id", "jv", "su"])
@pytest.mark.parametrize("section", OF_ENGLISH)
def test_what_a_report_says_in_english_it_says_in_the_languages_of_the_pack(language: str, section: str) -> None:
    pack = find_pack("ID")
    assert pack is not None
    english = yaml.safe_load(files("daulat.plan.report").joinpath("messages/en.yaml").read_text(encoding="utf-8"))
    own = pack.yaml("plan", "messages", f"{language}.yaml")
    assert english[section].keys() - own[section].keys() == set()
