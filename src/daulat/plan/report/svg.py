# SPDX-License-Identifier: Apache-2.0
"""SVG as text: small elements, escaped, with classes for colours and no style of their own.

Comes in: names, attributes, children. Goes out: `Markup` that a template may take as it is. Colours and fonts are the
style sheet's; a drawing names classes, so that light, dark, print and a strict content policy all work.
"""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import Any
from xml.etree.ElementTree import Element, fromstring

from markupsafe import Markup

SERIES = 7  # colours, each with a pattern of its own: colour alone carries no meaning


def tag(name: str, *children: str, **attributes: object) -> Markup:
    """Return an element. `_` in names of attributes stands for `-`, a last `_` is dropped; None leaves one out.

    Examples
    --------
    >>> tag("text", "a < b", x=1.50, class_="axis")
    Markup('<text x="1.5" class="axis">a &lt; b</text>')
    """
    pairs = (
        f' {key.rstrip("_").replace("_", "-")}="{escape(_text(value))}"'
        for key, value in attributes.items()
        if value is not None
    )
    inner = "".join(one if isinstance(one, Markup) else escape(one, quote=False) for one in children)
    head = f"<{name}{''.join(pairs)}"
    return Markup(f"{head}>{inner}</{name}>" if inner else f"{head}/>")  # noqa: S704 - every part was escaped above


def joined(parts: Sequence[Markup]) -> Markup:
    """Return elements one after another."""
    return Markup("").join(parts)


def drawing(ident: str, title: str, about: str, width: float, height: float, parts: Sequence[Markup]) -> Markup:
    """Return a whole drawing that says what it shows to those who do not see it."""
    return tag(
        "svg",
        tag("title", title, id=f"{ident}-t"),
        tag("desc", about, id=f"{ident}-d"),
        *parts,
        xmlns="http://www.w3.org/2000/svg",
        viewBox=f"0 0 {_text(width)} {_text(height)}",
        role="img",
        aria_labelledby=f"{ident}-t {ident}-d",
        class_="drawing",
    )


def filled(place: int, x: float, y: float, width: float, height: float, title: str) -> Markup:
    """Return a rectangle in the colour and the pattern of a series, with a title under the pointer."""
    at = {"x": x, "y": y, "width": max(width, 0.0), "height": max(height, 0.0)}
    number = place % SERIES
    marks = [tag("rect", **at, class_=f"c{number}")]
    if number:
        marks.append(tag("rect", **at, fill=f"url(#p{number})"))
    return tag("g", tag("title", title), *marks)


def path(points: Sequence[tuple[float, float]], *, close: bool = False) -> str:
    """Return the `d` of a line through points.

    Examples
    --------
    >>> path([(0, 1), (2.25, 3)])
    'M0 1L2.25 3'
    """
    steps = "L".join(f"{_text(x)} {_text(y)}" for x, y in points)
    return f"M{steps}{'Z' if close else ''}" if points else ""


def swatch(place: int) -> Markup:
    """Return the key of a series."""
    number = place % SERIES
    marks = [tag("rect", width=18, height=12, class_=f"c{number}")]
    if number:
        marks.append(tag("rect", width=18, height=12, fill=f"url(#p{number})"))
    return tag("svg", *marks, width=18, height=12, viewBox="0 0 18 12", aria_hidden="true", class_="swatch")


def line_swatch(place: int) -> Markup:
    """Return the key of a line."""
    line = tag("path", d="M0 6L26 6", class_=f"line l{place % SERIES}")
    return tag("svg", line, width=26, height=12, viewBox="0 0 26 12", aria_hidden="true", class_="swatch")


def patterns() -> Markup:
    """Return the patterns that `filled` names; once a page."""
    size = {"width": 8, "height": 8, "patternUnits": "userSpaceOnUse"}
    lines = {
        1: "M-2 2L2 -2M0 8L8 0M6 10L10 6",
        3: "M0 2H8M0 6H8",
        4: "M-2 6L2 10M0 0L8 8M6 -2L10 2",
        5: "M0 4H8M4 0V8",
        6: "M2 0V8M6 0V8",
    }
    found = [tag("pattern", tag("path", d=d, class_="hatch"), id=f"p{number}", **size) for number, d in lines.items()]
    dots = tag("circle", cx=2, cy=2, r=1.2, class_="dot"), tag("circle", cx=6, cy=6, r=1.2, class_="dot")
    found.insert(1, tag("pattern", *dots, id="p2", **size))
    return tag("svg", tag("defs", *found), width=0, height=0, aria_hidden="true", class_="patterns", focusable="false")


def tree(drawing: str) -> list[Any]:
    """Return a drawing as nodes that a script can build: name, attributes, then children; text stays text.

    Examples
    --------
    >>> tree('<g class="a"><title>x &lt; y</title></g>')
    ['g', {'class': 'a'}, ['title', {}, 'x < y']]
    """
    return _node(fromstring(drawing))  # noqa: S314 - our own drawing


def _node(element: Element) -> list[Any]:
    name = element.tag.rpartition("}")[2]
    children: list[Any] = [element.text] if element.text else []
    return [name, dict(element.attrib), *children, *(_node(one) for one in element)]


def _text(value: object) -> str:
    if isinstance(value, float):
        return f"{value:.2f}".rstrip("0").rstrip(".") if abs(value) >= 0.005 else "0"
    return str(value)
