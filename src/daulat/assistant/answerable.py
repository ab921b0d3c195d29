# SPDX-License-Identifier: Apache-2.0
"""Whether there is an answer: the best passages and the marked sentence in, a calibrated probability out.

Small models over named features, for law, for any text of a release that has everyday questions, for documents there
that none of these names, for any other text, and for text of a country without a pack. `benchmarks/fit_answers.py`,
`fit_unheard.py` and `fit_plain.py` fitted them, never on what confirms them: logistic regression, and boosted trees
where thousands of questions carry them. Each has the threshold from which an answer is given. Rules stand before them:
a question about a law that the release does not hold is not answered from another law; one that is a passage's own
heading is. It reads no file but its own weights and never sees a question's text beyond what `Asked` holds.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from daulat.assistant.pairs import has_learnt
from daulat.assistant.sentence import Marked
from daulat.knowledge.cutting import BETWEEN_HEADINGS
from daulat.knowledge.everyday import Heard
from daulat.knowledge.search import Asked, is_asked_for
from daulat.knowledge.trees import Trees
from daulat.knowledge.types import Hit
from daulat.language import PackFiles

_WORD = re.compile(r"\w+")
_QUESTION = 3  # words; a shorter heading names a matter and answers no question


@dataclass(frozen=True, slots=True)
class Calibrated:
    """A model of log-odds: weight by feature name, trees beside or instead, and the probability that is enough."""

    bias: float
    weights: Mapping[str, float]
    threshold: float
    trees: Trees | None = None

    def probability(self, features: Mapping[str, float]) -> float:
        """Return the probability; a feature that is missing counts as 0."""
        logit = self.bias + sum(weight * features.get(name, 0.0) for name, weight in self.weights.items())
        if self.trees is not None:
            logit += self.trees.score(features)
        return 1 / (1 + math.exp(-min(max(logit, -50.0), 50.0)))


@dataclass(frozen=True, slots=True)
class Answerable:
    """Judges whether the evidence answers the question.

    Parameters
    ----------
    law, everyday, text, unheard : Calibrated
        For evidence of law; for any in a release with everyday questions; for any other text; for documents that none
        of these questions names.
    about : str
        What they were fitted on.
    """

    law: Calibrated
    everyday: Calibrated
    text: Calibrated
    unheard: Calibrated
    about: str = ""

    def probability(self, hits: Sequence[Hit], marked: Marked, asked: Asked, heard: Heard | None = None) -> float:
        """Return the probability that the best hits answer the question.

        Parameters
        ----------
        hits : sequence of Hit
            Best first, as the searcher ranked them.
        marked : Marked
            In the passage that would be cited first.
        asked : Asked
        heard : Heard, optional
            What the everyday questions of the release say, where it has any.

        Returns
        -------
        float
            0 to 1; 0 without hits, and where the question names only laws that none of the hits belongs to; 1 for
            the article that the question names, the definition of the term that it asks for and the passage whose
            heading it is.
        """
        if not hits or names_another_law(hits, asked):
            return 0.0
        if is_asked_for(hits[0].features) or is_its_heading(hits[0], asked):
            return 1.0
        return self._model(hits, heard).probability(evidence_features(hits, marked, asked, heard))

    def threshold(self, hits: Sequence[Hit], heard: Heard | None = None) -> float:
        """Return the probability from which a question with these hits is answered."""
        return self._model(hits, heard).threshold

    def _model(self, hits: Sequence[Hit], heard: Heard | None) -> Calibrated:
        if heard is not None:
            # That nobody asked like this before says nothing against a document of which nobody asked at all.
            return self.unheard if hits and hits[0].is_unheard else self.everyday
        return self.law if hits and hits[0].document.rank else self.text


def is_its_heading(hit: Hit, asked: Asked) -> bool:
    """Say whether a question is, but for marks and capitals, the heading of other text than law: a published question.

    A text under no heading of its own is under its document's title.

    Examples
    --------
    >>> from daulat.knowledge.types import Document, Passage
    >>> fees = Passage("a#1", "a", 1, "text", "It is free.", heading="Passports / How much is a passport?")
    >>> is_its_heading(Hit(fees, Document("a", "Travel"), 1.0), Asked("how much is a passport", ("",), {}))
    True
    """
    words = _WORD.findall(asked.text.casefold())
    heading = (hit.passage.heading or hit.document.title).rpartition(BETWEEN_HEADINGS)[2]
    return hit.passage.section == "text" and len(words) >= _QUESTION and words == _WORD.findall(heading.casefold())


def names_another_law(hits: Sequence[Hit], asked: Asked) -> bool:
    """Say whether the question names a law by number, name or title and none of the hits is of a law it names."""
    named = [mention for mention in asked.mentions if mention.doc_id]
    documents = {hit.document.doc_id for hit in hits}
    return bool(named) and not any(documents.intersection(mention.doc_ids) for mention in named)


def evidence_features(
    hits: Sequence[Hit], marked: Marked, asked: Asked, heard: Heard | None = None
) -> dict[str, float]:
    """Return what the models weigh: the best hit, how it stands out, how its sentence fits, what is heard."""
    best = hits[0]
    scores = [hit.score for hit in hits]
    dense = [hit.dense for hit in hits]
    features = {f"hit_{name}": value for name, value in best.features.items()}
    features |= {f"sentence_{name}": value for name, value in marked.features.items()}
    return features | {
        "score": best.score,
        "score_gap": scores[0] - scores[1] if len(scores) > 1 else 5.0,
        "score_lead": scores[0] - sum(scores[1:]) / (len(scores) - 1) if len(scores) > 1 else 5.0,
        "dense_best": max(dense),
        "dense_lead": max(dense) - sorted(dense)[len(dense) // 2],
        "dense_mean": sum(dense) / len(dense),
        "same_document": sum(hit.document.doc_id == best.document.doc_id for hit in hits) / len(hits),
        "topics": float(bool(asked.topics)),
        "added": min(sum(weight < 1 for weight in asked.terms.values()), 10) / 10,
        "forms": float(len(asked.forms) > 1),
        "named": float(any(mention.doc_id for mention in asked.mentions)),
        "defined": float(bool(asked.defined)),
        **({f"heard_{name}": value for name, value in heard.none.items()} if heard else {}),
    }


def load_answerable(pack: PackFiles | None) -> Answerable:
    """Read the models that come with Daulat.

    Where nothing was learnt for a country, law and other text are judged by what means the same in any language.
    """
    data = json.loads(Path(__file__).with_name("answerable.json").read_text(encoding="utf-8"))
    law, text, unheard = ("law", "text", "unheard") if has_learnt(pack) else ("plain", "plain", "plain")
    read = {name: _read(data[name]) for name in {law, "everyday", text, unheard}}
    return Answerable(read[law], read["everyday"], read[text], read[unheard], str(data["about"]))


def _read(data: Mapping[str, Any]) -> Calibrated:
    trees = Trees.read(data["trees"]) if "trees" in data else None
    return Calibrated(float(data["bias"]), data["weights"], float(data["threshold"]), trees)
