# SPDX-License-Identifier: Apache-2.0
"""Spans of a text: the sentences that can answer, and the segments that are embedded.

Comes in: the text of a passage, and the `SentenceRules` of its language (from a pack; neutral ones otherwise). Goes
out: ordered, non-overlapping ``(start, end)`` character spans that together hold every visible character. Nothing here
changes or normalises the text, and nothing knows a country: what is particular to a language is data.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from types import MappingProxyType

from daulat.knowledge.cutting.tables import stretches
from daulat.knowledge.readers.base import CELLS

Span = tuple[int, int]

SEGMENT_WORDS = 110  # what the embedded encoder reads in one go
PASSAGE_WORDS = 220  # of text without articles; about two screens of a phone
SHORT_TAIL_WORDS = 24  # a shorter last segment says too little on its own
LIST_SENTENCE_WORDS = 60  # a list is one sentence with its opening words up to this length
_LONG_WORD = 24  # characters; a longer run of dots, digits or unspaced script counts as several words

_NEUTRAL_ABBREVIATIONS = frozenset(
    {
        "art",
        "cf",
        "dr",
        "ed",
        "etc",
        "ir",
        "jr",
        "mr",
        "mrs",
        "ms",
        "no",
        "nr",
        "op",
        "p",
        "pp",
        "prof",
        "sr",
        "st",
        "vs",
    }
)


@dataclass(frozen=True)
class SentenceRules:
    """What a language needs beyond punctuation to tell a sentence's end from an abbreviation's dot.

    Parameters
    ----------
    abbreviations : frozenset of str
        Lower case, without the dot: after these, a dot ends nothing.
    labels : frozenset of str
        Lower case words that form a heading with a number, e.g. ``article``: ``Article 5.`` at the start of a sentence
        is its label and not a sentence.
    """

    abbreviations: frozenset[str] = _NEUTRAL_ABBREVIATIONS
    labels: frozenset[str] = frozenset({"article", "section", "chapter"})

    @cached_property
    def label_pattern(self) -> re.Pattern[str]:
        """Match a text that is nothing but a label: a number, a letter, or a label word with its number."""
        words = "|".join(re.escape(word) for word in sorted(self.labels))
        prefix = rf"(?:(?:{words})\s+)?" if words else ""
        return re.compile(rf"\s*(?:[(\"“]?{prefix}[\dIVXL]{{1,5}}[A-Z]?[.)]|\(?[A-Za-z][.)]|[-*•])\s*$", re.IGNORECASE)


NEUTRAL = SentenceRules()
NO_RULES: Mapping[str, SentenceRules] = MappingProxyType({})

# A possible boundary: an end mark with its closing quotes before a space and something that can open a sentence; an
# empty line; or a line that opens with an item's label: "(2)", "3.", "b.", "-". An empty group names which. All begin
# with one set of characters, so that the rest of a text is passed over quickly.
_BOUNDARY = re.compile(
    r"[.!?…。！？।։؟\n](?:"
    r"(?<=[.!?…])(?<![.!?…]{2})[.!?…]*+[\"”’')\]]*+(?=\s++[\"“‘'(\[«¿¡]*+[^\W_a-z])(?P<mark>)"
    r"|(?<=[。！？।։؟])[。！？।։؟]*+[」』”]?(?P<wide>)"
    r"|(?<=\n)[^\S\n]*+\n(?P<blank>)"
    r"|(?<=\n)(?=[^\S\n]*+(?:\(\d{1,3}[a-zA-Z]?\)|\d{1,3}[.)]\s|[a-z]{1,2}[.)]\s|[-*•–]\s))(?P<item>)"
    r")"
)
_LETTER_ITEM = re.compile(r"\s*(?:[a-z]{1,2}[.)]|\d{1,3}\)|[-*•–])\s")
_LAST_TOKEN = re.compile(r"[\w/-]+(?:\.\w+)*$")
_CLAUSE = re.compile(r"[;:,]\s+|\s[–—-]\s+")
_WORD = re.compile(r"\S+")


def sentences(text: str, language: str = "", rules: Mapping[str, SentenceRules] = NO_RULES) -> list[Span]:
    """Find the sentences of a text.

    A numbered paragraph opens a sentence; the letters of a short list stay with the words that introduce them; a table
    is one.

    Parameters
    ----------
    text : str
        Any text.
    language : str
        BCP 47 tag; picks the entry of `rules`, else of its primary subtag, else the neutral rules.
    rules : mapping of str to SentenceRules
        By language tag, as `load_sentence_rules` reads them from a pack.

    Returns
    -------
    list of (int, int)
        Character spans without surrounding white space, in order; together they hold every visible character.

    Examples
    --------
    >>> text = "Fee: No. 5, Rp1.000. Ask Dr. Budi. (2) Free for all."
    >>> [text[a:b] for a, b in sentences(text)]
    ['Fee: No. 5, Rp1.000.', 'Ask Dr. Budi.', '(2) Free for all.']
    """
    return _join_lists(text, _units(text, _rules_of(language, rules)))


def ends_in_abbreviation(text: str, language: str = "", rules: Mapping[str, SentenceRules] = NO_RULES) -> bool:
    """Say whether the dot that ends a text is that of an abbreviation, an initial or a label, and ends no sentence.

    Examples
    --------
    >>> ends_in_abbreviation("Ask Dr."), ends_in_abbreviation("Ask the doctor."), ends_in_abbreviation("Ask A.")
    (True, False, True)
    """
    found = re.search(r"[.]+$", text)
    return found is not None and not _ends_sentence(text, 0, found, _rules_of(language, rules))


def _rules_of(language: str, rules: Mapping[str, SentenceRules]) -> SentenceRules:
    return rules.get(language) or rules.get(language.partition("-")[0]) or NEUTRAL


def segments(
    text: str, max_words: int = SEGMENT_WORDS, language: str = "", rules: Mapping[str, SentenceRules] = NO_RULES
) -> list[Span]:
    """Cut a passage into spans short enough for an encoder.

    Cuts fall between sentences or list items; inside a sentence that is itself too long, after a clause, else between
    words; never inside a word. A short tail takes sentences from the segment before it.

    Parameters
    ----------
    text : str
        Text of a passage.
    max_words : int
        Most words in a span, 1 or more. A run of characters longer than a usual word counts as several.

    Returns
    -------
    list of (int, int)
        Character spans without surrounding white space, in order; empty for a text without visible characters.

    Examples
    --------
    >>> text = "One two three. Four five six. Seven."
    >>> [text[a:b] for a, b in segments(text, max_words=6)]
    ['One two three.', 'Four five six. Seven.']
    """
    weight = _weight(text)
    if weight == 0:
        return []
    if weight <= max_words:
        return [trim(text, 0, len(text))]
    chosen = _rules_of(language, rules)
    pieces: list[Span] = []
    for span in _units(text, chosen):
        pieces.extend(_halves(text, span, max_words))
    return _pack(text, pieces, max_words)


def _units(text: str, rules: SentenceRules) -> list[Span]:
    spans: list[Span] = []
    start = 0
    for match in _BOUNDARY.finditer(text):
        end = match.end()
        if match.lastgroup == "mark" and not _ends_sentence(text, start, match, rules):
            continue
        spans += _with_tables_apart(text, start, end)
        start = end
    return [*spans, *_with_tables_apart(text, start, len(text))]


def _with_tables_apart(text: str, start: int, end: int) -> list[Span]:
    if CELLS in text[start:end]:
        return [span for span, _ in stretches(text, start, end)]
    span = trim(text, start, end)
    return [span] if span[0] < span[1] else []


def _ends_sentence(text: str, start: int, match: re.Match[str], rules: SentenceRules) -> bool:
    mark = match.group()
    if mark[0] != ".":
        return True
    head = text[max(start, match.start() - 40) : match.start() + 1]
    if start >= match.start() - 40 and rules.label_pattern.match(head):
        return False
    token = _LAST_TOKEN.search(head[:-1])
    if token is None:
        return True
    word = token.group().lower()
    if word in rules.abbreviations:
        return False
    # A lone capital is an initial ("A. Yani") unless it closes a sentence about a letter, which law rarely does.
    return not (len(word) == 1 and token.group().isupper() and len(mark) == 1)


def _join_lists(text: str, units: list[Span]) -> list[Span]:
    joined: list[Span] = []
    for start, end in units:
        if joined and text[joined[-1][1] - 1] not in ".!?" and _LETTER_ITEM.match(text, start):
            whole = (joined[-1][0], end)
            if _weight(text[whole[0] : whole[1]]) <= LIST_SENTENCE_WORDS:
                joined[-1] = whole
                continue
        joined.append((start, end))
    return joined


def _halves(text: str, span: Span, max_words: int) -> list[Span]:
    """Split a span that is too long, after a clause where there is one, until every piece fits."""
    start, end = span
    if _weight(text[start:end]) <= max_words:
        return [span]
    words = [match.span() for match in _WORD.finditer(text, start, end)]
    if len(words) == 1:
        return [span]
    middle = (start + end) / 2
    inner = (start + (end - start) // 4, end - (end - start) // 4)
    cuts = [match.end() for match in _CLAUSE.finditer(text, *inner)] or [word[0] for word in words[1:]]
    cut = min(cuts, key=lambda place: abs(place - middle))
    if cut >= end or cut <= start:
        cut = words[len(words) // 2][0]
    left, right = trim(text, start, cut), trim(text, cut, end)
    return _halves(text, left, max_words) + _halves(text, right, max_words)


def _pack(text: str, pieces: list[Span], max_words: int) -> list[Span]:
    weights = [_weight(text[a:b]) for a, b in pieces]
    groups: list[list[int]] = []
    filled = 0
    for index, weight in enumerate(weights):
        if groups and filled + weight <= max_words:
            groups[-1].append(index)
            filled += weight
        else:
            groups.append([index])
            filled = weight
    if len(groups) > 1:
        tail, before = groups[-1], groups[-2]
        least = min(SHORT_TAIL_WORDS, max_words // 2)
        while len(before) > 1 and sum(weights[i] for i in tail) < least:
            if sum(weights[i] for i in tail) + weights[before[-1]] > max_words:
                break
            tail.insert(0, before.pop())
    return [(pieces[group[0]][0], pieces[group[-1]][1]) for group in groups]


def _weight(text: str) -> int:
    words = text.split()
    # Nearly every text has usual words only: one pass in C.
    if max(map(len, words), default=0) <= _LONG_WORD:
        return len(words)
    return sum(1 if len(word) <= _LONG_WORD else -(-len(word) // _LONG_WORD) for word in words)


def trim(text: str, start: int, end: int) -> Span:
    """Return the span without the white space at its ends."""
    while start < end and text[start].isspace():
        start += 1
    while end > start and text[end - 1].isspace():
        end -= 1
    return start, end
