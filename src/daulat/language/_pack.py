# SPDX-License-Identifier: Apache-2.0
"""What this room needs of a country pack: its country and its data files, and nothing else.

`daulat.nation.Pack` fits; so does any object with these four members, which is how the tests bring their own.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Protocol


class PackFiles(Protocol):
    """A folder of data files that belongs to one country."""

    @property
    def country(self) -> str:
        """ISO 3166-1 alpha-2 code."""
        ...

    def has(self, *parts: str) -> bool:
        """Say whether the pack holds this file."""
        ...

    def path(self, *parts: str) -> Path:
        """Return where a file of the pack lies on disk."""
        ...

    def yaml(self, *parts: str) -> Any:
        """Read a YAML file of the pack."""
        ...


def primary(language: str) -> str:
    """Return the primary subtag of a BCP 47 tag, in lower case.

    >>> primary("en-GB"), primary("jv_Java"), primary("")
    ('en', 'jv', '')
    """
    return language.replace("_", "-").split("-", 1)[0].lower()
