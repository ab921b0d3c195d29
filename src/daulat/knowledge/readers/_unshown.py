# SPDX-License-Identifier: Apache-2.0
"""Private: text that stands in a file and not in the document. An element of HTML in, whether it is struck out or
hidden out; which buttons are text, and the note for the curator.

A struck-out fee is the old one, and a hidden paragraph may be a draft: neither may be cited as what holds. A panel that
a reader opens, such as an answer under its question, was closed when the page was saved and is hidden from nobody.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from selectolax.lexbor import LexborNode

STRUCK = ("del", "s", "strike")
_STYLE = re.compile(
    r"(?:^|;)\s*(?:display\s*:\s*none|visibility\s*:\s*hidden|text-decoration(?:-line)?\s*:[^;]*\bline-through)\b",
    re.IGNORECASE,
)
_MAY_BE_UNSHOWN = ", ".join((*STRUCK, "[hidden]", "[style]"))
# How a button, a tab or a link names the panel that it opens.
_OPENS = ("aria-controls", "data-bs-target", "data-target", "href")
_OPENING = ", ".join(("[aria-controls]", *(f"[{name}^='#']" for name in _OPENS[1:])))
_BUTTONS_OF_HEADINGS = ", ".join(f"{tag} button" for tag in ("h1", "h2", "h3", "h4", "h5", "h6", "dt", "summary"))
_MENUS = "nav[id], nav [id], [id]:has(> nav)"


def unshown_in(root: LexborNode) -> set[int]:
    """Return the ids in memory of the elements inside one that are struck out, or hidden and opened by nothing."""
    panels = _panels_of(root.css(_OPENING))
    return {
        node.mem_id
        for node in root.css(_MAY_BE_UNSHOWN)
        if node.mem_id != root.mem_id
        and is_unshown(node.tag or "", node.attributes)
        and (node.tag in STRUCK or node.attributes.get("id") not in panels)
    }


def spoken_buttons(root: LexborNode) -> set[int]:
    """Return the ids in memory of the buttons that are text, as the questions of an accordion are: each opens a panel
    that is no menu, or says all that its heading does.
    """
    menus = {node.attributes["id"] for node in root.css(_MENUS)}
    panels = {node.attributes["id"] for node in root.css("[id]")} - menus
    spoken = {node.mem_id for node in root.css("button") if _panels_of([node]) & panels}
    for button in root.css(_BUTTONS_OF_HEADINGS):
        holder = button.parent
        if holder is not None and holder.text().strip() == button.text().strip():
            spoken.add(button.mem_id)
    return spoken


def _panels_of(openers: Iterable[LexborNode]) -> set[str | None]:
    named = (node.attributes.get(name) or "" for node in openers for name in _OPENS)
    return {word.removeprefix("#") for words in named for word in words.split()}


def is_unshown(tag: str, attributes: Mapping[str, str | None]) -> bool:
    """Say whether an element is struck out or hidden. What a search in the page opens is hidden from nobody.

    Examples
    --------
    >>> is_unshown("p", {"style": "color: red; display:none"}), is_unshown("p", {"hidden": "until-found"})
    (True, False)
    """
    hidden = "hidden" in attributes and (attributes["hidden"] or "").strip().lower() != "until-found"
    return hidden or tag in STRUCK or _STYLE.search(attributes.get("style") or "") is not None


def unshown_note(pieces: int) -> tuple[str, ...]:
    """Return the note on how many pieces of text were passed over; none where there were none.

    Examples
    --------
    >>> unshown_note(1), unshown_note(0)
    (('1 piece of text that is struck out or hidden was not read.',), ())
    """
    if not pieces:
        return ()
    said = "1 piece of text that is" if pieces == 1 else f"{pieces:,} pieces of text that are"
    return (f"{said} struck out or hidden {'was' if pieces == 1 else 'were'} not read.",)
