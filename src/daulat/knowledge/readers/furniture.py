# SPDX-License-Identifier: Apache-2.0
"""Furniture of printed pages: the lines of pages in; the same without page numbers, numbers of sheets, and running
heads with such a number or without, out.

Only the first and the last lines of a page can be furniture, and only where other pages say the same: a year or a sum
that stands alone on a line is text, and so is a line that ends many articles.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from itertools import takewhile

_TOP, _FOOT = 3, 2  # lines of a page where furniture stands
_MOST = 0.5  # of the pages that a running head stands on
_FEWEST_PAGES = 4  # among which lines can repeat
_INSIDE = 0.1  # of its times at an edge that a running head may stand inside a page by chance
_NUMBERED = 0.25  # of the pages that count on with each other
_NUMBER = re.compile(r"(?P<before>[-–—\s.]*)(?P<number>\d{1,4})(?:\s*(?:/|dari|of)\s*\d{1,4})?(?P<after>[-–—\s.]*)")
_SERIAL = re.compile(r"(?P<before>\D*)(?P<number>\d{5,12})(?P<after>\D*)")  # of the sheet: `No 014009 A`
_FEWEST_SERIALS = 3  # pages that count on with each other
# A running head with the number of its page: `Official Gazette 841`, `842 Official Gazette`, `Page 3 of 20`.
_HEADS = tuple(
    re.compile(form)
    for form in (
        r"(?P<before>.*[^\W\d].*?)(?P<after>)[\s|–—-]+(?P<number>\d{1,4})[\s|–—-]*",
        r"(?P<before>)(?P<number>\d{1,4})[\s|–—-]+(?P<after>.*[^\W\d].*)",
        r"(?P<before>.*?)\b(?P<number>\d{1,4})(?P<after>\s*(?:/|[^\W\d]{1,4})\s*\d{1,4}\b\D*)",
    )
)
_HEADED = 1 / 3  # of the pages that count on below one head: left and right pages may have two
_FEWEST_HEADED = 3
_HEAD_LETTERS = 10  # of a head with two words; `Article 3` at the top of a page is text
_DASHES = re.compile(r"\s*[-–—]\s*")


def places_of_text(pages: Sequence[Sequence[str]]) -> list[list[int]]:
    """Return the places of the lines that are text, page by page: all but page numbers, and lines at the edges that
    repeat on most pages; inside a page nothing is left out.

    Examples
    --------
    >>> pages = [["Gazette", f"Article {n}", "Pay", "750", "euro,", f"due on day {n}.", f"{n}"] for n in range(1, 6)]
    >>> [pages[1][place] for place in places_of_text(pages)[1]]
    ['Article 2', 'Pay', '750', 'euro,', 'due on day 2.']
    """
    repeated, serials, heads = _running(pages), _serials(pages), _counting_heads(pages)
    numbers = _page_numbers(pages, _counted(pages))

    def counts_on(line: str, at: int) -> bool:
        return _serial(line, at) in serials or not heads.isdisjoint(_heads(line, at))

    return [
        _text_of(page, number, repeated.union(line for _place, line in _edges(page) if counts_on(line, at)))
        for at, (page, number) in enumerate(zip(pages, numbers, strict=True))
    ]


def _text_of(page: Sequence[str], number: int | None, repeated: Collection[str]) -> list[int]:
    """Leave out the number of a page, and running heads: nothing but furniture stands between these and the edge."""
    places = range(len(page))

    def is_furniture(place: int) -> bool:
        return place == number or page[place] in repeated

    head = takewhile(is_furniture, places[:_TOP])
    foot = takewhile(is_furniture, places[::-1][:_FOOT])
    left_out = {*head, *foot, number}
    return [place for place in places if place not in left_out]


def _is_inside(page: Sequence[str], place: int) -> bool:
    return _TOP <= place < len(page) - _FOOT


def _edges(page: Sequence[str]) -> Iterator[tuple[int, str]]:
    """Yield the lines at the edges of a page with their places, the outermost first."""
    places = [place for place in range(len(page)) if not _is_inside(page, place)]
    return ((place, page[place]) for place in sorted(places, key=lambda place: min(place, len(page) - 1 - place)))


def _running(pages: Sequence[Sequence[str]]) -> set[str]:
    at_edges = Counter(line for page in pages for line in {line for _place, line in _edges(page)})
    inside = Counter(line for page in pages for place, line in enumerate(page) if _is_inside(page, place))
    most = len(pages) * _MOST
    return {
        line
        for line, count in at_edges.items()
        if len(pages) >= _FEWEST_PAGES and count > most and inside[line] <= count * _INSIDE
    }


def _serial(line: str, at: int) -> tuple[str, str, int] | None:
    """Return what a line with a long number would be on every page, if the number counts on from page to page."""
    found = _SERIAL.fullmatch(line)
    return (found["before"], found["after"], int(found["number"]) - at) if found else None


def _serials(pages: Sequence[Sequence[str]]) -> set[tuple[str, str, int]]:
    """Return the lines at the edges that count sheets: no text has so long a number that goes up by one each page."""
    found = Counter(
        each for at, page in enumerate(pages) for each in {_serial(line, at) for _place, line in _edges(page)} if each
    )
    return {each for each, count in found.items() if count >= max(_FEWEST_SERIALS, len(pages) * _NUMBERED)}


def _heads(line: str, at: int) -> set[tuple[str, int]]:
    """Return what a line with a short number would be on every page, if the number counts on from page to page."""
    found = (form.fullmatch(line) for form in _HEADS)
    return {(" ".join(f"{each['before']} {each['after']}".split()), int(each["number"]) - at) for each in found if each}


def _counting_heads(pages: Sequence[Sequence[str]]) -> set[tuple[str, int]]:
    """Return the running heads that hold the number of their page.

    At the top of a page one word and a number may open a text, as `Article 3` does; nothing opens at its foot.
    """
    found: Counter[tuple[str, int]] = Counter()
    for at, page in enumerate(pages):
        feet = {line for place, line in _edges(page) if place >= max(_TOP, len(page) - _FOOT)}
        here = {(head, line) for _place, line in _edges(page) for head in _heads(line, at)}
        found.update({head for head, line in here if line in feet or _is_long(head[0])})
    return {head for head, count in found.items() if count >= max(_FEWEST_HEADED, len(pages) * _HEADED)}


def _is_long(head: str) -> bool:
    words = re.findall(r"[^\W_]+", head)
    says_how_many = words[-1:] != [] and words[-1].isdecimal()  # `Page (3) of 20`
    return says_how_many or (len(words) > 1 and sum(map(len, words)) >= _HEAD_LETTERS)


def _numbers(page: Sequence[str]) -> Iterator[tuple[int, re.Match[str]]]:
    """Yield what may be the number of a page, with its place."""
    for place, line in _edges(page):
        if number := _NUMBER.fullmatch(line):
            yield place, number


def _counted(pages: Sequence[Sequence[str]]) -> set[int]:
    """Return by how much page numbers differ from the places of their pages: parts of a book may begin anew."""
    found: Counter[int] = Counter()
    for at, page in enumerate(pages):
        found.update({int(number["number"]) - at for _place, number in _numbers(page)})
    return {offset for offset, count in found.items() if count >= max(2, len(pages) * _NUMBERED)}


def _page_numbers(pages: Sequence[Sequence[str]], counted: set[int]) -> Iterator[int | None]:
    """Yield where the number of each page stands; between dashes it is told by itself."""
    for at, page in enumerate(pages):
        found = list(_numbers(page))
        dashed = (
            place for place, number in found if all(_DASHES.fullmatch(number[side]) for side in ("before", "after"))
        )
        counts_on = (place for place, number in found if int(number["number"]) - at in counted)
        yield next(dashed, next(counts_on, None))
