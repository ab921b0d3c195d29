# SPDX-License-Identifier: Apache-2.0
"""The sentence that answers: a question and a passage in, the span of one sentence and what speaks for it out.

Each sentence of the passage gets a few named features; a linear model, one for law and one for any other text, fitted
on development questions only by `benchmarks/fit_answers.py`, picks the best. Whether the best is an answer at all is
for `answerable` to decide. It reads no file but its weights, and never changes the text.
"""

from __future__ import annotations

import json
import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from daulat.assistant.pairs import KINDS, Pairs, SentenceKind, learnt, load_pairs
from daulat.assistant.words import ReadSentence, names_in, read_sentence
from daulat.knowledge.cutting import SentenceRules, sentences
from daulat.knowledge.legal import is_heading
from daulat.knowledge.search import Asked, Reader
from daulat.knowledge.search.rarity import Rarity
from daulat.knowledge.types import Passage
from daulat.language import PackFiles, primary

SENTENCE_FEATURES = (
    "cover",  # share of the question's terms, by rarity, that the sentence holds
    "cover_gap",  # the same, less that of the best sentence
    "telling",  # cover in which a term counts the more, the fewer sentences of this passage hold it
    "telling_gap",  # the same, less that of the best sentence
    "telling_before",  # the same of the sentence before
    "count",  # share of the question's terms, each alike
    "count_gap",  # the same, less that of the best sentence
    "dense_terms",  # share of the sentence's terms that are the question's
    "rarest",  # 1 if the question's rarest term that the passage has at all is in the sentence
    "phrase",  # share of neighbouring terms of the question that are neighbours here
    "before",  # cover of the sentence before
    "after",  # cover of the sentence after
    "both",  # cover of this sentence and the one before together
    "kind",  # 1 if it shows the kind of answer asked for in words that the question does not have
    "kind_near",  # how near that stands to a term of the question, 0 to 1
    "kind_only",  # 1 if it is the only sentence that shows it
    "name",  # 1 if it has a capitalised word inside that the question does not have
    "number",  # 1 if it has a number that the question does not have
    "defines",  # 1 if words that define stand right behind a term of the question
    "first",  # 1 for the first sentence
    "place",  # 0 for the first to 1 for the last
    "long",  # logarithm of its terms, 0 to 1
    "news",  # share of its words that the question does not have
    "heard",  # how near the nearest everyday question is that its curators answer with this sentence
    "heard_gap",  # the same, less that of the best sentence
    "pairs",  # what learnt pairs of a question's word and an answer's word say for it (see `daulat.assistant.pairs`)
)
NOTHING_HEARD: Mapping[str, float] = MappingProxyType({})
_PLACE = {name: i for i, name in enumerate(SENTENCE_FEATURES)}
_LONG = math.log(60)
_MOST = 24  # sentences of a passage that are looked at closely
_LEAST = 0.05  # probability of a sentence that is marked for the measure that it shows
_NEAR = 5.0  # words at which nearness halves


