# SPDX-License-Identifier: Apache-2.0
"""How a list numbers its items: a count and a style in, the number as readers see it out.

Word processors and HTML keep only the style; "letter b" of a law is found only if the letter is written.
"""

from __future__ import annotations

_VALUES = (1000, 900, 500, 400, 100, 90, 50, 40, 10, 9, 5, 4, 1)
_ROMAN = dict(zip(_VALUES, "m cm d cd c xc l xl x ix v iv i".split(), strict=True))  # noqa: SIM905  # a row to be read
_MOST_ROMAN = 4_000


def numeral(number: int, style: str) -> str:
    """Write a number in a style: ``decimal``, ``lower-letter``, ``upper-letter``, ``lower-roman`` or ``upper-roman``.

    Any other style, and a number that a style cannot write, is decimal.

    Examples
    --------
    >>> [numeral(4, style) for style in ("decimal", "lower-letter", "upper-roman")], numeral(28, "lower-letter")
    (['4', 'd', 'IV'], 'ab')
    """
    case, _, kind = style.partition("-")
    if kind == "letter" and number > 0:
        text = _letters(number)
    elif kind == "roman" and 0 < number < _MOST_ROMAN:
        text = _roman(number)
    else:
        return str(number)
    return text.upper() if case == "upper" else text


def _letters(number: int) -> str:
    text = ""
    while number > 0:
        number, place = divmod(number - 1, 26)
        text = chr(ord("a") + place) + text
    return text


def _roman(number: int) -> str:
    text = ""
    for value, letters in _ROMAN.items():
        count, number = divmod(number, value)
        text += letters * count
    return text
