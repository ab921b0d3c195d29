# SPDX-License-Identifier: Apache-2.0
"""Numbered sections of a law that no pack describes: blocks in, the same blocks with a heading for each section out.

"Section 9", "§ 9", "Art. 9", "9 §", "المادة 9" and "9." open a section where such numbers rise through the document;
"§ 9¹" is one that was inserted after "§ 9".
Words stay as they are and in their order, but for a list of contents, whose lines are headings further down. Nothing
here knows a country or a language.
"""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import groupby, pairwise

from daulat.knowledge.readers.base import Block

FEWEST = 3  # sections that make a numbering
FEWEST_BARE = 5  # the same, where nothing but a number opens them: short lists are numbered too
PART_LEVEL, SECTION_LEVEL = 8, 9  # below every heading that a document declares
_TITLE_WORDS = 14
_ABOVE = 3  # lines above a section that may name the part which it opens
_ALONE = 0.8  # of the bare numbers that must rise
_WITH_TEXT = 0.5  # of the sections below bare numbers that must have a text of several lines

_RAISED = "[⁰¹²³⁴-⁹]"
_OPENS = re.compile(
    rf"(?:(?P<label>§{{1,2}}|(?!{_RAISED})[^\W\d_][^\s\d().,:;]{{0,19}}\.?(?: [^\s\d().,:;]{{1,4}})?)\s*)?"
    rf"(?P<number>\d{{1,4}})(?P<letter>[A-Za-z]{{0,2}})(?P<raised>{_RAISED}{{0,3}})(?P<sign>\s?§)?"
    r"(?P<dot>\s*[.:–—-]+)?(?:\s+(?P<rest>\S.*))?"
)
_WORD = re.compile(r"\w+")
_PART = re.compile(r"[^\W\d_][^\s\d().,:;]{2,19}\s+(?:[IVXLC]{1,7}|\d{1,3})[A-Z]?\b\W*(?P<title>.*)")
_NUMBER = re.compile(rf"(?:\D{{1,25}}\s)?\s*\d{{1,4}}[A-Za-z]{{0,2}}{_RAISED}{{0,3}}\s*§?[.:]?")
_TEXT_BEGINS = re.compile(r"(?:\s*[.:])?\s*(?:[–—-]+\s*)?(?=\(\w{1,3}\)\s)|\s*[.:]\s*[–—-]+\s*")

_Key = tuple[int, str, int]  # a number, its letter and its raised number: 2, 2¹, 2², 2a, 3


@dataclass(frozen=True, slots=True)
class _Opening:
    """A line that may open a section: where it stands, under which label, and its number."""

    line: int
    label: str
    key: _Key


def with_numbered(blocks: Iterable[Block]) -> list[Block]:
    """Make headings of the lines that open the numbered sections of a document; without such, return it as it is.

    Examples
    --------
    >>> law = "Section 1 Name\\nThis is the Dog Act.\\nSection 2 Fee\\nTwelve euro.\\nSection 3 Fine\\nFifty euro."
    >>> [(block.kind, block.text) for block in with_numbered([Block("text", law)])][:2]
    [('heading', 'Section 1 Name'), ('text', 'This is the Dog Act.')]
    """
    given = list(blocks)
    blocks = [replace(block, kind="text", level=0) if block.kind == "larger" else block for block in given]
    lines = [(place, line) for place, block in enumerate(blocks) for line in _lines(block)]
    texts = [" ".join(line.split()) if blocks[place].kind == "text" else "" for place, line in lines]
    opened = _sections(texts)
    if not opened:
        return [_heading(block) if block.kind == "larger" else block for block in given]
    in_part = {
        line: first
        for section in opened
        for first, last in _part_above(texts, section, opened)
        for line in range(first, last)
    }
    below = {line: line + 1 < len(lines) and line + 1 not in opened and line + 1 not in in_part for line in opened}
    sections = {line: _parted(texts[line], has_text=below[line]) for line in opened}
    if not _has_titles(sections.values()):
        sections = {line: _parted(texts[line], has_text=False) for line in opened}
    contents = _contents(texts, {line: title for line, (title, _) in sections.items()}, in_part)
    for line, said in contents.items():
        if said in sections and len(texts[line]) > len(sections[said][0]):
            sections[said] = (texts[line], sections[said][1])
    kept = [(line, *lines[line]) for line in range(len(lines)) if line not in contents]
    return list(_joined(blocks, kept, sections, in_part))


def _heading(larger: Block) -> Block:
    return Block("heading", " ".join(larger.text.split()), larger.level)


def section_of(heading: Block) -> str | None:
    """Return the section that a heading opens, as the law itself calls it; None for others, and for a number alone.

    Examples
    --------
    >>> [section_of(Block("heading", text, SECTION_LEVEL)) for text in ("Section 9. Fee", "§ 9¹ Fine", "9. Fee")]
    ['Section 9', '§ 9¹', None]
    """
    found = _OPENS.fullmatch(heading.text) if heading.level == SECTION_LEVEL else None
    if found is None or not found["label"]:
        return None
    return f"{found['label']} {found['number']}{found['letter']}{found['raised']}"


def _lines(block: Block) -> list[str]:
    return [line for line in block.text.splitlines() if line.strip()] if block.kind == "text" else [block.text]


def _sections(texts: Sequence[str]) -> set[int]:
    """Return the lines of the longest numbering that rises through the document."""
    by_label: dict[str, list[_Opening]] = defaultdict(list)
    for line, text in enumerate(texts):
        if opening := _opening(line, text):
            by_label[opening.label].append(opening)
    found = {label: _rising(openings) for label, openings in by_label.items()}
    fit = [chain for label, chain in found.items() if _is_numbering(label, chain, by_label[label], len(texts))]
    longest: list[int] = max(fit, key=len, default=[])
    return set(longest)


