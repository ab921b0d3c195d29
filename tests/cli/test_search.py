# SPDX-License-Identifier: Apache-2.0
"""What somebody finds who searches in a terminal, and what is told of an option that fits nothing."""

from __future__ import annotations

import fcntl
import subprocess
import sys

import pytest

from daulat.assistant.citing import load_labels
from daulat.cli.search import _shown
from daulat.knowledge.types import Document, Hit, Passage


def test_who_searches_first_is_told_which_release_that_puts_in_use(site, quick):
    name = site.daulat("knowledge", "build").out.strip()
    assert f"putting {name} in use, as a first start does" in site.daulat("search", "births").err
    assert "putting" not in site.daulat("search", "births").err


def test_who_asks_while_the_first_release_is_built_is_told_to_wait_for_it(site, quick):
    site.releases.mkdir(parents=True)
    with (site.releases / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        ended = site.daulat("search", "births")
    assert ended.code == 1
    assert "the first release is being built just now" in ended.err
    assert "`daulat status` says how far" in ended.err
    assert site.daulat("search", "births").code == 0


def test_a_search_filters_by_document_service_and_date(site, quick):
    everything = site.daulat("search", "When does enrolment open?", "--json").data
    assert "Schools" in {hit["title"] for hit in everything["hits"]}
    for words in (["--document", "EE-ACT"], ["--from", "2019-01-01"]):
        found = site.daulat("search", "When does enrolment open?", *words, "--json").data["hits"]
        assert {hit["passage_id"] for hit in found} <= {"EE-ACT:1", "EE-ACT:2"}
        assert found
    found = site.daulat("search", "When does enrolment open?", "--service", "public-services", "--json").data["hits"]
    assert "Schools" in {hit["title"] for hit in found}  # the general service answers from all


def test_a_search_tells_programs_why_a_passage_came_first(site, quick):
    first, *_ = site.daulat("search", "When does enrolment open?", "--json").data["hits"]
    assert {"cover", "asked_dense", "asked_vote"} <= first["features"].keys()
    assert first["features"]["words"] == first["lexical"]


def test_a_search_for_nothing_is_wrong_usage(site, quick):
    assert site.daulat("search", "  ").code == 2


@pytest.mark.parametrize(
    ("words", "allowed"),
    [
        (["--status", "foo"], "partly_revoked"),
        (["--document", "EE-ACTS"], "EE-ACT"),
        (["--document", "nothing"], "--json"),
        (["--service", "public-service"], "did you mean public-services?"),
        (["--service", "nonsense"], "there are public-services"),
        (["--jurisdiction", "ee-37"], "did you mean EE-37?"),
        (["--jurisdiction", "Narnia"], "nation.yaml"),
        (["--from", "2023-13-45"], "2023-03-31"),
        (["--until", "20230101"], "2023-03-31"),
        (["--from", "2024-01-01", "--until", "2023-01-01"], "before"),
        (["--language", "esti"], "`daulat nation languages`"),
    ],
)
def test_an_option_that_fits_nothing_is_wrong_usage_and_says_what_does(site, quick, words, allowed):
    ended = site.daulat("search", "births", *words)
    assert (ended.code, ended.out) == (2, "")
    assert allowed in ended.err


@pytest.mark.parametrize(("article", "told"), [("44", "Article 44"), ("Article 2", "Article 2"), (None, "How to ask")])
def test_what_a_search_finds_is_named_with_the_word_for_its_article(article, told):
    passage = Passage("A:1", "A", 1, "body", "Births are reported.", article=article, heading="How to ask")
    hit = Hit(passage, Document("A", "Registry", citation="Registry Act", status="in_force"), 1.0)
    shown = _shown(1, hit, load_labels(None), {"status_in_force": "Berlaku", "status_unknown": "?"})
    assert shown.startswith(f"1. Registry Act, {told} (Berlaku)  A:1\n")


def test_searching_starts_neither_a_server_nor_a_database():
    loaded = subprocess.run(
        [
            sys.executable,
            "-c",
            "import daulat.cli.search, daulat.cli.knowledge, daulat.cli.ask, sys; print(*sys.modules)",
        ],
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split()
    assert {"uvicorn", "alembic", "psycopg", "sqlalchemy"}.isdisjoint(loaded)
