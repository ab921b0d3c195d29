# SPDX-License-Identifier: Apache-2.0
"""Where a machine stands, and whether a class of data may go there: what nation.yaml says of both in, yes or no out."""

from __future__ import annotations

import ipaddress
from collections.abc import Collection
from dataclasses import dataclass
from urllib.parse import urlsplit

ANYWHERE = "anywhere"


@dataclass(frozen=True, slots=True)
class Rule:
    """Where one class of data may be processed. `places` None: anywhere; `operators` None: anybody's machines."""

    places: Collection[str] | None
    operators: Collection[str] | None = None

    def allows(self, place: str, operator: str = "") -> bool:
        """Say whether the class may go to an engine.

        Examples
        --------
        >>> rule = Rule({"XA"}, {"Data Office"})
        >>> rule.allows("XA-01", "Data Office"), rule.allows("XA-01", "Somebody"), rule.allows("XB", "Data Office")
        (True, False, False)
        >>> Rule({"XA-01"}).allows("XA"), Rule(None).allows(""), Rule({"XA"}).allows("")
        (False, True, False)
        """
        if self.operators is not None and operator not in self.operators:
            return False
        # A part of a country satisfies a rule that names the country; the country as a whole is no part of it.
        return self.places is None or place in self.places or place.partition("-")[0] in self.places

    def __str__(self) -> str:
        where = ANYWHERE if self.places is None else "/".join(sorted(self.places)) or "nowhere"
        return where if self.operators is None else f"{where} with {'/'.join(sorted(self.operators))}"


def standing(place: str | None, url: str, country: str) -> str:
    """Return where an address stands: as declared, else with this service where it is this machine, else unknown.

    Examples
    --------
    >>> standing("XB", "http://127.0.0.1/v1", "XA"), standing(None, "http://127.0.0.1/v1", "XA")
    ('XB', 'XA')
    >>> standing(None, "https://models.example/v1", "XA")
    ''
    """
    return place if place is not None else country if _is_here(url) else ""


def _is_here(url: str) -> bool:
    try:
        host = urlsplit(url).hostname or ""
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
