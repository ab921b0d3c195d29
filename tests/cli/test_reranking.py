# SPDX-License-Identifier: Apache-2.0
"""A reranker that a nation declares orders what its commands and its service find; none costs nothing."""

import asyncio
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "knowledge" / "reranker"))

from stand_in import standing_in

from daulat.cli._answering import nation_knowledge
from daulat.errors import DaulatError
from daulat.nation import load_nation

from .conftest import QuickEncoder

CARD = "identity card"


@pytest.fixture
def server():
    with standing_in() as server:
        server.relevance = lambda _question, text: float(CARD in text)
        yield server


def declare(site, server, more=""):
    declaration = site.folder / "nation.yaml"
    line = f"knowledge:\n  reranker: {{url: '{server.base_url}', model: bge{more}}}\n"
    declaration.write_text(declaration.read_text().replace("knowledge:\n", line, 1))
    return load_nation(declaration)


def found(site):
    return [hit["passage_id"] for hit in site.daulat("search", "births", "--json").data["hits"]]


def test_a_search_in_a_terminal_goes_by_it_and_one_that_fails_is_told_of_once(site, quick, server, caplog):
    before = found(site)
    declare(site, server)
    assert found(site) == ["EE-ACT:2", *(each for each in before if each != "EE-ACT:2")]
    server.reply = lambda _: (500, b"")
    assert found(site) == before
    [told] = [record.getMessage() for record in caplog.records]
    assert "`bge` at http://127.0.0.1, answered with status 500; search goes on in its own order" in told


def test_a_service_searches_by_it_and_says_so(site, quick, server, monkeypatch):
    monkeypatch.setattr("daulat.cli._answering.open_encoder", lambda *_: QuickEncoder())
    found(site)
    opened = nation_knowledge(declare(site, server), None).open(lambda *_: None)
    assert "bge orders the first passages" in opened.detail
    hits = asyncio.run(opened.library.search("births", "public-services", 3, {}))
    assert CARD in hits[0].content[0].text


def test_a_service_whose_reranker_lacks_its_key_says_so_at_its_start(site, quick, server, monkeypatch):
    monkeypatch.setattr("daulat.cli._answering.open_encoder", lambda *_: QuickEncoder())
    monkeypatch.delenv("RERANKER_KEY", raising=False)
    nation = declare(site, server, ", key_from: RERANKER_KEY")
    with pytest.raises(DaulatError, match="RERANKER_KEY is empty"):
        nation_knowledge(nation, None).open(lambda *_: None)
