# SPDX-License-Identifier: Apache-2.0
"""Residency: where the nation's own rule lets a site stand that answers its people.

Comes in: `residency` of nation.yaml, by class of data, as `anywhere` or codes of ISO 3166-1 and 3166-2; regions with
their jurisdiction. Goes out: the codes within which every class that a service handles may be processed. A region whose
jurisdiction is unknown lies in its country only. It reads no file and moves no data.
"""

from __future__ import annotations

from collections.abc import Iterator

from daulat.nation import Nation
from daulat.plan.note import Note, note
from daulat.plan.place import Region

HANDLED = ("internal", "personal")  # what citizens ask and ministries work on; public text may stand anywhere


def binding(nation: Nation) -> dict[str, frozenset[str]]:
    """Return the codes by class of data, of those classes that are bound to places."""
    rules = {name: getattr(nation.residency, name) for name in HANDLED}
    return {name: frozenset(codes) for name, codes in rules.items() if codes != "anywhere"}


def codes_of(region: Region, country: str) -> frozenset[str]:
    """Return every code that a region lies in: country, jurisdiction, group and its own."""
    return frozenset({country, region.jurisdiction, region.group, region.code} - {""})


def broken_by(region: Region, nation: Nation) -> Iterator[Note]:
    """Yield the classes of data that may not be processed in a region, each with where they may."""
    inside = codes_of(region, nation.country)
    for name, codes in binding(nation).items():
        if not codes & inside:
            yield note("residency_rule", data=Note(f"data_{name}"), places=sorted(codes))
