# SPDX-License-Identifier: Apache-2.0
"""Private: read YAML as an author means it, and remember on which line each value stands.

YAML 1.1, which PyYAML speaks, reads the country code `NO` as false, `0123` as eighty-three and `12:30` as 750. Here a
value is null, true or false, a plain number, or text, as in YAML 1.2; dates stay text. Aliases and deep nesting are
refused, because a short file could unfold into one that fills the memory; so are tags, numbers that no computer counts
with, and control characters, which no declaration needs.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import isinf
from pathlib import Path
from typing import Any

import yaml

from daulat.files import read_regular
from daulat.nation.errors import NationError, NationFaultsError

MAX_BYTES = 8 * 1024 * 1024
MAX_DEPTH = 40
MAX_DIGITS = 18  # of a whole number; those fit in 64 bits

# libyaml is about ten times faster; PyYAML's wheels bring it, a build from source may not.
_Base: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class _Loader(_Base):  # type: ignore[misc]  # the base is one of two classes with the same face
    """SafeLoader with the scalars of YAML 1.2, and with integers only where no sign or leading zero would be lost."""

    yaml_implicit_resolvers: dict[str, Any] = {}  # noqa: RUF012  # PyYAML keeps its resolvers on the class


_Loader.add_implicit_resolver("tag:yaml.org,2002:null", re.compile(r"^(?:~|null|Null|NULL|)$"), ["~", "n", "N", ""])
_Loader.add_implicit_resolver("tag:yaml.org,2002:bool", re.compile(r"^(?:[Tt]rue|TRUE|[Ff]alse|FALSE)$"), list("tTfF"))
_WHOLE = re.compile(r"^-?(?:0|[1-9][0-9]*)$")
_DECIMAL = re.compile(r"^-?(?:0|[1-9][0-9]*)\.[0-9]+(?:[eE][-+]?[0-9]+)?$")
_Loader.add_implicit_resolver("tag:yaml.org,2002:int", _WHOLE, list("-0123456789"))
_Loader.add_implicit_resolver("tag:yaml.org,2002:float", _DECIMAL, list("-0123456789"))

_TEXT = "tag:yaml.org,2002:str"
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")  # all but tab and line feed


@dataclass(frozen=True)
class YamlFile:
    """The data of one file, and the tree that knows its lines."""

    name: str
    data: Any
    root: yaml.Node | None

    def line_of(self, loc: Sequence[int | str]) -> int:
        """Return the line (from 1) of the value at `loc`, or of the nearest value around it that exists."""
        node = self.root
        line = _line(node) if node else 1
        for step in loc:
            found = _child(node, step)
            if found is None:
                break
            line, node = found
        return line

    def rows(self, key: str) -> Iterator[tuple[int, dict[str, Any]]]:
        """Yield each mapping in the list under a key with its place there, whatever else is wrong with the file."""
        rows = self.data.get(key)
        for index, row in enumerate(rows if isinstance(rows, list) else []):
            if isinstance(row, dict):
                yield index, row


def read_yaml(path: Path, *, name: str = "") -> YamlFile:
    """Read one YAML file.

    Raises
    ------
    NationError
        If the file is missing, too large, not UTF-8, not YAML, says a key twice, or uses what is refused (see above).
    NationFaultsError
        If it says several keys twice; all of them.
    """
    name = name or str(path)
    try:
        raw = read_regular(path)
    except OSError as error:
        raise NationError(
            f"cannot be read: {error.strerror}",
            why="What is declared in it is unknown.",
            fix="Check the path and the rights of the file; it must be a file, and not a pipe or a folder.",
            code="nation.file",
            file=name,
        ) from error
    return parse_yaml(raw, name=name)


def parse_yaml(raw: bytes, *, name: str) -> YamlFile:
    """Read YAML from bytes; as `read_yaml`, without the disk."""
    if len(raw) > MAX_BYTES:
        raise NationError(
            f"holds {len(raw):,} bytes; at most {MAX_BYTES:,} are read",
            why="A declaration of this size is most likely another file.",
            fix="Point to the right file, or split it.",
            code="nation.file",
            file=name,
        )
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw[: error.start].count(b"\n") + 1
        raise NationError(
            "is not UTF-8 text",
            why="Names would come out garbled.",
            fix="Save the file as UTF-8.",
            code="nation.encoding",
            file=name,
            line=line,
        ) from error
    try:
        _refuse_hostile(text, name)
        loader = _Loader(text)
        root = loader.get_single_node()
        _refuse_duplicates(root, name)
        return YamlFile(name, loader.construct_document(root) if root else None, root)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        problem = getattr(error, "problem", None) or str(error).splitlines()[0]
        raise NationError(
            f"is not valid YAML: {problem}",
            why="Nothing after this place can be read.",
            fix="Check indentation with spaces, a space after each colon, and quotes that close.",
            code="nation.syntax",
            file=name,
            line=mark.line + 1 if mark else 0,
        ) from error


def _refuse_hostile(text: str, name: str) -> None:
    depth = 0
    for event in yaml.parse(text, _Loader):
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        if isinstance(event, yaml.AliasEvent) or depth > MAX_DEPTH:
            what = "uses an alias (`*name`)" if isinstance(event, yaml.AliasEvent) else f"nests deeper than {MAX_DEPTH}"
            why, fix = "A short file could unfold into one that fills the memory.", "Write the values out."
        elif (tag := getattr(event, "tag", None)) not in (None, _TEXT):
            what, why = f"has a tag, `{tag}`", "A value here is null, true or false, a number, or text, and needs none."
            fix = "Leave the tag out; write text between quotes."
        elif isinstance(event, yaml.ScalarEvent) and (told := _fault_of(event)):
            what, why, fix = told
        else:
            continue
        line = event.start_mark.line + 1 if event.start_mark else 0
        raise NationError(what, why=why, fix=fix, code="nation.syntax", file=name, line=line)


def _fault_of(scalar: yaml.ScalarEvent) -> tuple[str, str, str] | None:
    """Say what, why and how to mend it, where a single value cannot be used."""
    value, is_plain = scalar.value, scalar.implicit[0]
    digits = len(value.removeprefix("-"))
    if control := _CONTROL.search(value):
        what = f"holds the control character U+{ord(control[0]):04X}"
        return what, "Nobody sees it, and it can command a terminal.", "Leave it out."
    if is_plain and digits > MAX_DIGITS and _WHOLE.match(value):
        what, why = f"holds a whole number of {digits:,} digits", f"At most {MAX_DIGITS} are counted with."
        return what, why, "If it is an id or other text, write it between quotes."
    if is_plain and _DECIMAL.match(value) and isinf(float(value)):
        why = "Nothing could be worked out from it."
        return "holds a number too large to count with", why, "Write the number that is meant."
    return None


def _refuse_duplicates(root: yaml.Node | None, name: str) -> None:
    faults = [fault for mapping in _mappings(root) for fault in _said_twice(mapping, name)]
    if len(faults) > 1:
        raise NationFaultsError(sorted(faults, key=lambda fault: fault.line))
    if faults:
        raise faults[0]


def _said_twice(mapping: yaml.MappingNode, name: str) -> Iterator[NationError]:
    seen: dict[str, int] = {}
    for key, _value in mapping.value:
        if not isinstance(key, yaml.ScalarNode):
            continue
        line = _line(key)
        if key.value in seen:
            yield NationError(
                f"`{key.value}` is declared twice, first on line {seen[key.value]}",
                why="YAML keeps only the last one, and the first would be lost in silence.",
                fix="Keep one of the two.",
                code="nation.duplicate",
                file=name,
                line=line,
                value=key.value,
            )
        seen.setdefault(key.value, line)


def _mappings(node: yaml.Node | None) -> Iterator[yaml.MappingNode]:
    if isinstance(node, yaml.MappingNode):
        yield node
        for _key, value in node.value:
            yield from _mappings(value)
    elif isinstance(node, yaml.SequenceNode):
        for value in node.value:
            yield from _mappings(value)


def _child(node: yaml.Node | None, step: int | str) -> tuple[int, yaml.Node] | None:
    """Return the line of the key (or item) and the node under it."""
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            if key.value == str(step):
                return _line(key), value
    elif isinstance(node, yaml.SequenceNode) and isinstance(step, int) and step < len(node.value):
        value = node.value[step]
        return _line(value), value
    return None


def _line(node: yaml.Node) -> int:
    return node.start_mark.line + 1 if node.start_mark else 1
