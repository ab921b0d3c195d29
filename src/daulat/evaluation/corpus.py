# SPDX-License-Identifier: Apache-2.0
"""The temporary release of a measurement: sources of passages in, a searchable release out.

Everything but the vectors is built as for citizens. Vectors are the slow part (some ten passages a second a core), so
they are kept by the hash of their text, and of a large unseen folder only those are computed that may matter: words
and names propose passages for every question, and the union is encoded (docs/concepts/evaluation.md says what that
costs and saves). The report always says which of the two was done. It measures nothing.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from daulat.evaluation.bench import Bench
from daulat.evaluation.encoding import ParallelEncoder, PreparedEncoder
from daulat.evaluation.errors import EvaluationError
from daulat.evaluation.questions import KnownQuestion
from daulat.knowledge.deciding import pack_everyday
from daulat.knowledge.encoder import Encoder
from daulat.knowledge.everyday import Wordings
from daulat.knowledge.index.cache import VectorCache, key_of
from daulat.knowledge.index.vectors import Int8
from daulat.knowledge.ingest import IngestRules, ingest_all, load_rules
from daulat.knowledge.release import Builder, Release, SigningKey
from daulat.knowledge.release.write import Segment, cut_segments
from daulat.knowledge.search import Ranking, Reader, Searcher, reader_for
from daulat.knowledge.sources import Source
from daulat.language import Detector, detector_for

Dense = Literal["all", "candidates"]


@dataclass(frozen=True)
class Corpus:
    """A temporary release, ready to be asked.

    Parameters
    ----------
    release : Release
    encoder : PreparedEncoder
        Knows the vectors of all questions.
    reader : Reader
    dense : Dense
        Whether every passage has its vector, or only those that words and names proposed.
    encoded : int
        Segments that were encoded in this run.
    failures : int
        Documents and lines that could not be read.
    """

    release: Release
    encoder: PreparedEncoder
    reader: Reader
    dense: Dense
    encoded: int
    failures: int


class ChosenVectors:
    """The vectors of chosen texts; any other text has the zero vector, which is near to no question.

    Parameters
    ----------
    cache : VectorCache
    chosen : collection of str, optional
        None: every text is chosen.
    """

    def __init__(self, cache: VectorCache, chosen: Collection[str] | None) -> None:
        self._cache = cache
        self._chosen = None if chosen is None else frozenset(chosen)
        self._keys: set[bytes] = set()

    def count_missing(self, encoder: Encoder, texts: Sequence[str]) -> int:
        """Count the different chosen texts that would have to be encoded."""
        return self._cache.count_missing(encoder, self._of(texts))

    def fill(self, encoder: Encoder, texts: Sequence[str]) -> Iterator[int]:
        """Encode the chosen texts that are not known yet; yields how many are done."""
        self._keys |= {key_of(encoder.name, text) for text in self._of(texts)}
        return self._cache.fill(encoder, self._of(texts))

    def read(self, keys: Sequence[bytes]) -> tuple[Int8, NDArray[np.float16]]:
        """Return the rows and scales of keys: int8[n, d], float16[n]; zeros for what was not chosen."""
        places = [i for i, key in enumerate(keys) if key in self._keys]
        found, found_scales = self._cache.read([keys[i] for i in places])
        rows = np.zeros((len(keys), found.shape[1]), np.int8)
        scales = np.full(len(keys), 1e-6, np.float16)
        rows[places], scales[places] = found, found_scales
        return rows, scales

    def _of(self, texts: Sequence[str]) -> Sequence[str]:
        return texts if self._chosen is None else [text for text in texts if text in self._chosen]


def open_corpus(
    bench: Bench,
    sources: Sequence[Source],
    questions: Sequence[KnownQuestion],
    ranking: Ranking,
    work: Path,
    *,
    with_everyday: bool = False,
) -> Corpus:
    """Build a temporary release of these sources and encode the questions.

    Parameters
    ----------
    bench : Bench
    sources : sequence of Source
        Those of a folder (`daulat.knowledge.sources.folder_sources`), or a pack's own.
    questions : sequence of KnownQuestion
    ranking : Ranking
        By which words propose, where not every passage is encoded.
    work : Path
        An empty folder; the caller removes it.
    with_everyday : bool
        Whether the release has the pack's everyday questions: only where the sources are the pack's own.

    Raises
    ------
    KnowledgeError
        If the release cannot be built.
    EvaluationError
        If the sources hold no passage.
    """
    rules = load_rules(bench.pack.root) if bench.pack else IngestRules()
    reader = reader_for(bench.pack, bench.languages)
    encoder = ParallelEncoder(bench.encoder, bench.threads)
    bench.progress("read", 0, 0)
    segments = list(cut_segments(ingest_all(sources, rules).documents))
    if not segments:
        raise _nothing_to_search()
    asked = [reader.ask(question.text, language) for question, language in with_languages(bench, questions)]
    of_questions = bench.cache / f"{encoder.name}.queries.bin"
    prepared = PreparedEncoder(encoder, VectorCache(of_questions, encoder.dimensions))
    everyday = pack_everyday(bench.pack, reader) if with_everyday else None
    adapter = everyday.adapter_for(encoder.name)[1] if everyday else None
    asking = prepared.adapted(adapter) if adapter else prepared
    _prepare(bench, asking, [form for each in asked for form in each.forms])
    known = [*bench.shipped_vectors, of_questions]  # everyday questions are encoded as questions are
    cache = VectorCache(bench.cache / f"{encoder.name}.bin", encoder.dimensions, known)

    builder = _TemporaryBuilder(bench, sources, rules, reader, encoder, cache, work, everyday)
    if _are_few(bench, encoder, {segment.text for segment in segments}, work):
        release, encoded, failures = builder.build("all", None)
        return Corpus(release, prepared, reader, "all", encoded, failures)
    by_words, _, _ = builder.build("words", ())
    chosen = _proposed(bench, Searcher(by_words, None, reader, ranking), questions, segments)
    release, encoded, failures = builder.build("candidates", chosen)
    return Corpus(release, prepared, reader, "candidates", encoded, failures)


def _are_few(bench: Bench, encoder: Encoder, texts: Collection[str], work: Path) -> bool:
    """Say whether all texts are to be encoded: few of them have no shipped vector."""
    shipped = VectorCache(work / "none.bin", encoder.dimensions, bench.shipped_vectors)
    return shipped.count_missing(encoder, list(texts)) <= bench.encode_all_up_to


def with_languages(bench: Bench, questions: Sequence[KnownQuestion]) -> list[tuple[KnownQuestion, str]]:
    """Say of each question which language it is in: as its file says, or as it reads."""
    detector: Detector = detector_for(bench.pack)
    return [(each, each.language or detector.detect(each.text, bench.languages).language) for each in questions]


@dataclass(frozen=True)
class _TemporaryBuilder:
    bench: Bench
    sources: Sequence[Source]
    rules: IngestRules
    reader: Reader
    encoder: Encoder
    cache: VectorCache
    work: Path
    everyday: Wordings | None = None

    def build(self, name: str, chosen: Collection[str] | None) -> tuple[Release, int, int]:
        """Build with the vectors of chosen texts; returns the release, what was encoded, what could not be read."""
        folder = self.work / name
        report = Builder(
            releases=folder,
            country=self.bench.country,
            encoder=self.encoder,
            cache=ChosenVectors(self.cache, chosen),
            terms_for=self.reader.terms,
            key=SigningKey.open(self.work / "key"),
            version=self.bench.version,
            now=self.bench.now,
            everyday=self.everyday,
            progress=self.bench.progress,
        ).build(self.sources, self.rules)
        return Release(report.folder), report.encoded, len(report.failures)


def _prepare(bench: Bench, encoder: PreparedEncoder, forms: Sequence[str]) -> None:
    missing = encoder.count_missing(forms)
    for done in encoder.prepare(forms):
        bench.progress("encode questions", done, missing)


def _proposed(
    bench: Bench, searcher: Searcher, questions: Sequence[KnownQuestion], segments: Sequence[Segment]
) -> set[str]:
    """Return the texts of the segments of the passages that words and names propose for any of the questions."""
    rows: set[int] = set()
    for done, (question, language) in enumerate(with_languages(bench, questions), 1):
        for hit in searcher.search(question.text, language, top_k=bench.proposed):
            row = searcher.release.row_of(hit.passage.passage_id)
            rows |= set() if row is None else {row}
        if done % 50 == 0 or done == len(questions):
            bench.progress("propose", done, len(questions))
    return {segment.text for segment in segments if segment.row in rows}


def _nothing_to_search() -> EvaluationError:
    return EvaluationError(
        "the folder holds no passage that can be read",
        why="Every question would count as not found, and the figure would say nothing.",
        fix="Each line needs `context_id` or `passage_id`, and `text`; docs/reference/bench.md shows both shapes.",
        code="evaluation.passages",
    )