@dataclass(frozen=True, slots=True)
class Marked:
    """The sentence of a passage that answers best.

    Parameters
    ----------
    span : (int, int)
        Characters of the passage's text.
    score : float
        Probability, among the passage's sentences, that this is the one; 0 to 1.
    features : mapping of str to float
        What speaks for it, and how the question fits the whole passage; `answerable` reads them.
    """

    span: tuple[int, int]
    score: float = 0.0
    features: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class SentenceModel:
    """A linear model over `SENTENCE_FEATURES`.

    Parameters
    ----------
    weights : float64[len(SENTENCE_FEATURES)]
    pairs : mapping of str to Pairs
        By language of the passage.
    about : str
        What it was fitted on.
    """

    weights: NDArray[np.float64]
    pairs: Mapping[str, Pairs]
    about: str = ""

    def scores(self, rows: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the probability of each sentence of one passage. rows: float64[n, len(SENTENCE_FEATURES)]."""
        logits = rows @ self.weights
        shares = np.exp(logits - logits.max())
        result: NDArray[np.float64] = shares / shares.sum()
        return result


def load_sentence_models(pack: PackFiles | None = None) -> dict[SentenceKind, SentenceModel]:
    """Read the weights that come with Daulat, for law and for any other text, and the pairs of the pack's languages."""
    data = json.loads(Path(__file__).with_name("sentence.json").read_text(encoding="utf-8"))
    pairs = load_pairs(pack)
    return {
        kind: SentenceModel(
            np.array([data[kind]["weights"][name] for name in SENTENCE_FEATURES]), pairs[kind], str(data[kind]["about"])
        )
        for kind in KINDS
    }


def mark_sentence(
    asked: Asked,
    passage: Passage,
    language: str,
    reader: Reader,
    rarity: Rarity,
    rules: Mapping[str, SentenceRules],
    model: SentenceModel,
    heard: Mapping[str, float] = NOTHING_HEARD,
) -> Marked:
    """Find the sentence of a passage that answers a question.

    Parameters
    ----------
    asked : Asked
        The question's forms, as the searcher read them.
    passage : Passage
    language : str
        BCP 47 tag of the passage.
    reader : Reader
    rarity : Rarity
        Of terms in the release that holds the passage.
    rules : mapping of str to SentenceRules
        By language; see `daulat.knowledge.cutting.sentences`.
    model : SentenceModel
        That picks it.
    heard : mapping of str to float
        How sentences of this passage begin with which everyday questions are answered, and how near those are.

    Returns
    -------
    Marked
        An empty passage gives the empty span.
    """
    spans = sentences(passage.text, language, rules)
    if not spans:
        return Marked((0, 0))
    known: dict[str, tuple[str, ...]] = {}
    read = [read_sentence(passage.text, span, language, reader, known) for span in spans]
    sought = {term: weight * rarity.of(term) for term, weight in asked.terms.items()}
    places = _worth_a_look(read, sought)
    looked = [read[place] for place in places]
    rows = sentence_rows(asked, sought, looked, reader, heard)
    rows[:, _PLACE["pairs"]] = learnt(asked, looked, model.pairs.get(primary(language), {}))
    shares = model.scores(rows)
    best = int(np.argmax(shares))
    features = dict(zip(SENTENCE_FEATURES, rows[best].tolist(), strict=True))
    # Whether there is an answer is judged as it was fitted, by what speaks for the best of all.
    shown = _measured(asked, looked, shares, best)
    if is_heading(passage.text, spans[places[shown]], reader.legal):
        said = [i for i, place in enumerate(places) if not is_heading(passage.text, spans[place], reader.legal)]
        shown = max(said, key=lambda i: shares[i], default=shown)
    return Marked(spans[places[shown]], float(shares[best]), features | _fit(asked, sought, read, shares))


def _measured(asked: Asked, looked: Sequence[ReadSentence], shares: NDArray[np.float64], best: int) -> int:
    """Return the best sentence that shows the measure asked for, or the one asked about; the best where none does.

    Of a law every sentence has numbers, its paragraphs': only with its unit is one an answer.
    """
    for found in (*asked.measures, *asked.compares):
        having = [i for i, sentence in enumerate(looked) if shares[i] >= _LEAST and found.search(sentence.text)]
        if having:
            return best if best in having else max(having, key=lambda i: shares[i])
    return best


def _worth_a_look(read: Sequence[ReadSentence], sought: Mapping[str, float]) -> list[int]:
    """Return which sentences are looked at closely: of a passage of very many, those that hold most of the question."""
    if len(read) <= _MOST:
        return list(range(len(read)))
    shares = [_share(sentence.held, sought) for sentence in read]
    return sorted(sorted(range(len(read)), key=lambda place: (-shares[place], place))[:_MOST])


def sentence_rows(
    asked: Asked,
    sought: Mapping[str, float],
    looked: Sequence[ReadSentence],
    reader: Reader,
    heard: Mapping[str, float] = NOTHING_HEARD,
) -> NDArray[np.float64]:
    """Return the features of the sentences of one passage, without what is learnt: float64[n, features].

    Parameters
    ----------
    sought : mapping of str to float
        Weight times rarity of the question's terms.
    """
    rows = np.zeros((len(looked), len(SENTENCE_FEATURES)))
    held = [sentence.held & sought.keys() for sentence in looked]
    rarest = max(frozenset().union(*held), key=lambda term: (sought[term], term), default="")
    pairs = frozenset(pairwise(asked.order))
    for i, sentence in enumerate(looked):
        row = rows[i]
        row[_PLACE["rarest"]] = float(rarest in sentence.held)
        if pairs:
            shared = frozenset(pairwise(term for word in sentence.terms for term in word)) & pairs
            row[_PLACE["phrase"]] = len(shared) / len(pairs)
        row[_PLACE["dense_terms"]] = len(held[i]) / max(len(sentence.held), 1)
        row[_PLACE["kind"]], row[_PLACE["kind_near"]] = _kind(asked, sentence)
        news = [not sought.keys() & set(terms) for terms in sentence.terms]
        row[_PLACE["name"]] = float(
            any(new and word[0].isupper() for new, word in zip(news[1:], sentence.words[1:], strict=True))
        )
        row[_PLACE["number"]] = float(
            any(new and word[0].isdigit() for new, word in zip(news, sentence.words, strict=True))
        )
        row[_PLACE["defines"]] = _defines(asked, sentence, reader)
        row[_PLACE["first"]] = float(i == 0)
        row[_PLACE["place"]] = i / max(len(looked) - 1, 1)
        row[_PLACE["long"]] = min(math.log1p(len(sentence.words)) / _LONG, 1.0)
        row[_PLACE["news"]] = sum(news) / max(len(news), 1)
    kinds = rows[:, _PLACE["kind"]]
    rows[:, _PLACE["kind_only"]] = kinds * (kinds.sum() == 1)
    _fill_covers(rows, sought, held)
    if heard:
        rows[:, _PLACE["heard"]] = near = np.array([_heard(sentence.text, heard) for sentence in looked])
        rows[:, _PLACE["heard_gap"]] = near - near.max()
    return rows


def _heard(sentence: str, heard: Mapping[str, float]) -> float:
    plain = " ".join(sentence.split())
    return max((near for begins, near in heard.items() if plain.startswith(begins)), default=0.0)


def _fill_covers(rows: NDArray[np.float64], sought: Mapping[str, float], held: Sequence[frozenset[str]]) -> None:
    """Fill in, in place, how much of the question each sentence and its neighbours hold, and how it stands out."""
    n = len(held)
    sentences_with = Counter(term for terms in held for term in terms)
    # A name that every sentence repeats tells nothing about which of them answers; what is said of it does.
    telling = {term: math.log(1 + (n - count + 0.5) / (count + 0.5)) for term, count in sentences_with.items()}
    alike = dict.fromkeys(sought, 1.0)
    cover, told, count = (np.array([_share(terms, weights) for terms in held]) for weights in (sought, telling, alike))
    both = np.array([_share(held[i] | held[i - 1] if i else held[i], sought) for i in range(n)])
    values = {
        "cover": cover,
        "cover_gap": cover - cover.max(),
        "telling": told,
        "telling_gap": told - told.max(),
        "telling_before": np.append(0.0, told[:-1]),
        "count": count,
        "count_gap": count - count.max(),
        "before": np.append(0.0, cover[:-1]),
        "after": np.append(cover[1:], 0.0),
        "both": both,
    }
    for name, column in values.items():
        rows[:, _PLACE[name]] = column


def _share(held: frozenset[str], weights: Mapping[str, float]) -> float:
    return sum(weight for term, weight in weights.items() if term in held) / (sum(weights.values()) or 1.0)


def _kind(asked: Asked, sentence: ReadSentence) -> tuple[float, float]:
    """Say whether the sentence shows the kind of answer asked for in other words, and how near to the question's."""
    if asked.kind is None:
        return 0.0, 0.0
    places = [i for i, terms in enumerate(sentence.terms) if any(term in asked.terms for term in terms)]
    shown, nearest = 0.0, 0.0
    for match in asked.kind.found.finditer(sentence.text):
        inside = [i for i, start in enumerate(sentence.starts) if match.start() <= start < match.end()]
        if inside and any(not asked.terms.keys() & set(sentence.terms[i]) for i in inside):
            shown = 1.0
            distance = min((abs(i - place) for i in inside for place in places if i != place), default=1_000)
            nearest = max(nearest, 1 / (1 + distance / _NEAR))
    return shown, nearest


def _defines(asked: Asked, sentence: ReadSentence, reader: Reader) -> float:
    """Say whether words that define stand within four words behind a term of the question."""
    for match in reader.questions.defined_by.finditer(sentence.text):
        at = sum(start < match.start() for start in sentence.starts)
        if any(term in asked.terms for terms in sentence.terms[max(0, at - 4) : at] for term in terms):
            return 1.0
    return 0.0


def _fit(
    asked: Asked, sought: Mapping[str, float], looked: Sequence[ReadSentence], shares: NDArray[np.float64]
) -> dict[str, float]:
    """Return how the question fits the passage as a whole."""
    held = frozenset[str]().union(*(sentence.held for sentence in looked))
    own = {term: weight for term, weight in sought.items() if asked.terms[term] >= 1}
    missing = {term: weight for term, weight in own.items() if term not in held}
    most = max(own.values(), default=1.0) or 1.0
    ordered = np.sort(shares)
    names = names_in(asked.text)
    known = {word.casefold() for sentence in looked for word in sentence.words}
    return {
        "sure": float(ordered[-1]),
        "sure_gap": float(ordered[-1] - ordered[-2]) if len(ordered) > 1 else 1.0,
        "missing": sum(missing.values()) / (sum(own.values()) or 1.0),
        "missing_most": max(missing.values(), default=0.0) / most,
        "missing_rarity": max(missing.values(), default=0.0) / 10,
        "missing_count": min(len(missing), 5) / 5,
        "missing_number": float(any(term[0].isdigit() for term in missing)),
        "missing_name": sum(name not in known for name in names) / max(len(names), 1),
        "held_most": max((weight for term, weight in own.items() if term in held), default=0.0) / 10,
        "held_count": min(len(own) - len(missing), 6) / 6,
        "words": min(len(own), 10) / 10,
        "kind_asked": float(asked.kind is not None),
        "names_asked": min(len(names), 4) / 4,
        "sentences": min(len(looked), 20) / 20,
    }
