# SPDX-License-Identifier: Apache-2.0
"""Raised signs: text that a document shows above the line in, the same in signs that stand above the line by themselves
out.

Without that "§ 14" with a raised 1 is "§ 141", which is another section, and square metres are "m2".
"""

from __future__ import annotations

_DIGITS = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")
_SIGNS = str.maketrans("+-−–()n", "⁺⁻⁻⁻⁽⁾ⁿ")  # minus is written in three ways


def raised(text: str) -> str:
    """Return a text above the line: digits always, other signs where all of it can stand there.

    What has no digit and no such sign stays as it is, for it is told from what it follows ("1st", a note "[*]"); so do
    digits in square brackets.

    Examples
    --------
    >>> [raised(text) for text in ("1", "-2", "n", "12)", "1a", "er", "[1]")]
    ['¹', '⁻²', 'ⁿ', '¹²⁾', '¹a', 'er', '[1]']
    """
    if "[" in text:
        return text
    digits = text.translate(_DIGITS)
    whole = digits.translate(_SIGNS)
    return digits if any(sign.isalpha() and sign != "ⁿ" for sign in whole) else whole
