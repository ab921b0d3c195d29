# SPDX-License-Identifier: Apache-2.0
"""The searcher of one release: a question in, ranked hits out.

Four ways propose candidates: words (BM25), meaning (vectors, for each form of the question), the laws that the
question names, and everyday questions that are like it. Their union, some hundred passages, is read and ranked. Ties
go to the earlier passage, so that the same question cites the same law every time. Safe to share between threads; it
remembers vectors of recent questions in memory only, under their hash.
"""

from __future__ import annotations

import hashlib
import threading
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from daulat.knowledge.encoder import Encoder, Float32, adapt
from daulat.knowledge.everyday import Heard, hear
from daulat.knowledge.index.forward import runs
from daulat.knowledge.legal.citations import NO_TITLES, Titles, title_index
from daulat.knowledge.release.layout import STATUSES
from daulat.knowledge.release.reader import Release, StoredPassage
from daulat.knowledge.reranker import Reranker
from daulat.knowledge.search.asked import Asked, Reader
from daulat.knowledge.search.candidates import Candidates, Rows
from daulat.knowledge.search.ends import Counting, ends_of
from daulat.knowledge.search.features import FEATURES, as_mappings, compare, features_of, fill_everyday
from daulat.knowledge.search.filters import Filters
from daulat.knowledge.search.headings import Headings
from daulat.knowledge.search.places import lacks_article, placed
from daulat.knowledge.search.ranking import Ranking
from daulat.knowledge.search.rarity import Rarity
from daulat.knowledge.search.reranking import FIRST, reranked
from daulat.knowledge.search.sections import Sections
from daulat.knowledge.search.spoken import SpokenTexts
from daulat.knowledge.search.words import Sought
from daulat.knowledge.types import Document, Hit

_BY_WORDS = 40
_BY_MEANING = 40
_BY_NAME = 12
_NEWCOMERS = 4  # passages of law, and of other text
_REMEMBERED = 2_048
_FILTERS = 32  # a byte a passage each
_TITLE_BOOST = 0.3
_WANTED_LEADS = 10.0  # score above all others: who names an article, or asks what a term means, asks for that one


