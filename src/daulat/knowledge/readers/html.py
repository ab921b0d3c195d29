# SPDX-License-Identifier: Apache-2.0
"""HTML: a saved page in, its headings, paragraphs and list items out. No script runs, nothing is fetched."""

from __future__ import annotations

from pathlib import Path

from selectolax.lexbor import LexborHTMLParser, LexborNode

from daulat.knowledge.readers.base import Block, Extract, Limits
from daulat.knowledge.readers.text import decoded

_FURNITURE = ["script", "style", "noscript", "template", "iframe", "nav", "header", "footer", "aside", "form", "svg"]
_HEADINGS = {"h1": 1, "h2": 2, "h3": 3, "h4": 4, "h5": 5, "h6": 6}
_LEAVES = "h1, h2, h3, h4, h5, h6, p, li, dt, dd, blockquote, pre, caption, tr"


def read_html(path: Path, limits: Limits) -> Extract:
    """Read the main part of a page: `main` or `article` where there is one, else the body without its furniture."""
    tree = LexborHTMLParser(decoded(path, limits))
    tree.strip_tags(_FURNITURE)
    title = tree.css_first("title")
    root = tree.css_first("main") or tree.css_first("article") or tree.body
    blocks = [block for node in (root.css(_LEAVES) if root else []) if (block := _block(node))]
    if root and not blocks:
        whole = _words(root)
        blocks = [Block("text", whole)] if whole else []
    return Extract(tuple(blocks), title=_words(title) if title else "")


def _block(node: LexborNode) -> Block | None:
    tag = node.tag or ""
    # An outer paragraph, list item or row repeats the text of those inside it.
    if tag not in _HEADINGS and node.css_first("p, li, tr, dd, blockquote") not in (None, node):
        return None
    text = " | ".join(_words(cell) for cell in node.css("th, td")) if tag == "tr" else _words(node)
    if not text:
        return None
    if tag in _HEADINGS:
        return Block("heading", text, _HEADINGS[tag])
    return Block("item" if tag in ("li", "dd") else "text", text)


def _words(node: LexborNode) -> str:
    return " ".join(node.text(separator=" ").split())
