# SPDX-License-Identifier: Apache-2.0
"""Private: a YAML file and the shape it declares in; a checked value, or all faults of the file by line, out."""

from __future__ import annotations

from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from daulat.knowledge.errors import SourceError
from daulat.nation._yaml import YamlFile, read_yaml
from daulat.nation.errors import NationError


class Declared(BaseModel):
    """A part of a declaration: unknown keys are faults, values never change afterwards."""

    model_config = ConfigDict(extra="forbid", frozen=True, str_strip_whitespace=True)


Shape = TypeVar("Shape", bound=Declared)


def load_declared(path: Path, shape: type[Shape]) -> Shape:
    """Read one declaration of the curator.

    Raises
    ------
    SourceError
        If the file cannot be read or is not YAML, or with all its faults at once, one a line.
    """
    file = _read(path)
    try:
        return shape.model_validate(file.data or {})
    except ValidationError as error:
        faults = sorted((file.line_of(fault["loc"]), _sentence(fault["loc"], fault["msg"])) for fault in error.errors())
        raise faults_error(path, faults) from error


def faults_error(path: Path, faults: list[tuple[int, str]]) -> SourceError:
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


def _sentence(loc: tuple[int | str, ...], message: str) -> str:
    where = ".".join(str(step) for step in loc)
    return f"`{where}`: {message[0].lower()}{message[1:]}" if where else message
