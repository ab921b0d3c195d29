# SPDX-License-Identifier: Apache-2.0
"""A rule of one part of the country is told as that part's, and a service may be bound to parts."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from daulat.assistant import Answer, Question, open_assistant
from daulat.gateway.citations import url_citation
from daulat.gateway.library import OpenLibrary
from daulat.knowledge.index.cache import VectorCache
from daulat.knowledge.ingest import IngestRules
from daulat.knowledge.release import Builder, Release, SigningKey
from daulat.knowledge.search import Filters, reader_for
from daulat.knowledge.sources import load_sources
from daulat.nation import bootstrap, check_text

from .conftest import ALWAYS, Asked

SOURCE = """
  - id: xa-{name}
    title: {name}
    publisher: Registry of Exampland
    licence: CC0-1.0
    retrieved: 2026-05-02
    coverage_date: 2026-04-30
    language: en
    jurisdiction: "{jurisdiction}"
    read: {{format: jsonl, path: {name}.jsonl}}
    document: {{doc_id: XA-{name}, title: Guide, citation: Guide {name}, status: not_law}}
"""
TEXTS = {
    "isles": ("XA-I", "A dog licence costs five crowns."),
    "hills": ("XA-H", "A cat licence costs seven crowns."),
    "whole": ("XA", "A hen licence costs nine crowns."),
    "open": ("", "A fish licence costs one crown."),
}
BOUNDS = {"isles": frozenset({"XA-I"}), "all": frozenset()}


@pytest.fixture(scope="module")
def ask(tmp_path_factory, encoder) -> Asked:
    folder = tmp_path_factory.mktemp("places")
    declared = [SOURCE.format(name=name, jurisdiction=code) for name, (code, _text) in TEXTS.items()]
    (folder / "sources.yaml").write_text("format: 1\nsources:" + "".join(declared))
    for name, (_code, text) in TEXTS.items():
        (folder / f"{name}.jsonl").write_text(json.dumps({"passage_id": f"XA-{name}:1", "text": text}))
    builder = Builder(
        folder / "releases", "XA", encoder, VectorCache(folder / "vectors.bin", encoder.dimensions),
        reader_for(None, ("en",)).terms, SigningKey.open(folder / "key"), "1", lambda: datetime(2026, 5, 3, tzinfo=UTC),
    )  # fmt: skip
    release = Release(builder.build(load_sources(folder / "sources.yaml"), IngestRules()).folder)
    opened = open_assistant(release, encoder, None, ("en",), places={"XA-I": "Isles of Gulls"}, bounds=BOUNDS)
    return Asked(replace(opened, judge=replace(opened.judge, answerable=ALWAYS)))


def cited(answer: Answer) -> set[str]:
    return {each.doc_id for each in (*answer.citations, *answer.related)}


def test_a_text_of_a_part_of_the_country_is_told_as_that_parts(ask):
    answer = ask("What does a dog licence cost?", service="all")
    assert answer.citations[0].jurisdiction == "XA-I"
    assert "According to Guide isles (for Isles of Gulls only) [1]" in answer.text
    assert url_citation(answer.citations[0], "").jurisdiction == "XA-I"


def test_a_part_without_a_name_is_told_by_its_code_and_the_whole_country_by_nothing(ask):
    assert "Guide hills (for XA-H only) [1]" in ask("What does a cat licence cost?", service="all").text
    assert "According to Guide whole [1]" in ask("What does a hen licence cost?", service="all").text


def test_a_place_that_the_name_of_the_text_says_is_not_said_twice(ask):
    labels = replace(ask.assistant.labels, places={"XA-I": "Isles"})
    assistant = replace(ask.assistant, labels=labels)
    assert "According to Guide isles [1]" in Asked(assistant)("What does a dog licence cost?", service="all").text


def test_a_heading_that_is_a_question_is_named_behind_its_text(ask):
    labels = ask.assistant.labels
    evidence = next(iter(ask.assistant.judge.prepare(Question("dog licence", "all"), "en").evidence))
    asked = replace(evidence, passage=replace(evidence.passage, heading="How much is a dog?"))
    assert labels.cited(asked).startswith("Guide isles, “How much is a dog?”")
    article = replace(asked, passage=replace(asked.passage, article="5"))
    assert labels.cited(article).startswith("Article 5, Guide isles")


def test_a_bound_service_answers_from_its_part_and_the_whole_country(ask):
    found = {name: cited(ask(f"What does a {name} licence cost?", service="isles")) for name in ("dog", "hen", "fish")}
    assert "XA-isles" in found["dog"]
    assert "XA-whole" in found["hen"]
    assert "XA-open" in found["fish"]
    assert "XA-hills" not in cited(ask("What does a cat licence cost?", service="isles"))
    assert "XA-hills" in cited(ask("What does a cat licence cost?", service="all"))


def test_a_bound_service_may_find_what_it_answers_from(ask):
    searcher, documents = ask.assistant.searcher, ask.assistant.release.documents
    may = {
        service: {each.doc_id for each in documents if searcher.may_find(each, Filters(services=frozenset({service})))}
        for service in ("isles", "all")
    }
    assert may == {"isles": {"XA-isles", "XA-whole", "XA-open"}, "all": {each.doc_id for each in documents}}


def test_a_bound_service_counts_and_finds_what_it_answers_from(ask):
    assistant = ask.assistant
    library = OpenLibrary(assistant.release, assistant.labels, assistant.searcher, assistant.language_of)
    assert (library.count("isles"), library.count("all")) == (3, 4)


def test_a_service_is_bound_to_declared_parts_only():
    service = "services:\n  - {id: bound, names: {et: Teenus}, jurisdictions: [EE-37, EE-99]}\n"
    (fault,) = check_text(bootstrap("EE").replace("services:\n", service, 1))
    assert fault.what.endswith("service `bound` is bound to `EE-99`, not among the jurisdictions of the nation")
