# SPDX-License-Identifier: Apache-2.0
"""Cutting other text: blocks in, passages under their headings out, each short enough to be read as a citation."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping

from daulat.knowledge.cutting.numbered import section_of, with_numbered
from daulat.knowledge.cutting.segments import NO_RULES, PASSAGE_WORDS, SentenceRules, segments
from daulat.knowledge.readers.base import Block
from daulat.knowledge.types import Passage

BETWEEN_HEADINGS = " / "
_RAISED = re.compile(r"(?<=[0-9])(?=[⁰¹²³⁴-⁹])")


def cut_blocks(
    blocks: Iterable[Block], doc_id: str, *, language: str = "", rules: Mapping[str, SentenceRules] = NO_RULES
) -> list[Passage]:
    """Cut a document into passages, one a heading; a long stretch is parted between its paragraphs or sentences.

    The numbered sections of a law are headings too, see `numbered`.
    """
    passages: list[Passage] = []
    for headings, paragraphs in _sections(with_numbered(blocks)):
        names = [heading.text for heading in headings]
        article = section_of(headings[-1]) if headings else None
        for text in _stretches(paragraphs, language, rules):
            seq = len(passages)
            place = _slug(names[-1]) if names else "text"
            heading = BETWEEN_HEADINGS.join(names) or None
            passages.append(Passage(f"{doc_id}:{place}#{seq}", doc_id, seq, "text", text, article, heading))
    return passages


def _sections(blocks: Iterable[Block]) -> Iterator[tuple[list[Block], list[str]]]:
    headings: list[Block] = []
    paragraphs: list[str] = []
    for block in blocks:
        if block.kind == "heading":
            if paragraphs:
                yield headings, paragraphs
                paragraphs = []
            headings = [*(above for above in headings if above.level < block.level), block]
        else:
            paragraphs.append(f"- {block.text}" if block.kind == "item" else block.text)
    if paragraphs:
        yield headings, paragraphs


def _stretches(paragraphs: list[str], language: str, rules: Mapping[str, SentenceRules]) -> Iterator[str]:
    text = "\n".join(paragraphs)
    for start, end in segments(text, PASSAGE_WORDS, language, rules):
        yield text[start:end]


def _slug(heading: str) -> str:
    parted = _RAISED.sub("-", heading)  # "§ 14¹" is no "§ 141"
    ascii_only = unicodedata.normalize("NFKD", parted).encode("ascii", "ignore").decode()
    return "-".join(re.findall(r"[a-z0-9]+", ascii_only.lower()))[:60].strip("-") or "text"
