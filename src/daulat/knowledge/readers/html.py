# SPDX-License-Identifier: Apache-2.0
"""HTML: a saved page in, its headings, paragraphs, list items and table rows out. No script runs, nothing is fetched,
and what is struck out or hidden is passed over.

A parser of HTML looks up through all open elements at each new one, so a page that only opens them takes time by the
square of its length. No page for people nests so deep; such a file is refused before it is parsed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from selectolax.lexbor import LexborHTMLParser, LexborNode

from daulat.knowledge.readers._flow import flow
from daulat.knowledge.readers._unshown import unshown_note
from daulat.knowledge.readers.base import Extract, Limits, ReadingError
from daulat.knowledge.readers.text import decoded

_NO_TEXT = frozenset(("script", "style", "noscript", "template", "iframe", "svg"))
_CONTROLS = frozenset(("input", "button", "select", "textarea", "datalist"))  # the rest of a form may be a whole page
_MENUS = frozenset(("nav", "aside"))
_OF_THE_SITE = frozenset(("header", "footer"))  # inside the main part, they are the head and the foot of the text

_MOST_NESTED = 5_000  # read in a tenth of a second; browsers stop at 512
_TAG = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9-]*)")
_EMPTY = ("area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr")
_CLOSED_BY_THE_NEXT = ("p", "li", "dt", "dd", "tr", "td", "th", "tbody", "thead", "tfoot", "option")
_NEVER_NESTED = frozenset((*_EMPTY, *_CLOSED_BY_THE_NEXT))


def read_html(path: Path, limits: Limits) -> Extract:
    """Read the main part of a page: `main` or its one `article`, else the body without its furniture."""
    page = decoded(path, limits)
    _refuse_nested(path, page)
    tree = LexborHTMLParser(page)
    title = tree.css_first("title")
    passed_over = _NO_TEXT | _CONTROLS | _MENUS
    found = (flow(root, passed_over) for root in _main_parts(tree))
    of_main = next((each for each in found if each[0]), None)
    whole = passed_over | _OF_THE_SITE
    blocks, unshown = of_main or (flow(tree.body, whole) if tree.body else ([], 0))
    named = " ".join(title.text().split()) if title else ""
    return Extract(tuple(blocks), title=named, notes=unshown_note(unshown))


def _main_parts(tree: LexborHTMLParser) -> Iterator[LexborNode]:
    """Yield what may hold the text of a page. One of several articles is not all of it."""
    inner = {node.mem_id for node in tree.css("article article")}
    outer = [node for node in tree.css("article") if node.mem_id not in inner]
    yield from tree.css("main")[:1]
    yield from outer if len(outer) == 1 else []


def _refuse_nested(path: Path, page: str) -> None:
    depth = 0
    for closing, name in _TAG.findall(page):
        if name.lower() in _NEVER_NESTED:
            continue
        depth = max(0, depth - 1) if closing else depth + 1
        if depth > _MOST_NESTED:
            raise ReadingError(
                f"{path.name} opens more than {_MOST_NESTED:,} elements inside each other",
                fix="This was made to keep a reader busy, or its end tags are lost. Save the page again.",
            )
