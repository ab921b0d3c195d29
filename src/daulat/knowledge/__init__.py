# SPDX-License-Identifier: Apache-2.0
"""Knowledge: declared official sources in; passages that bear on a question, with their document and legal status, out.

    source -> parse -> passages -> index -> signed release -> search

Comes in: `sources.yaml` and the documents that it declares. Goes out: immutable, signed releases, and hits from the
release in use. This room never answers a question, never indexes what no source declares, and never changes the text
that it was given.
"""

from daulat.knowledge.errors import EncoderError, KnowledgeError, ReleaseError, RerankerError, SourceError
from daulat.knowledge.types import Document, Hit, Passage, Relation

__all__ = [
    "Document",
    "EncoderError",
    "Hit",
    "KnowledgeError",
    "Passage",
    "Relation",
    "ReleaseError",
    "RerankerError",
    "SourceError",
]
