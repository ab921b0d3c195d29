# SPDX-License-Identifier: Apache-2.0
"""Hold the conversations of a pack with the assistant and print what it made of their last turn.

    python benchmarks/followups.py           # figures, as one JSON object
    python benchmarks/followups.py --show    # and on standard error each conversation that went wrong

A development set: its failures may be read. Earlier turns are asked first, so that what was answered stands in the
history as it would on a citizen's phone.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from citizens import QUESTIONS, open_bench

from daulat.assistant import Answer, Assistant, Question, Turn, open_assistant
from daulat.evaluation import open_corpus
from daulat.knowledge.search import load_ranking
from daulat.knowledge.sources import load_sources


async def converse(assistant: Assistant, turns: list[str]) -> Answer:
    """Ask turn by turn; return the answer to the last."""
    history: list[Turn] = []
    for text in turns[:-1]:
        answer = await assistant.answer(Question(text, history=tuple(history)))
        history += [Turn("user", text), Turn("assistant", answer.text)]
    return await assistant.answer(Question(turns[-1], history=tuple(history)))


def went_well(row: Mapping[str, Any], answer: Answer) -> bool:
    """Say whether a gold passage was cited, or, where there is none, nothing was claimed."""
    if not row["answerable"]:
        return not answer.answered
    return answer.answered and any(each.passage_id in row["gold"] for each in answer.citations)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--show", action="store_true", help="name the conversations that went wrong")
    show = parser.parse_args().show
    bench = open_bench()
    assert bench.pack is not None
    rows = [json.loads(line) for line in (QUESTIONS / "followups.jsonl").read_text(encoding="utf-8").splitlines()]
    well, first = Counter[str](), 0
    with TemporaryDirectory() as work:
        sources = load_sources(bench.pack.path("sources.yaml"))
        corpus = open_corpus(bench, sources, [], load_ranking(), Path(work), with_everyday=True)
        assistant = open_assistant(corpus.release, corpus.encoder, bench.pack, bench.languages)
        for row in rows:
            answer = asyncio.run(converse(assistant, row["turns"]))
            well["answerable" if row["answerable"] else "unanswerable"] += went_well(row, answer)
            first += bool(answer.citations) and answer.citations[0].passage_id in row["gold"]
            if show and not went_well(row, answer):
                print(row["id"], row["turns"], [each.passage_id for each in answer.citations], file=sys.stderr)
    answerable = sum(row["answerable"] for row in rows)
    figures = {
        "answerable": answerable,
        "gold_cited": round(well["answerable"] / answerable, 3),
        "gold_cited_first": round(first / answerable, 3),
        "unanswerable": len(rows) - answerable,
        "declined": round(well["unanswerable"] / (len(rows) - answerable), 3),
    }
    print(json.dumps(figures, indent=1))


if __name__ == "__main__":
    main()
