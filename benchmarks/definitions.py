# SPDX-License-Identifier: Apache-2.0
"""Ask the assistant what terms mean that the pack's laws define, and print how often it answers by a definition.

    python benchmarks/definitions.py [N]    # N terms (150), and half as many abbreviations

Terms and abbreviations are drawn, the same each time, from the first articles of laws that are not revoked and that
say "yang dimaksud dengan"; each is asked in one of five wordings, every other one in small letters, without its law.
Right is a first citation whose marked sentence opens a definition of the term, in whichever law. A development set.
"""

from __future__ import annotations

import asyncio
import json
import random
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

from citizens import open_bench

from daulat.assistant import Question, open_assistant
from daulat.evaluation import Bench, open_corpus
from daulat.evaluation.corpus import Corpus
from daulat.knowledge.search import load_ranking
from daulat.knowledge.sources import load_sources

WORDINGS = ("Apa itu {}?", "apa yang dimaksud dengan {}", "pengertian {}", "{} itu apa sih?", "apa arti {}")
OPENS = "yang dimaksud dengan"
ITEM = re.compile(
    r"(?:^|\n)(?:\d{1,3}\.\s*)?(?P<term>[A-Z][^.,;:\n(“\"]{3,50}?)(?:,? yang)?"
    r"(?:,? selanjutnya di(?:singkat|sebut)(?: dengan| sebagai)? (?P<short>[A-Z]{2,8}),?)? adalah "
)


def defined(corpus: Corpus) -> Iterator[tuple[str, str]]:
    """Yield each term that a law defines, and its abbreviation or nothing."""
    for row in range(len(corpus.release)):
        passage = corpus.release.stored(row).passage
        is_law = bool(corpus.release.document_of(row).rank) and passage.section == "body"
        if is_law and passage.status != "revoked" and OPENS in passage.text[:120].casefold():
            yield from ((found["term"].strip(), found["short"] or "") for found in ITEM.finditer(passage.text))


def defines(term: str, sentence: str) -> bool:
    """Say whether a sentence opens with a definition of the term, or gives it as the short form of what it defines."""
    opens = rf"\A(?:\(?\w{{1,3}}[.)]\s*)?{re.escape(term)}\b[^.;]{{0,80}}?\b(?:adalah|ialah|merupakan)\b"
    short = rf"di(?:singkat|sebut)(?: dengan| sebagai)? {re.escape(term)}\b[^.;]{{0,30}}?\b(?:adalah|ialah)\b"
    return re.search(rf"{opens}|{short}", sentence, re.IGNORECASE) is not None


async def ask(bench: Bench, corpus: Corpus, terms: list[str]) -> dict[str, float]:
    assistant = open_assistant(corpus.release, corpus.encoder, bench.pack, bench.languages)
    answered = first = 0
    for n, term in enumerate(terms):
        answer = await assistant.answer(Question(WORDINGS[n % len(WORDINGS)].format(term if n % 2 else term.lower())))
        answered += answer.answered
        for cited in answer.citations[:1]:
            first += defines(term, cited.quote[slice(*cited.answer_span)])
    return {"n": len(terms), "answered": answered / len(terms), "marks_a_definition": first / len(terms)}


def main() -> None:
    most = int(sys.argv[1]) if len(sys.argv) > 1 else 150
    bench, draw = open_bench(), random.Random(7)
    assert bench.pack is not None
    with TemporaryDirectory() as work:
        sources = load_sources(bench.pack.path("sources.yaml"))
        corpus = open_corpus(bench, sources, [], load_ranking(), Path(work), with_everyday=True)
        found = list(defined(corpus))
        terms, short = sorted({term for term, _ in found}), sorted({short for _, short in found if short})
        asked = {"terms": draw.sample(terms, most), "abbreviations": draw.sample(short, min(most // 2, len(short)))}
        print(json.dumps({kind: asyncio.run(ask(bench, corpus, words)) for kind, words in asked.items()}, indent=1))


if __name__ == "__main__":
    main()
