# SPDX-License-Identifier: Apache-2.0
"""HTML: a saved page in, its headings, paragraphs and list items out. No script runs, nothing is fetched.

A parser of HTML looks up through all open elements at each new one, so a page that only opens them takes time by the
square of its length. No page for people nests so deep; such a file is refused before it is parsed.
"""

from __future__ import annotations

import re
from pathlib import Path

from selectolax.lexbor import LexborHTMLParser, LexborNode

from daulat.knowledge.readers.base import CELLS, Block, Extract, Limits, ReadingError
from daulat.knowledge.readers.text import decoded

_FURNITURE = ["script", "style", "noscript", "template", "iframe", "nav", "header", "footer", "aside", "form", "svg"]
_HEADINGS = {"h1": 1, "h2": 2, "h3": 3, "h4": 4, "h5": 5, "h6": 6}
_LEAVES = "h1, h2, h3, h4, h5, h6, p, li, dt, dd, blockquote, pre, caption, tr"

_MOST_NESTED = 5_000  # read in a tenth of a second; browsers stop at 512
_TAG = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9-]*)")
_EMPTY = ("area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr")
_CLOSED_BY_THE_NEXT = ("p", "li", "dt", "dd", "tr", "td", "th", "tbody", "thead", "tfoot", "option")
_NEVER_NESTED = frozenset((*_EMPTY, *_CLOSED_BY_THE_NEXT))


def read_html(path: Path, limits: Limits) -> Extract:
    """Read the main part of a page: `main` or `article` where there is one, else the body without its furniture."""
    page = decoded(path, limits)
    _refuse_nested(path, page)
    tree = LexborHTMLParser(page)
    tree.strip_tags(_FURNITURE)
    title = tree.css_first("title")
    root = tree.css_first("main") or tree.css_first("article") or tree.body
    blocks = [block for node in (root.css(_LEAVES) if root else []) if (block := _block(node))]
    if root and not blocks:
        whole = _words(root)
        blocks = [Block("text", whole)] if whole else []
    return Extract(tuple(blocks), title=_words(title) if title else "")


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


def _block(node: LexborNode) -> Block | None:
    tag = node.tag or ""
    # An outer paragraph, list item or row repeats the text of those inside it.
    if tag not in _HEADINGS and node.css_first("p, li, tr, dd, blockquote") not in (None, node):
        return None
    text = CELLS.join(_words(cell) for cell in node.css("th, td")) if tag == "tr" else _words(node)
    if not text:
        return None
    if tag in _HEADINGS:
        return Block("heading", text, _HEADINGS[tag])
    return Block("item" if tag in ("li", "dd") else "text", text)


def _words(node: LexborNode) -> str:
    return " ".join(node.text(separator=" ").split())
