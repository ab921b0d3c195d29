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
_SHORT_HEADING = 12  # letters; scripts without spaces have whole sentences that are one word
_INDENT, _DEEPEST = "  ", 8
_WORD = re.compile(r"\w+")
_RAISED = re.compile(r"(?<=[0-9])(?=[⁰¹²³⁴-⁹])")


def cut_blocks(
    blocks: Iterable[Block],
    doc_id: str,
    *,
    language: str = "",
    rules: Mapping[str, SentenceRules] = NO_RULES,
    title: str = "",
) -> list[Passage]:
    """Cut a document into passages, one a heading; a long stretch is parted between its paragraphs or sentences.

    The numbered sections of a law are headings too, see `numbered`. A heading that no paragraph and no deeper heading
    follows is a passage of its own, unless it is but one word or stands in `title` and there are others.
    """
    sections = list(_sections(with_numbered(blocks)))
    said = [each for each in sections if each[1] or not _says_nothing(each[0][-1].text, title)]
    passages: list[Passage] = []
    for headings, paragraphs in said or sections:
        own = headings[-1] if headings else None
        article = section_of(own) if own else None
        # A heading that stands alone is the text itself, below those above it.
        names = [heading.text for heading in (headings if paragraphs else headings[:-1])]
        for text in _stretches(paragraphs or [headings[-1].text], language, rules):
            seq = len(passages)
            place = _slug(own.text) if own else "text"
            heading = BETWEEN_HEADINGS.join(names) or None
            passages.append(Passage(f"{doc_id}:{place}#{seq}", doc_id, seq, "text", text, article, heading))
    return passages


def _sections(blocks: Iterable[Block]) -> Iterator[tuple[list[Block], list[str]]]:
    """Yield paragraphs with the headings above them; none with a heading that nothing stands below."""
    headings: list[Block] = []
    paragraphs: list[str] = []
    is_said = True  # by something below it: the last heading
    for block in blocks:
        if block.kind == "heading":
            if paragraphs or not (is_said or headings[-1].level < block.level):
                yield headings, paragraphs
                paragraphs = []
            headings = [*(above for above in headings if above.level < block.level), block]
            is_said = False
        else:
            paragraphs.append(_indented(f"- {block.text}" if block.kind == "item" else block.text, block.level))
            is_said = True
    if paragraphs or not is_said:
        yield headings, paragraphs


def _indented(text: str, level: int) -> str:
    """Begin an item of a list in a list further in: what it is an exception from, or a part of, is seen by nothing
    else.
    """
    indent = _INDENT * min(level, _DEEPEST)
    return f"{indent}{text}".replace("\n", f"\n{indent}") if indent else text


def _says_nothing(heading: str, title: str) -> bool:
    """Say whether a heading that stands alone is but one short word, or stands in the title of its document."""
    words = _WORD.findall(heading.casefold())
    named = " ".join(_WORD.findall(title.casefold()))
    is_short = len(words) <= 1 and len(heading) <= _SHORT_HEADING
    return is_short or f" {' '.join(words)} " in f" {named} "


def _stretches(paragraphs: list[str], language: str, rules: Mapping[str, SentenceRules]) -> Iterator[str]:
    text = "\n".join(paragraphs)
    for start, end in segments(text, PASSAGE_WORDS, language, rules):
        yield text[start:end]


def _slug(heading: str) -> str:
    parted = _RAISED.sub("-", heading)  # "§ 14¹" is no "§ 141"
    ascii_only = unicodedata.normalize("NFKD", parted).encode("ascii", "ignore").decode()
    return "-".join(re.findall(r"[a-z0-9]+", ascii_only.lower()))[:60].strip("-") or "text"
