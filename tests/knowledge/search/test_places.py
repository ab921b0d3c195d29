# SPDX-License-Identifier: Apache-2.0
"""A section that is named is found where it stands: in the passage of another too, and nowhere where it is not here."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from daulat.knowledge.encoder import Encoder
from daulat.knowledge.ingest import IngestRules
from daulat.knowledge.legal import load_legal_rules, place_of
from daulat.knowledge.release import Builder, Release
from daulat.knowledge.search import Reader, Searcher, is_asked_for, load_ranking
from daulat.knowledge.sources import folder_sources

from ..conftest import LEGAL

MERGED = r"""
merged:
  ends: '(?<=[.;]\s)Section\s+\d+\s+(?=\(1\)|[A-Z][a-z]*\s)'
  article: '(?<=[.;]\s)Section\s+(?P<article>\d+)\s+(?:\(1\)|[A-Z][a-z]*\s)'
  elucidation: 'NOTES'
"""
HOST, NOTE, LAST = "ACT-4-2012:1", "ACT-4-2012:note-2", "ACT-4-2012:5"
THREE = (
    "A dog is registered. Section 2 (1) The fee is five crowns. (2) The poor pay none. Section 3 No dog barks by night."
)
SECTIONS = [
    (HOST, "body", "1", THREE),
    (NOTE, "elucidation", "2", "Crowns are those of Exampland."),
    (LAST, "body", "5", "This Act takes effect in May. Section 6 (1) It is printed."),
]


@pytest.fixture(scope="module")
def searcher(
    tmp_path_factory: pytest.TempPathFactory,
    make_builder: Callable[[Path], Builder],
    reader: Reader,
    encoder: Encoder,
) -> Searcher:
    folder = tmp_path_factory.mktemp("places")
    (folder / "legal.yaml").write_text(LEGAL + MERGED)
    legal = load_legal_rules(folder / "legal.yaml")
    (folder / "documents_laws.csv").write_text(
        "doc_id,kind,number,year,title,citation,topics\nACT-4-2012,ACT,4,2012,Dogs,Act 4 of 2012,registry"
    )
    records = [
        {"passage_id": id_, "doc_id": "ACT-4-2012", "seq": n, "section": section, "article": article, "text": text}
        for n, (id_, section, article, text) in enumerate(SECTIONS, 1)
    ]
    (folder / "passages_laws.jsonl").write_text("\n".join(map(json.dumps, records)))
    sources = folder_sources(folder, language="en", jurisdiction="XA")
    release = Release(make_builder(folder).build(sources, IngestRules(legal=legal)).folder)
    return Searcher(release, encoder, replace(reader, legal=legal), load_ranking())


@pytest.mark.parametrize("section", ["2", "3"])
def test_a_section_in_the_passage_of_another_is_found_by_its_number(searcher: Searcher, section: str) -> None:
    asked = searcher.ask(f"What does section {section} of Act 4 of 2012 say?", "en")
    assert [law.stands_in for law in asked.mentions] == [HOST]
    [first, *_] = searcher.rank(searcher.candidates(asked), 3)
    assert first.passage.passage_id == HOST
    assert is_asked_for(first.features)
    place = place_of(first.passage, section, searcher.reader.legal)
    assert place is not None
    assert first.passage.text[:place].rstrip().endswith(f"Section {section}")


def test_a_section_with_a_passage_of_its_own_stands_there(searcher: Searcher) -> None:
    asked = searcher.ask("What does section 5 of Act 4 of 2012 say?", "en")
    assert [law.stands_in for law in asked.mentions] == [""]
    assert searcher.rank(searcher.candidates(asked), 1)[0].passage.passage_id == LAST


@pytest.mark.parametrize(
    ("question", "lacks"),
    [
        ("section 4 of Act 4 of 2012", True),
        ("What does section 4 of Act 4 of 2012 say?", True),
        ("section 3 of Act 4 of 2012", False),
        ("section 6 of Act 4 of 2012", False),
        ("What does a poor owner of a barking dog pay under section 7 of Act 4 of 2012?", True),
        ("What does a poor owner of a barking dog pay under section 4 of Act 4 of 2012?", False),
    ],
)
def test_a_section_that_is_not_here_is_known_to_lack_where_nothing_else_is_asked(
    searcher: Searcher, question: str, lacks: bool
) -> None:
    assert searcher.lacks_article(searcher.ask(question, "en")) is lacks
