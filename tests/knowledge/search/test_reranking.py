# SPDX-License-Identifier: Apache-2.0
"""A reranker orders the first hits, and nothing else: not what is named, not what is history, not what is behind."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

sys.path.insert(0, str(Path(__file__).parents[1] / "reranker"))

from stand_in import StandIn, standing_in

from daulat.knowledge.encoder import Encoder
from daulat.knowledge.everyday import Wordings
from daulat.knowledge.ingest import IngestRules
from daulat.knowledge.release import Builder, Release
from daulat.knowledge.reranker import RemoteReranker, RestingReranker
from daulat.knowledge.search import Reader, Searcher, load_ranking
from daulat.knowledge.search.reranking import FIRST, reranked
from daulat.knowledge.sources import Source
from daulat.knowledge.types import Document, Hit, Passage

QUESTION = "How is a birth reported to the registry office of the district?"
BABY = "my baby arrived, whom do I tell?"
LAMP = "Whoever rides without a lamp"
PLAIN = dict.fromkeys(("past", "named", "other", "article", "elucidation", "preamble"), 0.0)


class Says:
    """A reranker that says what it was made with, and keeps what it was given."""

    def __init__(self, scores: Sequence[float] | None = None) -> None:
        self.says, self.read = scores, list[str]()

    def scores(self, question: str, texts: Sequence[str]) -> Sequence[float] | None:
        self.read = list(texts)
        return self.says if self.says is None else self.says[: len(texts)]


def hit(n: int, text: str = "text", heading: str | None = None, **features: float) -> Hit:
    passage = Passage(f"d#{n}", "d", n, "text", text, heading=heading)
    return Hit(passage, Document("d", "Title"), float(-n), features=PLAIN | features)


def ids(hits: Sequence[Hit]) -> list[str]:
    return [each.passage.passage_id for each in hits]


@given(
    st.lists(st.fixed_dictionaries(dict.fromkeys(PLAIN, st.sampled_from([0.0, 0.0, 1.0]))), max_size=2 * FIRST),
    st.lists(st.floats(-1e6, 1e6), min_size=FIRST, max_size=FIRST),
)
def test_hits_are_the_same_ones_and_only_the_first_move(features: list[dict[str, float]], scores: list[float]) -> None:
    hits = [hit(n, **each) for n, each in enumerate(features)]
    after = reranked(Says(scores), "?", hits)
    assert sorted(ids(after)) == sorted(ids(hits))
    assert after[FIRST:] == hits[FIRST:]
    assert [each.score for each in after] == [each.score for each in hits]
    assert {each.passage: each.features for each in after} == {each.passage: each.features for each in hits}
    for before, now in zip(hits, after, strict=True):
        if before != now:
            assert not before.features["past"]
            assert not now.features["past"]


@given(st.lists(st.floats(-1e6, 1e6), min_size=2, max_size=FIRST))
def test_the_most_relevant_comes_first_and_ties_stay_as_they_were(scores: list[float]) -> None:
    after = reranked(Says(scores), "?", [hit(n) for n in range(len(scores))])
    assert ids(after) == [f"d#{n}" for n in sorted(range(len(scores)), key=lambda n: (-scores[n], n))]


def test_a_reranker_that_says_nothing_changes_nothing() -> None:
    hits = [hit(n) for n in range(5)]
    assert reranked(Says(None), "?", hits) == hits
    assert reranked(Says(), "?", []) == []


def test_one_hit_that_may_move_asks_nobody() -> None:
    reranker = Says([1.0])
    reranked(reranker, "?", [hit(0), hit(1, past=1.0)])
    assert reranker.read == []


def test_law_that_is_history_stays_where_it_stands() -> None:
    hits = [hit(0), hit(1, past=1.0), hit(2)]
    assert ids(reranked(Says([1.0, 2.0]), "?", hits)) == ["d#2", "d#1", "d#0"]


def test_only_passages_of_the_law_that_is_named_move() -> None:
    hits = [hit(0, named=1.0), hit(1, other=1.0), hit(2, named=1.0), hit(3, other=1.0)]
    assert ids(reranked(Says([1.0, 2.0]), "?", hits)) == ["d#2", "d#1", "d#0", "d#3"]


def test_the_article_that_is_named_with_its_law_stays_first() -> None:
    hits = [hit(0, named=1.0, article=1.0), hit(1, named=1.0), hit(2, named=1.0)]
    assert ids(reranked(Says([1.0, 2.0]), "?", hits)) == ["d#0", "d#2", "d#1"]


def test_an_article_that_is_named_without_a_law_gives_way_to_its_like_alone() -> None:
    hits = [hit(0, article=1.0), hit(1), hit(2, article=1.0)]
    assert ids(reranked(Says([1.0, 2.0]), "?", hits)) == ["d#2", "d#1", "d#0"]


def test_what_is_read_is_title_heading_and_the_text_around_the_nearest_part() -> None:
    text = "a" * 2_000 + "here" + "z" * 2_000
    long = replace(hit(0, text, "How long?"), segment=(2_000, 2_004))
    ends = replace(hit(1, text), segment=(4_000, 4_004))
    short = hit(2, "short")
    reranker = Says([0.0, 0.0, 0.0])
    reranked(reranker, "?", [long, ends, short])
    assert reranker.read[0] == f"Title\nHow long?\n{'a' * 798}here{'z' * 798}"
    assert reranker.read[1] == f"Title\n{'z' * 1_600}"
    assert reranker.read[2] == "Title\nshort"


@pytest.fixture
def server() -> Iterator[StandIn]:
    with standing_in() as server:
        server.relevance = lambda question, text: float(LAMP in text)
        yield server


@pytest.fixture
def opened(release: Release, reader: Reader, encoder: Encoder, server: StandIn) -> Searcher:
    return Searcher(release, encoder, reader, load_ranking(), RemoteReranker(server.base_url, "m"))


def found(searcher: Searcher, text: str, top_k: int = 12) -> list[str]:
    return ids(searcher.search(text, "en", top_k=top_k))


@pytest.fixture
def alone(release: Release, reader: Reader, encoder: Encoder) -> Searcher:
    return Searcher(release, encoder, reader, load_ranking())


def test_search_leads_with_what_the_reranker_puts_first(opened: Searcher, alone: Searcher, server: StandIn) -> None:
    before = found(alone, QUESTION)
    assert before[0] == "ACT-1-2001:2"
    assert found(opened, QUESTION) == ["REG-3-2010:3", *(each for each in before if each != "REG-3-2010:3")]
    assert found(opened, QUESTION, top_k=1) == ["REG-3-2010:3"]
    assert server.asked[0]["query"] == QUESTION
    assert f"Bicycles\n{LAMP} pays five crowns." in server.asked[0]["documents"]


def test_the_ranking_itself_is_as_without(opened: Searcher, alone: Searcher, server: StandIn) -> None:
    asked = alone.ask(QUESTION, "en")
    assert opened.rank(opened.candidates(asked), 12) == alone.rank(alone.candidates(asked), 12)
    assert server.asked == []


def test_nothing_comes_before_the_article_or_the_law_that_the_question_names(opened: Searcher) -> None:
    assert found(opened, "Who reports a birth, section 2 of Act 1 of 2001?")[0] == "ACT-1-2001:2"
    assert found(opened, "children six years, Act 2 of 2005?")[0].startswith("ACT-2-2005")


@pytest.mark.parametrize("reply", [(503, b""), (200, b"<html>"), (200, b'{"results": []}')])
def test_where_it_fails_search_goes_on_in_its_own_order(
    release: Release, reader: Reader, encoder: Encoder, server: StandIn, alone: Searcher, reply: tuple[int, bytes]
) -> None:
    server.reply = lambda _: reply
    resting = RestingReranker(RemoteReranker(server.base_url, "m"), lambda: 0.0)
    searcher = Searcher(release, encoder, reader, load_ranking(), resting)
    assert [found(searcher, QUESTION) for _ in range(3)] == [found(alone, QUESTION)] * 3
    assert len(server.asked) == 1


def test_threads_share_one_reranker(opened: Searcher) -> None:
    expected = found(opened, QUESTION)
    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(lambda _: found(opened, QUESTION), range(40))) == [expected] * 40


def test_it_is_not_asked_where_an_everyday_question_is_heard(
    tmp_path: Path, make_builder: Callable[[Path], Builder], sources: list[Source], rules: IngestRules,
    reader: Reader, encoder: Encoder, server: StandIn,
) -> None:  # fmt: skip
    (tmp_path / "asked").mkdir()
    row = {"passages": ["ACT-1-2001:2"], "asks": {"en": [BABY]}}
    (tmp_path / "asked/rows.jsonl").write_text(json.dumps(row))
    wordings = Wordings(tmp_path / "asked", reader.everyday)
    report = replace(make_builder(tmp_path), everyday=wordings).build(sources, rules)
    searcher = Searcher(Release(report.folder), encoder, reader, load_ranking(), RemoteReranker(server.base_url, "m"))
    assert searcher.candidates(searcher.ask(BABY, "en")).heard is not None
    assert found(searcher, BABY)[0] != "REG-3-2010:3"
    assert server.asked == []
    assert found(searcher, "How tall may a lighthouse be?")[0] == "REG-3-2010:3"
    assert len(server.asked) == 1
