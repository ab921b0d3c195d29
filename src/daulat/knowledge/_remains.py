# SPDX-License-Identifier: Apache-2.0
"""Private: what a converter left between the words of ready passages. The passages of one document in; the same
passages, with their ids, without it out.

Taken out are marks that stand for no letter (emphasis around words or around nothing, links of one passage to another),
numbers of pages that count on, words at the foot of a page that the next page begins with, and the stamps that a source
declares. No other word, number or sign goes, and what is not certain stays: a line to write on, a number between
dashes that counts on from nothing. Nothing here reads a file or knows a language.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import pairwise

from daulat.knowledge.types import Passage

_STEP = 3  # by which numbers of pages rise at most: of two pages in between the number was lost or misread

_NO_WORDS = re.compile(r"__(?<!\S__)(?!\S)")  # emphasis around nothing; three or more are a line to write on
_POINT = re.compile(r"(?<=\S)\s+_([.,;:])\s?_(?!\S)")  # emphasis around the end of a sentence
# Around words, at least one of them with two letters: a scanner reads "- 12 -" as "_12_", and "-" as "_".
_WORDS = re.compile(
    r"(?:(?<=[(\[“‘]) )?(?<![\w_])_(?=\S)(?=[^_]*[^\W\d_]{2})([^_]{1,200})(?<=\S)_(?![\w_])"
    r"(?: (?=[)\]”’,;:.]+(?:\s|$)))?"  # the converter put a space around each mark
)
_LINK = re.compile(r"\[([^\[\]]+)\]\((?:/[\w-]+)+\)")  # to a place of the same site: "[ayat (1)](/uu/1999/22)"
_NUMBERED = r"(?P<dash>[-–])\s?(?P<page>\d{1,4})\s?(?P=dash)"
_PAGE = re.compile(rf"(?=[-–])(?<!\S){_NUMBERED}(?!\S)")
_DOTS = re.compile(r"\s?(?:…|(?<!\.)\.{3}|\.(?:\s\.){2})(?!\s?[.…])")
_BARE = re.compile(r"\S+")
_GOES_ON = re.compile(r"(?!\w|\s?[.…])")  # after the words; more dots would be a form to fill in
_LONGEST_CATCHWORD, _MOST_WORDS = 200, 6


def without_remains(passages: Sequence[Passage], stamps: Iterable[str]) -> list[Passage]:
    """Return the passages of one document without what a converter left in their texts and headings.

    A text or heading that is nothing else stays as it is, so that no passage is lost.

    Parameters
    ----------
    passages : sequence of Passage
        In the order of the document.
    stamps : iterable of str
        What is stamped on the pages of these documents and is no word of any of them.
    """
    stamped = {stamp: re.compile(rf"(?<!\S){re.escape(stamp)}(?:\s{_NUMBERED})?(?!\S)") for stamp in stamps}
    articles = [following.article or "" for following in passages[1:]] + [""] * bool(passages)
    before: list[str] = []
    texts = [passage.text for passage in passages]
    while texts != before:  # what goes may bring together what was kept apart
        before = texts
        texts = [_without_marks(text, stamped) for text in texts]
        texts = list(_without_page_numbers(texts))
        texts = [_without_catchwords(text, article) for text, article in zip(texts, articles, strict=True)]
    headings = {passage.heading: _plain(passage.heading, stamped) for passage in passages if passage.heading}
    return [
        replace(passage, text=text if text.strip() else passage.text, heading=headings.get(passage.heading or ""))
        for passage, text in zip(passages, texts, strict=True)
    ]


def _plain(heading: str, stamped: Mapping[str, re.Pattern[str]]) -> str:
    """Return a heading without marks and stamps."""
    before, text = "", heading
    while text != before:
        before, text = text, _without_marks(text, stamped)
    return text if text.strip() else heading


def _without_marks(text: str, stamped: Mapping[str, re.Pattern[str]]) -> str:
    if "_" in text:
        text = _parted(text, (found.span() for found in _NO_WORDS.finditer(text)))
        text = _WORDS.sub(r"\1", _POINT.sub(r"\1", text))
    if "](/" in text:
        text = _LINK.sub(r"\1", text)
    for stamp, alone in stamped.items():
        if stamp in text:
            text = _parted(text, (found.span() for found in alone.finditer(text)))
    return text


def _without_page_numbers(texts: Sequence[str]) -> Iterator[str]:
    """Leave out the numbers between dashes that count on from the one before or to the one after, of all texts."""
    found = [(place, page) for place, text in enumerate(texts) for page in _PAGE.finditer(text)]
    numbers = [int(page["page"]) for _, page in found]
    counts_on = [0 < later - earlier <= _STEP for earlier, later in pairwise(numbers)]
    spans: dict[int, list[tuple[int, int]]] = {}
    for (place, page), from_before, to_after in zip(found, [False, *counts_on], [*counts_on, False], strict=False):
        if from_before or to_after:
            spans.setdefault(place, []).append(page.span())
    return (_parted(text, spans.get(place, ())) for place, text in enumerate(texts))


def _without_catchwords(text: str, article: str) -> str:
    """Leave out words with dots that the text goes on with, and at its end those that name the article after it."""
    if "…" not in text and "..." not in text and ". ." not in text:
        return text
    spans = []
    for dots in _DOTS.finditer(text):
        start = _catchword(text[: dots.start()], text[dots.end() :], article)
        if start >= 0:
            spans.append((start, dots.end()))
    return _parted(text, spans)


def _catchword(before: str, after: str, article: str) -> int:
    """Return where the words begin that stand before dots only because they come again after them; -1: nowhere."""
    near = before[-_LONGEST_CATCHWORD:]
    skipped = len(before) - len(near)
    if not after.strip():
        named = re.search(rf"(?<=\s)[^\W\d_]+\s{re.escape(article)}$", near) if article else None
        return skipped + named.start() if named else -1
    again = after.lstrip()
    if again == after:
        return -1
    for word in list(_BARE.finditer(near))[-_MOST_WORDS:]:
        said = near[word.start() :]
        if again.startswith(said) and _GOES_ON.match(again, len(said)) and any(map(str.isalnum, said)):
            return skipped + word.start()
    return -1


def _parted(text: str, spans: Iterable[tuple[int, int]]) -> str:
    """Return a text without these spans; where words stand on both sides, one white space stays between them.

    It is a line feed where there was one.
    """
    for start, end in sorted(spans, reverse=True):
        before, after = text[:start], text[end:]
        left, right = before.rstrip(), after.lstrip()
        space = before[len(left) :] + after[: len(after) - len(right)]
        text = left + (("\n" if "\n" in space else " ") if left and right else "") + right
    return text
