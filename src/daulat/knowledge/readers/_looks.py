# SPDX-License-Identifier: Apache-2.0
"""Private: how Word shows a run of text, where that says what it means. A run in, whether it stands above the line, or
is struck out or hidden, out.

A run says so itself, or its character style does.
"""

from __future__ import annotations

from typing import Any

from docx.enum.style import WD_STYLE_TYPE
from docx.oxml.ns import qn

MATHS = "{http://schemas.openxmlformats.org/officeDocument/2006/math}"
_PROPERTIES, _STYLE, _VALUE = qn("w:rPr"), qn("w:rStyle"), qn("w:val")
_LINE = qn("w:vertAlign")
_UNSHOWN = (qn("w:strike"), qn("w:dstrike"), qn("w:vanish"))
_OFF = ("", "0", "false", "off")


class Looks:
    """The looks of the runs of one document."""

    def __init__(self, document: Any) -> None:
        named = (style for style in document.styles if style.type == WD_STYLE_TYPE.CHARACTER)
        self._styles = {style.style_id: style.element.find(_PROPERTIES) for style in named}

    def is_raised(self, run: Any) -> bool:
        """Say whether a run, or one of a formula, stands above the line."""
        above = run.getparent()
        return self._said(run, _LINE) == "superscript" or (above is not None and above.tag == f"{MATHS}sup")

    def is_unshown(self, run: Any) -> bool:
        """Say whether a run is struck out, once or twice, or hidden."""
        return any(self._said(run, each) not in _OFF for each in _UNSHOWN)

    def _said(self, run: Any, property: str) -> str:
        """Return what a run, else its style, says of a property; empty where neither does."""
        own = run.find(_PROPERTIES)
        style = own.find(_STYLE) if own is not None else None
        for properties in (own, self._styles.get(style.get(_VALUE)) if style is not None else None):
            found = properties.find(property) if properties is not None else None
            if found is not None:
                return str(found.get(_VALUE, "on"))
        return ""
