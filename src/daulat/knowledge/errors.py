# SPDX-License-Identifier: Apache-2.0
"""What can go wrong in knowledge, drawn as a tree.

KnowledgeError            the curator or operator of sources and releases can act
├── SourceError           a declared source or its document cannot be read
├── ReleaseError          a release is missing, damaged, unsigned or not ours
├── EncoderError          the text encoder cannot be used
└── RerankerError         the reranker cannot be used
"""

from __future__ import annotations

from daulat.errors import DaulatError


class KnowledgeError(DaulatError):
    """The curator or operator of knowledge can act on this."""


class SourceError(KnowledgeError):
    """A declared source, or one document of it, cannot be read.

    `retryable` where the machine may be why: the same file might be read by another, or by this one later.
    """

    retryable = False


class ReleaseError(KnowledgeError):
    """A release is missing, damaged, unsigned, or signed by a key that is not trusted."""


class EncoderError(KnowledgeError):
    """The text encoder cannot be used."""


class RerankerError(KnowledgeError):
    """The reranker cannot be used."""
