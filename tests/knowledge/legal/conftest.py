# SPDX-License-Identifier: Apache-2.0
"""The law of Exampland: a country of its own, so that no test of the core knows a real one."""

from __future__ import annotations

from pathlib import Path

import pytest

from daulat.knowledge.legal import LegalRules, RelationBook, load_legal_rules, load_relations

LEGAL = r"""
format: 1
kinds:
  - {code: CON, title: Constitution, rank: 1, doc_id: CON-1900, names: [Basic Law]}
  - {code: ACT, title: Act, rank: 2, names: [Statute]}
  - {code: REG, title: Regulation, rank: 3, names: [Reg]}
number: '\s+(?:no\.?\s*)?(?P<number>\d[\dOl]{0,3})\s*(?:/|\s+of\s+)\s*(?P<year>[12l][\dOl]{3})\b'
article: '\bsection\s+(?P<article>\d{1,3}[A-Z]?)\b(?:\s*\(\d\))?'
title_link: '\s+on\s+(?=\w)'
title_stop: '[?.,;]|\s(?:say|says)\b'
digits: {O: '0', l: '1'}
aliases: [{doc_id: ACT-5-1999, names: [Marriage Act]}]
amendment:
  title: 'amendment\s+of\s+'
  instruction: 'section\s+\w+\s+is\s+(?:changed|deleted)|between\s+section\s+\w+\s+and\s+section\s+\w+[^.]*'
  neighbours: 'between\s+section\s+\w+\s+and\s+section\s+\w+'
  articles: 'section\s+(\d+[A-Z]?)'
merged:
  ends: >-
    (?:(?<=[.;]\s)|^)(?:Part\s+[IVX]+\b(?![^.]{0,40}\.\.)|Section\s+\d+\s+(?=\(1\)|[A-Z][a-z]*\s)|\d+\.\s+Section\s+\w+\s+is)
  article: >-
    (?:(?<=[.;]\s)|^|Part\s+[IVX]+\s\w+\s)Section\s+(?P<article>\d(?:\s?[\dOl])*[A-Z]?)\s+(?:\(1\)|[A-Z][a-z]*\s)
  instructed: >-
    (?:(?<=[.;]\s)|^)\d+\.\s+Section\s+(?P<article>\d+[A-Z]?)\s+is\s+changed\s+and\s+reads[\w\s]*:\s+(?=\(|[A-Z])
  elucidation: 'NOTES ON SECTIONS'
promulgated: 'published\s+on\s+(?P<day>\d{1,2})\s+(?P<month>\w+)\s+(?P<year>[\dOl]{4})'
months: [january, february, march, april, may, june, july, august, september, october, november, december]
relation_words: {repeals: revokes, repealed by: revoked_by, amends: amends}
relation_kinds: {act: ACT}
"""
RELATIONS = """
format: 1
acts:
  - {act: ACT-9-2020, title: Health, since: '2020-01-01', source: Act 9 of 2020 section 80, revokes: [ACT-1-1990]}
  - act: ACT-7-2015
    title: Amendment of Act 5 of 1999 on Marriage
    since: '2015-06-01'
    source: Act 7 of 2015
    certainty: likely
    amends: [{doc_id: ACT-5-1999, articles: ['7']}, {doc_id: ACT-6-1994, articles: ['7']}]
    partly_revokes: [{doc_id: ACT-2-1991, articles: ['3']}]
  - {act: ACT-8-2016, source: Act 8 of 2016, since: '2016',
     amends: [{doc_id: ACT-3-1992}, {doc_id: ACT-6-1994, articles: ['2'], complete: false}]}
in_force:
  - {source: Gazette, as_of: '2024', documents: [ACT-4-1993, ACT-2-1991]}
made_under:
  - {act: ACT-1-1990, source: its preamble, documents: [REG-3-1991]}
"""


@pytest.fixture(scope="session")
def rules(tmp_path_factory: pytest.TempPathFactory) -> LegalRules:
    path = tmp_path_factory.mktemp("law") / "legal.yaml"
    path.write_text(LEGAL)
    return load_legal_rules(path)


@pytest.fixture(scope="session")
def book(tmp_path_factory: pytest.TempPathFactory) -> RelationBook:
    path: Path = tmp_path_factory.mktemp("law") / "relations.yaml"
    path.write_text(RELATIONS)
    return load_relations(path)
