# SPDX-License-Identifier: Apache-2.0
"""Dates: an ISO date in, the same day as a language writes it out; or whether a text tells it. The forms are CLDR's."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from babel import Locale, UnknownLocaleError
from babel.dates import format_date


def long_date(day: str, language: str) -> str:
    """Write an ISO date in full in a language, or leave what is not a full date as it is.

    Examples
    --------
    >>> long_date("2023-03-01", "en"), long_date("2023", "en"), long_date("", "en")
    ('March 1, 2023', '2023', '')
    """
    try:
        return format_date(date.fromisoformat(day), "long", locale=Locale.parse(language, sep="-"))
    except (ValueError, UnknownLocaleError):
        return day


def tells_date(text: str, day: str, languages: Iterable[str]) -> bool:
    """Say whether a text tells a day in full, as one of these languages writes it.

    Examples
    --------
    >>> tells_date("From texts up to March 1, 2023.", "2023-03-01", ["id", "en"]), tells_date("", "", ["en"])
    (True, False)
    """
    return bool(day) and any(long_date(day, language) in text for language in languages)
