# SPDX-License-Identifier: Apache-2.0
"""Identifiers: find what names a person in a text.

Comes in: a text and the patterns of a pack (`identifiers.yaml`). Goes out: where such numbers stand and of what kind
they are. It keeps nothing of what it found, and it does not know names: one in plain words is not found.

Without a pack, e-mail addresses, international phone numbers and long numbers are found.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from daulat.language._pack import PackFiles
from daulat.language.errors import LanguageError

_DIGITS = re.compile(r"\D")
_ANYWHERE: tuple[dict[str, Any], ...] = (
    {"id": "email", "pattern": r"[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,4}"},
    {"id": "phone", "pattern": r"(?<!\w)\+\d(?:[ .()-]{0,2}\d){6,14}(?!\d)"},
    {"id": "number", "pattern": r"(?<![\d.,])(?:\d{9,25}|\d{4}(?:[ -]\d{4}){2,5})(?!\d)(?![.,]\d)"},
)


@dataclass(frozen=True, slots=True)
class Check:
    """What a number must satisfy to be of its kind. Positions count digits from zero; empty fields are not checked.

    Parameters
    ----------
    digits : int
        How many digits it has.
    region : tuple[int, int]
        Where the region code stands.
    date : tuple[int, int]
        Where the six digits of a date stand, day first, year last.
    day_offsets : tuple[int, ...]
        What may have been added to the day.
    luhn : int
        How many digits from the start have the Luhn property.
    """

    digits: int
    region: tuple[int, int] = (0, 0)
    date: tuple[int, int] = (0, 0)
    day_offsets: tuple[int, ...] = (0,)
    luhn: int = 0

    def passes(self, number: str, regions: frozenset[str]) -> bool:
        """Say whether the digits of `number` satisfy this check."""
        digits = _DIGITS.sub("", number)
        return (
            len(digits) == self.digits
            and (self.region == (0, 0) or digits[slice(*self.region)] in regions)
            and (self.date == (0, 0) or _is_date(digits[slice(*self.date)], self.day_offsets))
            and (not self.luhn or has_luhn_digit(digits[: self.luhn]))
        )


@dataclass(frozen=True, slots=True)
class Identifier:
    """A place in a text that names a person: characters `start` to `end`, and of what kind it is."""

    kind: str
    start: int
    end: int


class Identifiers:
    """Finds identifiers in texts. Built by `identifiers_for`; safe to share.

    Examples
    --------
    >>> text = "Write to ani@example.org or +62 812 3456 7890, passport no. 1234-5678-9012"
    >>> [found.kind for found in identifiers_for(None).find(text)]
    ['email', 'phone', 'number']
    """

    def __init__(self, kinds: tuple[tuple[str, re.Pattern[str], Check | None], ...], regions: frozenset[str]) -> None:
        self._kinds = kinds
        self._regions = regions

    def find(self, text: str) -> list[Identifier]:
        """Return what names a person, from left to right, without overlap."""
        found: list[Identifier] = []
        for kind, pattern, check in self._kinds:
            for match in pattern.finditer(text):
                start, end = match.span()
                is_free = all(end <= other.start or other.end <= start for other in found)
                if is_free and (check is None or check.passes(match[0], self._regions)):
                    found.append(Identifier(kind, start, end))
        return sorted(found, key=lambda identifier: identifier.start)


def identifiers_for(pack: PackFiles | None) -> Identifiers:
    """Read the identifiers of a pack, which then stand alone; without them, take what every country has.

    Raises
    ------
    LanguageError
        If a pattern of the pack is not a regular expression.
    """
    data = pack.yaml("identifiers.yaml") if pack is not None and pack.has("identifiers.yaml") else {}
    kinds = tuple(_kinds(data.get("identifiers") or _ANYWHERE))
    regions = {str(head) + tail for head, tails in (data.get("regions") or {}).items() for tail in str(tails).split()}
    return Identifiers(kinds, frozenset(regions))


def has_luhn_digit(digits: str) -> bool:
    """Say whether the last digit is the Luhn digit of those before it (ISO/IEC 7812-1, annex B).

    >>> has_luhn_digit("79927398713"), has_luhn_digit("79927398710")
    (True, False)
    """
    doubled = [int(digit) * (1 + place % 2) for place, digit in enumerate(reversed(digits))]
    return sum(value - 9 if value > 9 else value for value in doubled) % 10 == 0


def _is_date(digits: str, day_offsets: tuple[int, ...]) -> bool:
    day, month, year = int(digits[:2]), int(digits[2:4]), int(digits[4:])
    # Two digits of a year are of this century or the last; 29 February decides which can be meant.
    return any(_exists(1900 + hundred + year, month, day - offset) for offset in day_offsets for hundred in (0, 100))


def _exists(year: int, month: int, day: int) -> bool:
    try:
        date(year, month, day)
    except ValueError:
        return False
    return True


def _kinds(entries: Sequence[Mapping[str, Any]]) -> Iterator[tuple[str, re.Pattern[str], Check | None]]:
    for entry in entries:
        try:
            pattern = re.compile(entry["pattern"])
        except (re.error, KeyError, TypeError) as fault:
            raise LanguageError(
                f"identifiers.yaml: `{entry.get('id', '?')}` has no usable pattern: {fault}",
                why="Numbers of this kind would be found by nobody.",
                fix="Give `pattern` a regular expression of Python's `re`.",
                code="language.identifier",
            ) from fault
        yield entry["id"], pattern, _check(entry["check"]) if "check" in entry else None


def _check(data: Mapping[str, Any]) -> Check:
    lists = {key: tuple(data[key]) for key in ("region", "date", "day_offsets") if key in data}
    return Check(digits=data["digits"], luhn=data.get("luhn", 0), **lists)
