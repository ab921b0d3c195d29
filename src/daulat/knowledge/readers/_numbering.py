# SPDX-License-Identifier: Apache-2.0
"""Private: what Word numbers by itself. The paragraphs of a document in their order in; the number of each out.

A paragraph, or its style, names a list and a level; `numbering.xml` says how that level counts and what it writes,
as in ``Article %1`` or ``%1.%2``. The numbers themselves are nowhere in the file.
"""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass
from typing import Any

from docx.oxml.ns import qn

from daulat.knowledge.readers.marks import numeral

_STYLES = {
    "lowerLetter": "lower-letter",
    "upperLetter": "upper-letter",
    "lowerRoman": "lower-roman",
    "upperRoman": "upper-roman",
}
_PLACE = re.compile(r"%([1-9])")
_MOST_STYLES = 20  # that are based on each other


@dataclass(frozen=True)
class _Level:
    """How one level of a list counts, and what it writes; it begins anew at levels above `after`."""

    start: int
    style: str
    writes: str
    of_style: str
    after: int
    only_digits: bool
    is_bullet: bool

    @property
    def says_where(self) -> bool:
        """Whether its numbers hold those of the levels above, as `2.1` does."""
        return len(_PLACE.findall(self.writes)) > 1


@dataclass(frozen=True)
class Place:
    """Where a paragraph stands in a list: how deep, 0 where its number says so, and whether a sign is its number."""

    level: int = 0
    is_bullet: bool = False


class Numbering:
    """Counts the lists of one document. Ask for each paragraph once, in their order."""

    def __init__(self, document: Any) -> None:
        self._kinds: dict[str, Any] = {}
        self._lists: dict[str, Any] = {}
        self._counts: dict[str, dict[int, int]] = defaultdict(dict)
        self._begun: set[tuple[str, int]] = set()
        self._of_styles: dict[str, tuple[str | None, int | None]] = {}
        self._known: dict[str, tuple[str, dict[int, _Level]]] = {}
        parts = (
            r.target_part for r in document.part.rels.values() if not r.is_external and r.reltype.endswith("/numbering")
        )
        root = getattr(next(parts, None), "element", None)
        if root is not None:
            self._kinds = {kind.get(qn("w:abstractNumId")): kind for kind in root.iter(qn("w:abstractNum"))}
            self._lists = {each.get(qn("w:numId")): each for each in root.iter(qn("w:num"))}

    def next(self, properties: Any, style: Any) -> str:
        """Return the number of the next paragraph; empty where it has none, or has a sign for it."""
        found = self._find(properties, style)
        if found is None:
            return ""
        list_id, at = found
        kind_id, levels = self._known[list_id]
        counts = self._counts[kind_id]
        restart = self._restart(list_id, at)
        if restart is not None and (list_id, at) not in self._begun:
            counts[at] = restart
        else:
            counts[at] = counts[at] + 1 if at in counts else levels[at].start
        self._begun.add((list_id, at))
        for deeper in [level for level in counts if level > at and (level not in levels or at < levels[level].after)]:
            del counts[deeper]
        return _written(levels, counts, at)

    def place(self, properties: Any, style: Any) -> Place:
        """Return where a paragraph stands in a list; counts nothing."""
        found = self._find(properties, style)
        if found is None:
            return Place()
        list_id, at = found
        level = self._known[list_id][1][at]
        return Place(0 if level.says_where else at, level.is_bullet)

    def _find(self, properties: Any, style: Any) -> tuple[str, int] | None:
        """Return the list and the level of a paragraph; None where it is in none."""
        list_id, said = _named(properties)
        if list_id is None:
            list_id, usual = self._of_style(style)
            said = usual if said is None else said
        if list_id is None or list_id not in self._lists:
            return None
        if list_id not in self._known:
            self._known[list_id] = self._levels(list_id)
        levels = self._known[list_id][1]
        of_style = (at for at, level in levels.items() if style is not None and level.of_style == style.style_id)
        at = said if said is not None else next(of_style, 0)
        return (list_id, at) if at in levels else None

    def _of_style(self, style: Any) -> tuple[str | None, int | None]:
        """Return the list and the level of a style, or of the nearest of those it is based on that has one."""
        if style is None:
            return None, None
        if style.style_id not in self._of_styles:
            list_id, level, base = None, None, style
            for _ in range(_MOST_STYLES):
                if base is None or list_id is not None:
                    break
                list_id, said = _named(base.element.find(qn("w:pPr")))
                level, base = said if level is None else level, base.base_style
            self._of_styles[style.style_id] = list_id, level
        return self._of_styles[style.style_id]

    def _levels(self, list_id: str) -> tuple[str, dict[int, _Level]]:
        """Return the levels of a list, and under which name they are counted: lists of one kind count on."""
        each = self._lists[list_id]
        kind_id = _value(each, "w:abstractNumId") or ""
        kind = self._kinds.get(kind_id)
        link = _value(kind, "w:numStyleLink")
        if link:  # the levels stand with the kind that this style is of
            named = (i for i, other in self._kinds.items() if _value(other, "w:styleLink") == link)
            kind_id = next(named, kind_id)
            kind = self._kinds.get(kind_id)
        levels = {} if kind is None else {_at(level): _level(level) for level in kind.iter(qn("w:lvl"))}
        levels |= {_at(level): _level(level) for level in each.iter(qn("w:lvl"))}
        return kind_id, levels

    def _restart(self, list_id: str, at: int) -> int | None:
        for changed in self._lists[list_id].iter(qn("w:lvlOverride")):
            if _at(changed) == at:
                return _whole(_value(changed, "w:startOverride"))
        return None


def _named(properties: Any) -> tuple[str | None, int | None]:
    """Return the list and the level that the properties of a paragraph or a style name, each if they do."""
    named = properties.find(qn("w:numPr")) if properties is not None else None
    return _value(named, "w:numId"), _whole(_value(named, "w:ilvl"))


def _level(element: Any) -> _Level:
    style = _value(element, "w:numFmt") or "decimal"
    writes = "" if style in ("bullet", "none") else _value(element, "w:lvlText") or ""
    start, after = (_whole(_value(element, tag)) for tag in ("w:start", "w:lvlRestart"))
    return _Level(
        start=1 if start is None else start,
        style=_STYLES.get(style, style),
        writes=writes,
        of_style=_value(element, "w:pStyle") or "",
        after=_at(element) if after is None else after,
        only_digits=element.find(qn("w:isLgl")) is not None,
        is_bullet=style == "bullet",
    )


def _written(levels: dict[int, _Level], counts: dict[int, int], at: int) -> str:
    def number(place: re.Match[str]) -> str:
        level = int(place[1]) - 1
        known = levels.get(level)
        count = counts.get(level, known.start if known else 1)
        return numeral(count, known.style if known and not levels[at].only_digits else "decimal")

    return " ".join(_PLACE.sub(number, levels[at].writes).split())


def _at(element: Any) -> int:
    return _whole(element.get(qn("w:ilvl"))) or 0


def _value(element: Any, tag: str) -> str | None:
    found = element.find(qn(tag)) if element is not None else None
    return found.get(qn("w:val")) if found is not None else None


def _whole(text: str | None) -> int | None:
    return int(text) if text and re.fullmatch(r"[0-9]{1,6}", text) else None
