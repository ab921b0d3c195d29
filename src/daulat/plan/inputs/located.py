# SPDX-License-Identifier: Apache-2.0
"""Where a value stands: the name of a file that also knows its lines.

Comes in: a YAML file that was read, and where in it `plan:` begins. Goes out: a name to be passed on like any other
text, and `place`, which adds the line to it in a message. A name without lines, such as `--set`, stays as it is.
"""

from __future__ import annotations

import re
from pathlib import Path

from daulat.nation import YamlFile, read_yaml


class Located(str):
    """The name of a file whose lines are known."""

    file: YamlFile
    prefix: tuple[str, ...]

    __slots__ = ("file", "prefix")

    def __new__(cls, name: str, file: YamlFile, prefix: tuple[str, ...] = ()) -> Located:
        """Return a name that knows its file; `prefix` is where the paths of a plan begin in it."""
        found = super().__new__(cls, name)
        found.file, found.prefix = file, prefix
        return found

    def __reduce__(self) -> tuple[type[str], tuple[str]]:
        """Leave the file behind where the name is copied or sent on."""
        return str, (str(self),)


def located(path: Path) -> str:
    """Return the name of a nation's file with its lines, or the bare name where there is no such file."""
    return Located(str(path), read_yaml(path, name=str(path)), ("plan",)) if path.is_file() else str(path)


def place(origin: str, path: str) -> str:
    """Return the file of a value, with the line of the value or of the nearest around it.

    What stands in brackets is the number of an item, or a key that holds dots: ``siting.limits_mw[31.71]``.

    Examples
    --------
    >>> place("--set", "deal.stakes[1].party")
    '--set'
    """
    if not isinstance(origin, Located):
        return origin
    found = re.findall(r"\[([^\]]*)\]|([^.\[\]]+)", path.removeprefix("plan."))
    steps = [int(one) if one.isdigit() else one for one in map("".join, found)]
    return f"{origin} line {origin.file.line_of((*origin.prefix, *steps))}"