def _opening(line: int, text: str) -> _Opening | None:
    found = _OPENS.fullmatch(text)
    if found is None or (found["rest"] or "")[:1].islower():
        return None  # "Section 9 of this Act": a line that was wrapped
    label = (found["label"] or found["sign"] or "").strip().casefold()
    if found["label"] and text[0].islower():
        return None
    if not label and not (found["dot"] or "").strip().startswith("."):
        return None
    inserted = int(unicodedata.normalize("NFKC", found["raised"]) or 0)
    return _Opening(line, label, (int(found["number"]), found["letter"].casefold(), inserted))


def _label(text: str) -> str | None:
    opening = _opening(0, text)
    return opening.label if opening else None


def _rising(openings: Sequence[_Opening]) -> list[int]:
    """Return the longest run of rising numbers, of several the last: a list of contents comes first."""
    keys: list[_Key] = []
    ends: list[int] = []
    before: list[int] = []
    for place, opening in enumerate(openings):
        length = bisect_left(keys, opening.key)
        keys[length:] = [opening.key, *keys[length + 1 :]]
        ends[length:] = [place, *ends[length + 1 :]]
        before.append(ends[length - 1] if length else -1)
    chain: list[int] = []
    place = ends[-1] if ends else -1
    while place >= 0:
        chain.append(openings[place].line)
        place = before[place]
    return chain[::-1]


def _is_numbering(label: str, chain: Sequence[int], openings: Sequence[_Opening], lines: int) -> bool:
    if label:
        return len(chain) >= FEWEST
    # Bare numbers open lists too: those begin anew at 1, and their points follow each other without a text between.
    since = [opening for opening in openings if opening.line >= chain[0]]
    texts = sum(after - line > 1 for line, after in pairwise([*chain, lines]))
    rises = len(chain) >= max(FEWEST_BARE, _ALONE * len(since)) and since[0].key[0] == 1
    return rises and texts >= _WITH_TEXT * len(chain)


def _contents(texts: Sequence[str], titles: Mapping[int, str], in_part: Collection[int]) -> dict[int, int]:
    """Return the lines of a list of contents, each with the line further down that says the same.

    Where a section has its number alone, the list has its title.
    """
    numbers = {_words(title): line for line, title in titles.items() if _NUMBER.fullmatch(title)}
    headings = [(_words(title), line) for line, title in titles.items()] + [
        (_words(texts[line]), line) for line in in_part
    ]
    found: dict[int, int] = {}
    for line in range(min({*titles, *in_part})):
        if words := _words(texts[line]):
            said = next((at for heading, at in headings if heading[: len(words)] == words), None)
            said = numbers.get(words[:1], numbers.get(words[:2])) if said is None else said
            if said is not None:
                found[line] = said
    return found


def _words(text: str) -> tuple[str, ...]:
    return tuple(_WORD.findall(text.casefold()))


def _part_above(texts: Sequence[str], section: int, opened: set[int]) -> list[tuple[int, int]]:
    """Return where the lines directly above a section that name its part begin and end."""
    above: list[int] = []
    label = _label(texts[section])
    for line in range(section - 1, max(section - _ABOVE, 0) - 1, -1):
        if line in opened or not texts[line] or len(texts[line].split()) > _TITLE_WORDS:
            break
        if _label(texts[line]) == label:  # a section of another law that is quoted here, or a line of the contents
            break
        above.append(line)
    for count in range(len(above), 0, -1):
        first = above[count - 1]
        if _names_a_part(texts[first]) or all(texts[line].isupper() for line in above[:count]):
            return [(first, first + count)]
    return []


def _names_a_part(text: str) -> bool:
    found = _PART.fullmatch(text)
    return found is not None and not text[0].islower() and not found["title"][:1].islower()


def _parted(text: str, *, has_text: bool) -> tuple[str, str]:
    """Part the line that opens a section into its heading and the text that begins there.

    `has_text` says that other lines of the section follow; without them nothing but the number is its heading.
    """
    found = _OPENS.fullmatch(text)
    rest = found.start("rest") if found and found["rest"] else len(text)
    begins = _TEXT_BEGINS.search(text, rest - 1)
    if begins:
        return text[: begins.start()].strip(), text[begins.end() :]
    return (text, "") if has_text and len(text.split()) <= _TITLE_WORDS else (text[:rest].strip(), text[rest:])


def _has_titles(sections: Iterable[tuple[str, str]]) -> bool:
    """Say whether a law gives its sections titles: where most have their text right after their number, the short first
    line of another is its text too.
    """
    titled = [_NUMBER.fullmatch(title) is None for title, text in sections if text or not _NUMBER.fullmatch(title)]
    return sum(titled) * 2 >= len(titled)


def _joined(
    blocks: Sequence[Block],
    lines: Sequence[tuple[int, int, str]],
    sections: Mapping[int, tuple[str, str]],
    in_part: Mapping[int, int],
) -> Iterator[Block]:
    def kind_of(each: tuple[int, int, str]) -> tuple[str, int]:
        line, place, _ = each
        if line in sections:
            return "section", line
        return ("part", in_part[line]) if line in in_part else ("text", place)

    for (kind, place), group in groupby(lines, key=kind_of):
        texts = [text for _line, _place, text in group]
        if kind == "section":
            title, text = sections[place]
            yield Block("heading", title, SECTION_LEVEL)
            yield from [Block("text", text)] if text else []
        elif kind == "part":
            yield Block("heading", " ".join(" ".join(texts).split()), PART_LEVEL)
        else:
            yield Block("text", "\n".join(texts)) if blocks[place].kind == "text" else blocks[place]