class Searcher:
    """Searches one release.

    Parameters
    ----------
    release : Release
    encoder : Encoder or None
        None searches by words only, e.g. while the encoder loads.
    reader : Reader
    ranking : Ranking
    reranker : Reranker, optional
        Orders the first hits where no everyday question is heard; what it does to a ranking that hears is not known.
    """

    def __init__(
        self,
        release: Release,
        encoder: Encoder | None,
        reader: Reader,
        ranking: Ranking,
        reranker: Reranker | None = None,
    ) -> None:
        self.release, self.reader = release, reader
        self._reranker = reranker
        usable = encoder if encoder and encoder.name == release.manifest.encoder else None
        self._encoder = adapt(usable, release.everyday.adapter if release.everyday else None) if usable else None
        self._ranking = ranking
        self.rarity = Rarity(release.lexical.document_frequency, len(release))
        self._filtered: dict[Filters, NDArray[np.bool_]] = {}
        self._headings = Headings(release, reader)
        self._spoken = SpokenTexts(release.documents, reader.default_language)
        self._vectors: OrderedDict[bytes, Float32] = OrderedDict()
        self._lock = threading.Lock()

    def search(self, text: str, language: str = "", *, top_k: int = 10, filters: Filters | None = None) -> list[Hit]:
        """Find the passages that bear on a question.

        Parameters
        ----------
        text : str
        language : str
            BCP 47 tag of the question; empty: the release's own.
        top_k : int
            How many at most.
        filters : Filters, optional

        Returns
        -------
        list of Hit
            Best first.
        """
        found = self.candidates(self.ask(text, language), filters)
        hits = self.best(found, top_k)
        newcomers = (places[0] for places in self._newcomers_by_kind(found))
        nearest = next((place for place in newcomers if _is_nearest(found, place)), None)
        if nearest is None or found.wanted().any():
            return hits
        [first] = self._hits(found, [nearest], self._scores(found))
        return [first, *(hit for hit in hits if hit.passage.passage_id != first.passage.passage_id)][:top_k]

    def warm(self) -> None:
        """Encode once, so that the first who asks does not wait for the encoder's weights."""
        self._encode(("",))

    def ask(self, text: str, language: str = "") -> Asked:
        """Return the forms of a question, with the laws of this release that it names."""
        asked = self.reader.ask(text, language, self.titles, self._spoken.of(language))
        if legal := self.reader.legal:
            return replace(asked, mentions=placed(asked.mentions, self.release, legal))
        named = self._sections.named(asked.text)
        return replace(asked, mentions=(named,)) if named else asked

    def may_find(self, document: Document, filters: Filters) -> bool:
        """Say whether passages of a document may be found, whatever their status."""
        return filters.admits(document)

    def rank(self, found: Candidates, top_k: int) -> list[Hit]:
        """Order candidates by the ranking and return the best."""
        scores = self._scores(found)
        if (wanted := found.wanted()).any():
            scores = np.where(wanted, scores + np.ptp(scores) + _WANTED_LEADS, scores)
        order = np.lexsort((found.rows, -scores))[:top_k]
        return self._hits(found, order, scores)

    def reranks(self, found: Candidates) -> bool:
        """Say whether a reranker orders the first of these: where no everyday question is heard, if there is one."""
        return self._reranker is not None and found.heard is None

    def best(self, found: Candidates, top_k: int) -> list[Hit]:
        """Order candidates by the ranking and the first of them by the reranker, where it does; return the best."""
        if self._reranker is None or not self.reranks(found):
            return self.rank(found, top_k)
        return reranked(self._reranker, found.text, self.rank(found, max(top_k, FIRST)))[:top_k]

    def newcomers(self, found: Candidates, top_k: int) -> list[list[Hit]]:
        """Return the candidates as they stand with the best of a document without everyday questions at their head.

        What people asked of other passages weighs so much that these rank behind them, however near they are; so the
        best is chosen as where nobody asked at all. Behind it come the next best of its document, then the others. Text
        that is history is no newcomer.

        Returns
        -------
        list of list of Hit
            One for law and one for other text, which have weights of their own; none where people asked about all
            documents, or nothing like this. All scores are on one scale, even where a definition is asked for.
        """
        by_kind = self._newcomers_by_kind(found)
        if not by_kind:
            return []
        scores = self._ranking.everyday.scores(found.features)
        documents = self.release.rows["document"][found.rows]
        ranked = [int(at) for at in np.lexsort((found.rows, -scores))]
        lists = []
        for places in by_kind:
            first = [at for at in places if documents[at] == documents[places[0]]]
            ordered = [*first, *(at for at in ranked if at not in first)][:top_k]
            lists.append(self._hits(found, ordered, scores))
        return lists

    def _newcomers_by_kind(self, found: Candidates) -> list[list[int]]:
        """Return the places of the first few newcomers of law, and of other text, best first."""
        if found.heard is None:
            return []
        past, rank = (found.features[:, FEATURES.index(name)] > 0 for name in ("past", "rank"))
        new = self.unheard[self.release.rows["document"][found.rows]] & ~past
        if not new.any():
            return []
        scores = self._ranking.scores(found.features, is_definition=found.is_definition)
        order = np.lexsort((found.rows, -scores)).tolist()
        by_kind = [[at for at in order if kind[at]] for kind in (new & rank, new & ~rank)]
        return [places[:_NEWCOMERS] for places in by_kind if places]

    def _scores(self, found: Candidates) -> NDArray[np.float32]:
        return self._ranking.scores(
            found.features, is_definition=found.is_definition, is_everyday=found.heard is not None
        )

    @cached_property
    def unheard(self) -> NDArray[np.bool_]:
        """Which documents nobody has asked about yet, where people asked about others: bool[n_documents].

        Not those of a source that whoever wrote the questions had before them: what they did not ask of it they left
        out, and it is ranked beside the rest.
        """
        everyday, documents = self.release.everyday, self.release.documents
        if everyday is None or everyday.covered is None:
            return np.zeros(len(documents), bool)
        asked = np.zeros(len(documents), bool)
        asked[self.release.rows["document"][everyday.named]] = True
        asked |= np.array([document.source_id in everyday.covered for document in documents], bool)
        return ~asked

    def lacks_article(self, asked: Asked) -> bool:
        """Say whether the question names an article that no law here has; see `places.lacks_article`."""
        return lacks_article(asked, self.release)

    def candidates(
        self, asked: Asked, filters: Filters | None = None, *, heard_from: NDArray[np.bool_] | None = None
    ) -> Candidates:
        """Collect candidates and their features.

        Parameters
        ----------
        asked : Asked
        filters : Filters, optional
        heard_from : bool[n_everyday], optional
            Everyday questions that are heard; all by default. Whoever fits weights leaves out the one that is asked.
        """
        self.release.require_as_opened()  # an index that was cut short would end the process that reads on
        queries = self._encode(asked.forms)
        filters = filters or Filters()
        allowed = None if filters.is_open else self._allowed(filters)
        everyday = self.release.everyday
        heard = (
            hear(everyday, queries, asked.terms, asked.language, heard_from, allowed) if everyday is not None else None
        )
        rows = self._propose(asked, queries, filters, heard)
        dense, best = self._nearest_segments(rows, queries[:1])
        own = self._nearest_segments(rows, queries[1:])[0] if queries[1:] else dense
        stored = self.release.several_stored(rows.tolist())
        sought = Sought.of(asked, self.release.terms.number, self.rarity)
        features = self._features(asked, sought, rows, stored)
        compare(features, dense, own)
        if heard is not None:
            fill_everyday(features, heard.columns(rows, self.release.rows["document"]))
        return Candidates(rows, features, best, stored, asked.is_definition, heard, asked.text)

    def _propose(self, asked: Asked, queries: Sequence[Float32], filters: Filters, heard: Heard | None) -> Rows:
        allowed = None if filters.is_open else self._allowed(filters)
        lexical = self.release.lexical
        width = _BY_WORDS if allowed is None else 4 * _BY_WORDS
        found = [lexical.search(asked.terms, width, title_boost=_TITLE_BOOST, facets=filters.facets)[0]]
        named = [
            f"doc:{doc_id}"
            for mention in asked.mentions
            for doc_id in (mention.candidates or (mention.doc_id,))
            if doc_id in self.release.document_rows
        ]
        if named:
            found.append(lexical.search(asked.terms, _BY_NAME * 2, facets=[named])[0])
            found += [self._article_rows(m.article, named) for m in asked.mentions if m.article]
            hosts = (self.release.row_of(mention.stands_in) for mention in asked.mentions if mention.stands_in)
            found.append(np.array([row for row in hosts if row is not None], np.int64))
            found += [self._rows_that_hold(form, name) for form in asked.defined_forms for name in named]
        if heard is not None:
            found.append(heard.rows)
        segments = self.release.segments["passage"]
        of_segments = None if allowed is None else allowed[segments]
        for query in queries:
            nearest, _ = self.release.vectors.nearest(query, _BY_MEANING, of_segments)
            found.append(segments[nearest].astype(np.int64))
        rows = np.unique(np.concatenate(found)) if found else np.empty(0, np.int64)
        return rows if allowed is None else rows[allowed[rows]]

    def _article_rows(self, article: str, named: Sequence[str]) -> Rows:
        rows = [
            row
            for name in named
            for row in self.release.rows_of_document(name.removeprefix("doc:"))
            if self.release.stored(row).passage.article == article
        ]
        return np.array(rows, np.int64)

    def _rows_that_hold(self, words: str, name: str) -> Rows:
        """Return the rows of a document that hold every term of `words`."""
        rows = self.release.rows_of_document(name.removeprefix("doc:"))
        if not rows:
            return np.empty(0, np.int64)
        language = self.release.document_of(rows.start).language
        numbers = {self.release.terms.number(term) for term in self.reader.terms(language, words)}
        return rows.start + self.release.terms.that_hold(numbers, rows)

    def _nearest_segments(self, rows: Rows, queries: Sequence[Float32]) -> tuple[Float32, Rows]:
        """Return the cosine of each row's nearest segment, and which it is: float32[n], int64[n]."""
        firsts = self.release.first_segments
        segments, owner = runs(firsts, rows)
        best = firsts[rows]
        if not queries or not len(segments):
            return np.zeros(len(rows), np.float32), best
        scores = self.release.vectors.cosines(queries[0], segments)
        order = np.lexsort((segments, -scores, owner))
        heads = np.unique(owner[order], return_index=True)
        result = np.zeros(len(rows), np.float32)
        result[heads[0]] = scores[order][heads[1]]
        best[heads[0]] = segments[order][heads[1]]
        return result, best

    def _features(self, asked: Asked, sought: Sought, rows: Rows, stored: Sequence[StoredPassage]) -> Float32:
        release = self.release
        ordinals = release.rows["document"][rows].tolist()
        documents = [release.documents[ordinal] for ordinal in ordinals]
        # Amending acts restate articles without their chapter's heading; counting it would favour the old text.
        headings = [
            self._headings.of(
                ordinal, (item.passage.heading or "") if document.rank is None else "", item.passage.language
            )
            for ordinal, document, item in zip(ordinals, documents, stored, strict=True)
        ]
        passages = [item.passage for item in stored]
        terms = [release.terms.numbers(int(row)) for row in rows]
        average = release.terms.average_terms
        reader = self.reader
        return features_of(asked, sought, passages, documents, terms, headings, average, reader.legal, reader.questions)

    def _encode(self, forms: Sequence[str]) -> list[Float32]:
        if self._encoder is None:
            return []
        vectors = []
        for form in forms:
            key = hashlib.blake2b(form.encode("utf-8", "surrogatepass"), digest_size=16).digest()
            with self._lock:
                vector = self._vectors.get(key)
            if vector is None:
                vector = self._encoder.queries([self._bounded(form)])[0]
            with self._lock:
                self._vectors[key] = vector
                self._vectors.move_to_end(key)
                if len(self._vectors) > _REMEMBERED:
                    self._vectors.popitem(last=False)
            vectors.append(vector)
        return vectors

    def _bounded(self, form: str) -> str:
        """Return what is encoded of a form: never more tokens than a long paragraph has."""
        return ends_of(form, self._encoder.count_tokens) if isinstance(self._encoder, Counting) else form

    def _allowed(self, filters: Filters) -> NDArray[np.bool_]:
        """Return which rows a filter allows: bool[n_rows]. The same few filters come again and again."""
        known = self._filtered.get(filters)
        if known is not None:
            return known
        keep = np.array([filters.admits(document) for document in self.release.documents], bool)
        allowed: NDArray[np.bool_] = keep[self.release.rows["document"]]
        if filters.statuses:
            codes = [STATUSES.index(status) for status in filters.statuses if status in STATUSES]
            allowed = allowed & np.isin(self.release.rows["status"], codes)
        if len(self._filtered) >= _FILTERS:
            self._filtered.clear()
        self._filtered[filters] = allowed
        return allowed

    def _hits(self, found: Candidates, places: Sequence[int] | Rows, scores: NDArray[np.float32]) -> list[Hit]:
        rows = found.rows[places].tolist()
        features = as_mappings(found.features[places])
        return [
            self._hit(found, place, row, score, of_it)
            for place, row, score, of_it in zip(places, rows, scores[places].tolist(), features, strict=True)
        ]

    def _hit(self, found: Candidates, place: int, row: int, score: float, features: dict[str, float]) -> Hit:
        segment = self.release.segments[int(found.segments[place])] if len(self.release.segments) else None
        return Hit(
            passage=found.stored[place].passage,
            document=self.release.document_of(row),
            score=score,
            lexical=features["words"],
            dense=features["dense"],
            segment=(int(segment["start"]), int(segment["end"])) if segment is not None else (0, 0),
            features=features,
            is_unheard=bool(self.unheard[self.release.rows["document"][row]]),
        )

    @cached_property
    def _sections(self) -> Sections:
        return Sections(self.release)

    @cached_property
    def titles(self) -> Titles:
        """The titles of this release's laws, by which a question may name them; none without legal rules."""
        return title_index(self.release.documents, self.reader.legal) if self.reader.legal else NO_TITLES


def _is_nearest(found: Candidates, place: int) -> bool:
    """Say whether no candidate is nearer than one of them, by meaning or by words."""
    near = found.features[:, [FEATURES.index("dense"), FEATURES.index("words")]]
    return bool((near[place] >= near.max(axis=0)).all())
