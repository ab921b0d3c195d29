# SPDX-License-Identifier: Apache-2.0
"""The index of a release: passages in, the passages nearest to a question out, by words and by meaning.

`LexicalIndex` finds by words (BM25, tantivy), `VectorIndex` by meaning (8-bit vectors, found through binary codes), `ForwardIndex` holds each passage's terms for ranking.
Both are written once and opened read-only, memory-mapped. Ranking by both together is `daulat.knowledge.search`'s.
Nothing here reads a question's words other than to look them up, and nothing here is written after the release is
made.
"""

from daulat.knowledge.index.forward import ForwardIndex, ForwardWriter
from daulat.knowledge.index.lexical import LexicalIndex, write_lexical
from daulat.knowledge.index.vectors import VectorIndex, quantise, write_vectors

__all__ = ["ForwardIndex", "ForwardWriter", "LexicalIndex", "VectorIndex", "quantise", "write_lexical", "write_vectors"]
