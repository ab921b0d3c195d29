# SPDX-License-Identifier: Apache-2.0
"""The index of a release: passages in, the passages nearest to a question out, by words and by meaning.

`LexicalIndex` finds by words (BM25, tantivy), `VectorIndex` by meaning (8-bit vectors, found through binary codes),
`ForwardIndex` holds each passage's terms for ranking. Each is written once and opened read-only, memory-mapped; nothing
is written after the release is made. Ranking by all together is `daulat.knowledge.search`'s.
"""

from daulat.knowledge.index.forward import ForwardIndex, ForwardWriter
from daulat.knowledge.index.lexical import LexicalIndex, write_lexical
from daulat.knowledge.index.vectors import VectorIndex, quantise, write_vectors

__all__ = ["ForwardIndex", "ForwardWriter", "LexicalIndex", "VectorIndex", "quantise", "write_lexical", "write_vectors"]
