# SPDX-License-Identifier: Apache-2.0
"""Private: a YAML file and the shape it declares in; a checked value, or all faults of the file by line, out."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from daulat.knowledge.errors import SourceError
from daulat.nation import Guide, NationError, YamlFile, read_yaml, tell_lines


class Declared(BaseModel):
    """A part of a declaration: unknown keys are faults, values never change afterwards."""

    model_config = ConfigDict(extra="forbid", frozen=True, str_strip_whitespace=True)


Shape = TypeVar("Shape", bound=Declared)


Fault = tuple[int, str]
"""A line of the file, and what is wrong there."""


def _nothing_across(_file: YamlFile) -> Iterable[Fault]:
    return ()


def load_declared(
    path: Path,
    shape: type[Shape],
    *,
    across: Callable[[YamlFile], Iterable[Fault]] = _nothing_across,
    context: Any = None,
) -> Shape:
    """Read one declaration of the curator.

    Parameters
    ----------
    across : callable
        Finds what is wrong between two values, tolerating whatever else is.
    context
        What the validators of `shape` judge against.

    Raises
    ------
    SourceError
        If the file cannot be read or is not YAML, or with all its faults at once, one a line.
    """
    file = _read(path)
    faults = list(across(file))
    try:
        value = shape.model_validate(file.data or {}, context=context)
    except ValidationError as error:
        faults += tell_lines(error, file, shape, Guide(path.name))
        raise faults_error(path, sorted(faults)) from error
    if faults:
        raise faults_error(path, sorted(faults))
    return value


def faults_error(path: Path, faults: list[Fault]) -> SourceError:
    """Say all faults of one file at once, in the order of its lines."""
    lines = "\n".join(f"  {path.name} line {line}: {fault}" for line, fault in faults)
    return SourceError(
        f"{path} has {len(faults)} fault{'s' if len(faults) > 1 else ''}\n{lines}",
        why="What is declared here decides what is indexed and how it is cited, so nothing was read.",
        fix="Correct the lines named; docs/guides/add-a-source.md lists every key.",
        code="knowledge.sources",
    )


def _read(path: Path) -> YamlFile:
    try:
        return read_yaml(path)
    except NationError as error:
        raise SourceError(error.what, why=error.why, fix=error.fix, code="knowledge.sources") from error
