# SPDX-License-Identifier: Apache-2.0
"""Measure what the wording of this pack adds to a lexical search, on the development questions.

    python packs/id/tools/measure_wording.py

Comes in: the statutes and the questions of this pack. Goes out: a table of how often a gold passage stands among the
first 1, 5 and 20 by BM25 alone, for the question as asked, its gloss, and the gloss with the law's phrases at a weight.
It is no measure of the assistant, which searches by meaning as well.
"""

from __future__ import annotations

import gzip
import json
import math
import sys
from collections import Counter, defaultdict
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from daulat.language import Analyser, Wording, analyser_for, wording_for
from daulat.nation.packs import Pack

HERE = Path(__file__).parents[1]
PHRASE_WEIGHTS = (0.4, 0.7, 1.0)
# Okapi BM25 with the usual constants (Robertson and Zaragoza 2009).
K1, B = 1.2, 0.75


class Bm25:
    """A BM25 index in memory, with weighted queries."""

    def __init__(self, passages: list[list[str]]) -> None:
        self.lengths = np.array([max(1, len(terms)) for terms in passages])
        found: dict[str, list[tuple[int, int]]] = defaultdict(list)
        for place, terms in enumerate(passages):
            for term, count in Counter(terms).items():
                found[term].append((place, count))
        self.postings = {term: np.array(pairs).T for term, pairs in found.items()}

    def scores(self, weights: dict[str, float]) -> NDArray[np.float64]:
        """Return one score a passage, float64[n_passages]."""
        total = np.zeros(len(self.lengths))
        for term, weight in weights.items():
            if term in self.postings:
                places, counts = self.postings[term]
                rarity = math.log(1 + (len(total) - len(places) + 0.5) / (len(places) + 0.5))
                fit = K1 * (1 - B + B * self.lengths[places] / self.lengths.mean())
                total[places] += weight * rarity * counts * (K1 + 1) / (counts + fit)
        return total


def queries(question: str, language: str, wording: Wording, analyser: Analyser) -> dict[str, dict[str, float]]:
    """Return the weighted terms of each way to search for a question."""
    gloss = dict.fromkeys(analyser.terms(wording.to_official(question, language)), 1.0)
    phrases = dict.fromkeys(analyser.terms(" ".join(wording.expand(question, language).phrases)), 1.0)
    found = {"as asked": dict.fromkeys(analyser.terms(question), 1.0), "gloss": gloss}
    for weight in PHRASE_WEIGHTS:
        found[f"phrases at {weight}"] = {term: gloss.get(term, weight) for term in (*gloss, *phrases)}
    return found


def main() -> None:
    """Print the table as Markdown."""
    pack = Pack("ID", "daulat-id", "0", HERE / "daulat_id")
    wording, analyser = wording_for(pack), analyser_for("id", pack)
    with gzip.open(pack.path("sources/regulations/passages.jsonl.gz"), "rt", encoding="utf-8") as file:
        passages = [json.loads(line) for line in file]
    places = {passage["passage_id"]: place for place, passage in enumerate(passages)}
    index = Bm25([analyser.terms(passage["text"]) for passage in passages])
    lines = ["| language | questions | search | first | first 5 | first 20 |", "| --- | --- | --- | --- | --- | --- |"]
    for language in ("id", "jv", "su", "en"):
        ranks: dict[str, list[int]] = defaultdict(list)
        for line in (HERE / f"tests/questions/{language}.jsonl").read_text(encoding="utf-8").splitlines():
            row = json.loads(line)
            gold = [places[passage] for passage in row["gold"] if passage in places]
            for name, weights in queries(row["question"], language, wording, analyser).items() if gold else ():
                scores = index.scores(weights)
                ranks[name].append(min(int((scores > scores[place]).sum()) for place in gold))
        for name, found in ranks.items():
            shares = (f"{np.mean(np.array(found) < first):.2f}" for first in (1, 5, 20))
            lines.append(f"| {language} | {len(found)} | {name} | {' | '.join(shares)} |")
    sys.stdout.write("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
