# SPDX-License-Identifier: Apache-2.0
"""Ask about pages that were just added to a release: the pack's pages and questions in, what was cited out.

    python benchmarks/new_pages.py            # `first`, for development
    python benchmarks/new_pages.py second     # kept apart; report every run, tune on none

Answers are quotations, as after a civil servant declared the pages and built a release. One JSON object is printed: of
the questions that a page answers, by style, how many cite the page, and its words that answer; of the others how many
are answered. See `packs/id/tests/pages/README.md`.
"""

from __future__ import annotations

import argparse
import asyncio
import json
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from citizens import open_bench

from daulat.assistant import Answer, Question, open_assistant
from daulat.evaluation import KnownQuestion, open_corpus
from daulat.knowledge.search import load_ranking
from daulat.knowledge.sources import load_sources

PAGES = Path(__file__).parents[1] / "packs" / "id" / "tests" / "pages"
Row = Mapping[str, Any]


def read_rows(name: str) -> list[Row]:
    """Read the questions of one folder."""
    lines = (PAGES / name / "questions.jsonl").read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in lines]


def known(row: Row) -> KnownQuestion:
    """Return a row as whoever encodes questions needs it."""
    return KnownQuestion(row["id"], row["question"], row["answerable"], frozenset(row.get("gold") or ()))


def letters(text: str) -> str:
    """Return the letters and digits of a text: a table's bars and a list's marks are no words."""
    return "".join(sign for sign in text.casefold() if sign.isalnum())


def found_in(row: Row, answer: Answer) -> Iterator[str]:
    """Say what an answer has of what its question asks for."""
    yield "asked"
    if not answer.answered:
        return
    yield "answered"
    cited = [citation.passage_id for citation in answer.citations]
    if row["kind"] == "law":
        yield from ["article"] * bool(set(cited) & set(row["gold"]))
    if row["kind"] == "page" and any(row["page"] in passage for passage in cited):
        yield "page"
        yield from ["first"] * (row["page"] in cited[0])
        quote = letters(row["quote"])
        yield from ["words"] * any(quote in letters(citation.quote) for citation in answer.citations)


async def ask_all(rows: list[Row], name: str) -> dict[str, dict[str, int]]:
    """Build the release and ask; counts by kind, of `page` by style too."""
    bench = open_bench()
    assert bench.pack is not None
    sources = [*load_sources(bench.pack.path("sources.yaml")), *load_sources(PAGES / name / "sources.yaml")]
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    with TemporaryDirectory() as work:
        corpus = open_corpus(
            bench, sources, [known(row) for row in rows], load_ranking(), Path(work), with_everyday=True
        )
        assistant = open_assistant(corpus.release, corpus.encoder, bench.pack, bench.languages)
        for row in rows:
            answer = await assistant.answer(Question(row["question"]))
            for group in filter(None, (row["kind"], row.get("style"))):
                counts[group].update(found_in(row, answer))
    return {group: dict(counted) for group, counted in counts.items()}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("name", nargs="?", default="first", choices=("first", "second"), help="which pages")
    name = parser.parse_args().name
    print(json.dumps(asyncio.run(ask_all(read_rows(name), name)), indent=1))


if __name__ == "__main__":
    main()
