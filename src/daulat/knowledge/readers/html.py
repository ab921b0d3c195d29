# SPDX-License-Identifier: Apache-2.0
"""HTML: a saved page in, its headings, paragraphs, list items and table rows out. No script runs, nothing is fetched,
and what is struck out or hidden is passed over.

A parser of HTML looks up through all open elements at each new one, so a page that only opens them takes time by the
square of its length. No page for people nests so deep; such a file is refused before it is parsed.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from selectolax.lexbor import LexborHTMLParser, LexborNode

from daulat.knowledge.readers._flow import flow
from daulat.knowledge.readers._unshown import unshown_note
from daulat.knowledge.readers.base import Extract, Limits, ReadingError
from daulat.knowledge.readers.text import decoded

_NO_TEXT = frozenset(("script", "style", "noscript", "template", "iframe", "svg"))
_CONTROLS = frozenset(("input", "button", "select", "textarea", "datalist"))  # the rest of a form may be a whole page
_MENUS = frozenset(("nav", "aside"))
_OF_THE_SITE = frozenset(
    ("header", "footer", "dialog")
)  # inside the main part, they are the head and the foot of the text

_HEAD_BYTES = 4096  # where a page says its encoding; the standard asks for the first 1024
_CHARSET = re.compile(rb"<meta[^>]{0,200}?\bcharset\s*=\s*[\"']?\s*([A-Za-z0-9_:.-]{1,40})", re.IGNORECASE)
# What browsers read besides UTF-8; Python's own names. Some are read as the wider one that is meant by them.
_NAMES = "koi8-r koi8-u mac-roman cp866 gb18030 big5 euc_jp cp949 cp932 cp874"
_ENCODINGS = frozenset(
    [*_NAMES.split(), *(f"cp{number}" for number in range(1250, 1259))]
    + [f"iso8859-{number}" for number in (2, 3, 4, 5, 6, 7, 8, 10, 13, 14, 15, 16)]
)
_WIDER = {
    "ascii": "cp1252",
    "iso8859-1": "cp1252",
    "iso8859-9": "cp1254",
    "iso8859-11": "cp874",
    "tis-620": "cp874",
    "shift_jis": "cp932",
    "x-sjis": "cp932",
    "windows-31j": "cp932",
    "euc_kr": "cp949",
    "gb2312": "gb18030",
    "gbk": "gb18030",
}
_MOST_NESTED = 5_000  # read in a tenth of a second; browsers stop at 512
_TAG = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9-]*)")
_EMPTY = ("area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr")
_CLOSED_BY_THE_NEXT = ("p", "li", "dt", "dd", "tr", "td", "th", "tbody", "thead", "tfoot", "option")
_NEVER_NESTED = frozenset((*_EMPTY, *_CLOSED_BY_THE_NEXT))


def read_html(path: Path, limits: Limits) -> Extract:
    """Read the main part of a page: `main` or its one `article`, else the body without its furniture.

    What an element is may be said by its `role` as well.
    """
    page = decoded(path, limits, _declared)
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


def _declared(raw: bytes) -> str | None:
    """Return the encoding that a page declares for itself, as browsers understand its name; None for any other."""
    found = _CHARSET.search(raw[:_HEAD_BYTES])
    name = found[1].decode("ascii").lower() if found else ""
    with suppress(LookupError):
        name = codecs.lookup(name).name
    return _WIDER.get(name, name if name in _ENCODINGS else None)


def _main_parts(tree: LexborHTMLParser) -> Iterator[LexborNode]:
    """Yield what may hold the text of a page. One of several articles is not all of it."""
    inner = {node.mem_id for node in tree.css("article article")}
    outer = [node for node in tree.css("article") if node.mem_id not in inner]
    yield from tree.css("main, [role='main']")[:1]
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
