# SPDX-License-Identifier: Apache-2.0
"""Without a pack, a section that is named with the title of its text is the one that is found."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from daulat.knowledge.encoder import Encoder
from daulat.knowledge.ingest import IngestRules
from daulat.knowledge.release import Builder, Release
from daulat.knowledge.search import Reader, Searcher, load_ranking
from daulat.knowledge.search.sections import Sections
from daulat.knowledge.sources import load_sources

SOURCES = """
format: 1
sources:
  - {{id: parking, title: Parking Act, read: {{format: text, path: parking.txt}}, {same}}}
  - {{id: change, title: An Act to change the Parking Act, read: {{format: text, path: change.txt}}, {same}}}
  - {{id: lahn, title: Koeraseadus, read: {{format: text, path: dogs.txt}}, {same}}}
"""
SAME = "publisher: Exampland, licence: CC0-1.0, retrieved: 2026-05-02, coverage_date: 2026-04-30, language: en"
TEXTS = {
    "parking": "Section 1\nA car may stand for two hours.\n\nSection 2\nAn hour costs two crowns.\n\n"
    "Section 12\nWhoever stays longer pays thirty crowns.",
    "change": "Section 1\nThe fine is doubled.\n\nSection 2\nThis Act takes effect in May.\n\nSection 3\nNo more.",
    "dogs": "§ 1\nA dog is registered.\n\n§ 2\nThe fee is five crowns.\n\n§ 3\nA fine is fifty crowns.",
}


@pytest.fixture(scope="module")
def searcher(
    tmp_path_factory: pytest.TempPathFactory,
    make_builder: Callable[[Path], Builder],
    reader: Reader,
    encoder: Encoder,
) -> Searcher:
    folder = tmp_path_factory.mktemp("sections")
    (folder / "sources.yaml").write_text(SOURCES.format(same=SAME))
    for name, text in TEXTS.items():
        (folder / f"{name}.txt").write_text(text)
    release = Release(make_builder(folder).build(load_sources(folder / "sources.yaml"), IngestRules()).folder)
    return Searcher(release, encoder, replace(reader, legal=None), load_ranking())


@pytest.mark.parametrize(
    ("question", "starts"),
    [
        ("section 2 of the parking act", "An hour"),
        ("What does Section 12 of the Parking Act say about a dog that is registered?", "Whoever stays"),
        ("An Act to change the Parking Act, Section 1", "The fine is doubled"),
        ("koeraseadus § 3", "A fine is fifty"),
        ("Koeraseadus §2: a car may stand for two hours", "The fee"),
    ],
)
def test_a_section_that_is_named_with_its_text_comes_first(searcher: Searcher, question: str, starts: str) -> None:
    assert searcher.search(question, "en")[0].passage.text.startswith(starts)


@pytest.mark.parametrize(
    ("question", "lacks"),
    [("section 13 of the parking act", True), ("section 2 of the parking act", False), ("parking act, 13 cars", False)],
)
def test_a_section_beyond_the_last_is_known_to_be_lacking(searcher: Searcher, question: str, lacks: bool) -> None:
    assert searcher.lacks_article(searcher.ask(question, "en")) is lacks


@pytest.mark.parametrize("question", ["section 2", "the parking act", "section 2 of the dog act", "2 hours of parking"])
def test_half_a_name_names_no_section(searcher: Searcher, question: str) -> None:
    assert searcher.ask(question, "en").mentions == ()


def test_a_bare_number_is_no_label_of_a_section(release: Release) -> None:
    document = release.documents[0]
    articles = {release.stored(row).passage.article for row in release.rows_of_document(document.doc_id)}
    assert "2" in articles
    assert Sections(release).named(f"{document.title}: 2 of them, what then?") is None


@given(st.text(max_size=200))
def test_no_text_brings_it_down(searcher: Searcher, text: str) -> None:
    named = Sections(searcher.release).named(text)
    assert named is None or named.article
