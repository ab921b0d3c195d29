# SPDX-License-Identifier: Apache-2.0
"""Private: the footnotes of a page of HTML. An element in; which links refer to which notes, and which elements are
these notes, out.

A note stands at the foot of a page and says something of a sentence far above; it is quoted with that sentence or
never. What is no note for certain stays where it stands.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from selectolax.lexbor import LexborNode

_REFERENCES = "sup a[href^='#'], a[href^='#']:has(sup), a[role='doc-noteref'][href^='#']"
_TARGETS = "[id], a[name]"
_HOLDERS = ("li", "p", "div", "dd", "td", "aside", "section")
_NO_NOTE = "h1, h2, h3, h4, h5, h6, table, main, article"
_LONGEST_SIGN, _LONGEST_NOTE = 6, 1_500  # characters
_TEXT = "-text"


@dataclass
class PageNotes:
    """By the ids in memory of their elements: the notes of references, and the elements that hold these notes."""

    of_references: dict[int, str] = field(default_factory=dict)
    notes: set[int] = field(default_factory=set)


def page_notes(root: LexborNode) -> PageNotes:
    """Find the notes of a page: a short raised link leads down the page to each.

    A note's own link back leads up, so it is no reference.
    """
    found = PageNotes()
    references = [node for node in root.css(_REFERENCES) if len(node.text().strip()) <= _LONGEST_SIGN]
    if not references:
        return found
    order = {node.mem_id: place for place, node in enumerate(root.css("*"))}
    targets = {
        node.attributes.get("id") or node.attributes.get("name") or "": node for node in reversed(root.css(_TARGETS))
    }
    for reference in references:
        target = targets.get((reference.attributes.get("href") or "")[1:])
        holder = _holder(target) if target is not None else None
        if holder is None or order.get(holder.mem_id, -1) <= order[reference.mem_id] or _is_in(found.notes, reference):
            continue
        said = _said(holder, reference.text().strip())
        if said:
            found.of_references[reference.mem_id] = said
            found.notes.add(holder.mem_id)
    return found


def _holder(target: LexborNode) -> LexborNode | None:
    """Return the paragraph or item that a link leads to; None where it is more than a note."""
    node: LexborNode | None = target
    while node is not None and node.tag not in _HOLDERS:
        node = node.parent
    if node is None or node.css_first(_NO_NOTE) is not None or len(node.css("li")) > (node.tag == "li"):
        return None
    return node if len(node.text().strip()) <= _LONGEST_NOTE else None


def _is_in(notes: set[int], reference: LexborNode) -> bool:
    node: LexborNode | None = reference
    while node is not None:
        if node.mem_id in notes:
            return True
        node = node.parent
    return False


def _said(note: LexborNode, sign: str) -> str:
    """Return the text of a note without its sign and its link back."""
    back = {link.mem_id for link in note.css("a[href^='#']") if len(link.text().strip()) <= _LONGEST_SIGN}
    words: list[str] = []
    stack = [note]
    while stack:
        node = stack.pop()
        if node.tag == _TEXT:
            words.append(node.text_content or "")
        elif node.mem_id not in back:
            words.append(" " if node.tag == "br" else "")
            stack.extend(reversed(list(node.iter(include_text=True))))
    text = " ".join("".join(words).split())
    bare = sign.strip("[]().")
    for written in (sign, f"[{bare}]", f"({bare})", f"{bare}.", f"{bare})", f"{bare} "):
        if bare and text.startswith(written):
            return text.removeprefix(written).strip()
    return text
