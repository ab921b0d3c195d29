# SPDX-License-Identifier: Apache-2.0
"""The words of a release: analysed terms in, a tantivy index on disk, passages by BM25 out.

Terms come analysed (`daulat.language.Analyser`), so the index itself knows no language: what is indexed and what is
asked are cut by the same rules. Each passage has two fields, its own words and the words of its document's title and
heading; and facets, exact strings such as `doc:UU-24-2013`, that filter. Why tantivy: docs/design/search.md.
"""

from __future__ import annotations

import errno
import os
import re
import shutil
import weakref
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import mkdtemp
from typing import TypeVar

import numpy as np
import tantivy
from numpy.typing import NDArray

_HEAP_BYTES = 256 << 20  # one writer, one segment up to about a million passages
_ANALYSER = "terms"
_MAX_TERMS = 64  # of a question; the rarest are kept
_OS_ERROR = re.compile(r"\(os error (\d+)\)")
Made = TypeVar("Made")


@dataclass(frozen=True, slots=True)
class Entry:
    """What is indexed of one passage."""

    body: Sequence[str]
    title: Sequence[str]
    facets: Sequence[str] = ()


def _schema() -> tantivy.Schema:
    builder = tantivy.SchemaBuilder()
    builder.add_unsigned_field("row", stored=False, fast=True)
    builder.add_text_field("body", stored=False, tokenizer_name=_ANALYSER, index_option="freq")
    builder.add_text_field("title", stored=False, tokenizer_name=_ANALYSER, index_option="freq")
    builder.add_text_field("facet", stored=False, tokenizer_name="raw", index_option="basic")
    return builder.build()


def _register(index: tantivy.Index) -> tantivy.Index:
    analyser = tantivy.TextAnalyzerBuilder(tantivy.Tokenizer.whitespace()).build()
    index.register_tokenizer(_ANALYSER, analyser)
    return index


def write_lexical(folder: Path, entries: Iterable[Entry]) -> int:
    """Write an index into an empty folder; row n is the n-th entry. Returns the number of entries.

    Raises
    ------
    OSError
        If the disk refuses it.
    """
    folder.mkdir(parents=True, exist_ok=True)
    index = _register(_written(lambda: tantivy.Index(_schema(), path=str(folder))))
    writer = _written(lambda: index.writer(heap_size=_HEAP_BYTES, num_threads=1))
    count = 0
    for count, entry in enumerate(entries, 1):
        document = tantivy.Document()
        document.add_unsigned("row", count - 1)
        document.add_text("body", " ".join(entry.body))
        document.add_text("title", " ".join(entry.title))
        for facet in entry.facets:
            document.add_text("facet", facet)
        _written(writer.add_document, document)
    _written(writer.commit)
    _written(writer.wait_merging_threads)
    for path in folder.iterdir():
        path.chmod(0o644)  # tantivy keeps two of its files from other users; a release is for all to read
    return count


def _written(step: Callable[..., Made], *given: tantivy.Document) -> Made:
    """Take a step of the writer. tantivy has one exception for everything, and here only the disk can be at fault."""
    try:
        return step(*given)
    except ValueError as error:
        number = _OS_ERROR.search(str(error))
        if number:
            raise OSError(int(number[1]), os.strerror(int(number[1]))) from error
        raise OSError(errno.EIO, str(error)) from error  # its thread has ended, and kept the reason to itself


def _linked(folder: Path) -> Path:
    """Make a folder of links to the files of an index: tantivy takes a lock file even to read."""
    links = Path(mkdtemp(prefix="daulat-lexical-"))
    for path in folder.resolve().iterdir():
        if path.suffix != ".lock":
            (links / path.name).symlink_to(path)
    return links


class LexicalIndex:
    """Finds passages by their words.

    Parameters
    ----------
    folder : Path
        Where `write_lexical` wrote. It may be read-only.
    """

    def __init__(self, folder: Path) -> None:
        if not os.access(folder, os.W_OK):
            folder = _linked(folder)
            weakref.finalize(self, shutil.rmtree, folder, ignore_errors=True)
        self._index = _register(tantivy.Index.open(str(folder)))
        self._schema = self._index.schema
        self._searcher = self._index.searcher()

    def __len__(self) -> int:
        return int(self._searcher.num_docs)

    def document_frequency(self, term: str) -> int:
        """Count the passages that hold a term in their own words."""
        return int(self._searcher.doc_freq("body", term))

    def search(
        self, terms: Mapping[str, float], top_k: int, *, title_boost: float = 0.0, facets: Sequence[Sequence[str]] = ()
    ) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
        """Find the passages that best match weighted terms.

        Parameters
        ----------
        terms : mapping of str to float
            Each term with its weight, above 0.
        top_k : int
            How many passages at most.
        title_boost : float
            Weight of a match in title or heading beside one in the passage's own words; 0 leaves titles out.
        facets : sequence of sequences of str
            One facet of each group must be present.

        Returns
        -------
        (int64[k], float32[k])
            Rows and BM25 scores, best first; ties go to the earlier row.
        """
        if not terms or not len(self):
            return np.empty(0, np.int64), np.empty(0, np.float32)
        query = self._query(self._rarest(terms), title_boost, facets)
        found = self._searcher.search(query, limit=top_k, count=False).hits
        if not found:
            return np.empty(0, np.int64), np.empty(0, np.float32)
        rows = np.array(self._searcher.fast_field_values("row", [address for _, address in found]), np.int64)
        scores = np.array([score for score, _ in found], np.float32)
        order = np.lexsort((rows, -scores))
        return rows[order], scores[order]

    def _rarest(self, terms: Mapping[str, float]) -> Mapping[str, float]:
        """Return the rarest terms; one that no passage holds is not rare but absent, and would only take a place."""
        if len(terms) <= _MAX_TERMS:
            return terms
        held = {term: count for term in terms if (count := self.document_frequency(term))}
        return {term: terms[term] for term in sorted(held, key=held.__getitem__)[:_MAX_TERMS]}

    def _query(self, terms: Mapping[str, float], title_boost: float, facets: Sequence[Sequence[str]]) -> tantivy.Query:
        term_query, boost = tantivy.Query.term_query, tantivy.Query.boost_query
        should = [
            (tantivy.Occur.Should, boost(term_query(self._schema, "body", term, "freq"), weight))
            for term, weight in terms.items()
        ]
        if title_boost > 0:
            should += [
                (tantivy.Occur.Should, boost(term_query(self._schema, "title", term, "freq"), weight * title_boost))
                for term, weight in terms.items()
            ]
        query = tantivy.Query.boolean_query(should)
        if not facets:
            return query
        must = [(tantivy.Occur.Must, query)]
        for group in facets:
            either = [(tantivy.Occur.Should, term_query(self._schema, "facet", facet, "basic")) for facet in group]
            must.append((tantivy.Occur.Must, tantivy.Query.const_score_query(tantivy.Query.boolean_query(either), 0.0)))
        return tantivy.Query.boolean_query(must)
