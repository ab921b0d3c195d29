# SPDX-License-Identifier: Apache-2.0
"""The manners of the source: short files, rooms that introduce themselves, and no country in the code."""

from __future__ import annotations

import ast
import tomllib
from pathlib import Path

import pycountry

MOST_LINES = 500
# A name or adjective of a country that a library, a language's own code or an example may have to say.
LANGUAGES_AND_ENCODINGS = {"Georgia"}


def python_sources(tracked: list[Path]) -> list[Path]:
    """Return the files of the core's own code."""
    return [path for path in tracked if path.suffix == ".py" and path.parts[0] == "src"]


def test_no_source_file_is_longer_than_a_reader_can_hold(root: Path, tracked: list[Path]) -> None:
    long = {
        str(path): lines
        for path in python_sources(tracked)
        if (lines := len((root / path).read_text(encoding="utf-8").splitlines())) > MOST_LINES
    }
    assert not long


def test_every_module_says_what_it_is(root: Path, tracked: list[Path]) -> None:
    silent = [
        str(path)
        for path in python_sources(tracked)
        if not ast.get_docstring(ast.parse((root / path).read_text(encoding="utf-8")))
    ]
    assert not silent


def test_no_code_of_the_core_depends_on_a_country(root: Path, tracked: list[Path]) -> None:
    """A country's name or code may stand in a docstring's example, never in a value that the code computes with."""
    names = {country.name for country in pycountry.countries} | {"Indonesian"}
    spoken = [
        f"{path}:{node.lineno}: {node.value!r}"
        for path in python_sources(tracked)
        for node in values(ast.parse((root / path).read_text(encoding="utf-8")))
        if any(name in str(node.value) for name in names - LANGUAGES_AND_ENCODINGS)
    ]
    assert not spoken


def values(tree: ast.Module) -> list[ast.Constant]:
    """Return the string constants of a module, without its docstrings."""
    docstrings = {
        id(node.body[0].value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef)
        and node.body
        and isinstance(node.body[0], ast.Expr)
    }
    return [
        node
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in docstrings
    ]


def test_the_change_log_tells_of_this_version(root: Path) -> None:
    version = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]
    log = (root / "CHANGELOG.md").read_text(encoding="utf-8")
    [entry] = [part for part in log.split("\n## ") if part.startswith(f"[{version}]")]
    assert "\n- " in entry or "\n**" in entry
