# SPDX-License-Identifier: Apache-2.0
"""Which other country a question names: its words in; an ISO 3166-1 code, or nothing, out.

Names are those of CLDR in the languages that the assistant speaks, and what a pack adds: "Amerika" is how people say
it.
Whoever asks about the law of another country is told whose law is quoted; the question may still be about one's own.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping

from babel import Locale, UnknownLocaleError

_SHORTEST = 4  # letters of a name


class Abroad:
    """Finds other countries than a nation's own.

    Parameters
    ----------
    languages : collection of str
        In which countries are named.
    own : collection of str
        Names of the nation itself.
    also : mapping of str to str
        Further names, lower case, with the code of their country.

    Examples
    --------
    >>> abroad = Abroad(["en"], ["Indonesia"], {"the states": "US"})
    >>> [abroad.named(text) for text in ("Who votes in Malaysia?", "And in the States?", "And in Indonesia?")]
    ['MY', 'US', '']
    """

    def __init__(self, languages: Collection[str], own: Collection[str], also: Mapping[str, str]) -> None:
        names = {name.casefold(): code for tag in languages for code, name in _territories(tag).items()}
        ours = {names[name.casefold()] for name in own if name.casefold() in names}
        found = {name: code for name, code in names.items() if len(name) >= _SHORTEST} | dict(also)
        self._codes = {name: code for name, code in found.items() if code not in ours}
        longest_first = sorted(self._codes, key=len, reverse=True)
        self._pattern = re.compile(rf"(?<!\w)(?:{'|'.join(map(re.escape, longest_first))})(?!\w)", re.IGNORECASE)

    def named(self, text: str) -> str:
        """Return the code of the other country that a text names first; empty where it names none."""
        found = self._pattern.search(text) if self._codes else None
        return self._codes.get(found.group().casefold(), "") if found else ""


def territory_name(code: str, language: str) -> str:
    """Name a country in a language, in English where CLDR has no other, by its code where it has none.

    Examples
    --------
    >>> territory_name("MY", "id"), territory_name("MY", "mad")
    ('Malaysia', 'Malaysia')
    """
    return _territories(language).get(code) or _territories("en").get(code, code)


def _territories(language: str) -> Mapping[str, str]:
    try:
        names = Locale.parse(language.replace("-", "_")).territories
    except (UnknownLocaleError, ValueError):
        return {}
    return {code: str(name) for code, name in names.items() if len(code) == 2 and code.isalpha()}
