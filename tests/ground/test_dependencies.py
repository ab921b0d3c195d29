# SPDX-License-Identifier: Apache-2.0
"""What the code imports is what the project declares, no less and no more; and the page of dependencies knows each."""

from __future__ import annotations

import ast
import re
import sys
import tomllib
from collections.abc import Iterator
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

OURS = {"daulat", "daulat_id"}


@pytest.fixture(scope="module")
def declared(root: Path) -> dict[str, set[str]]:
    """Return the names of what pyproject.toml declares for this platform: always, as an extra, for tests and tools."""
    project = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))
    extras = project["project"]["optional-dependencies"].values()
    asked = {
        "core": project["project"]["dependencies"],
        "extra": [text for extra in extras for text in extra],
        "dev": project["dependency-groups"]["dev"],
    }
    return {
        part: {
            canonicalize_name(each.name)
            for each in map(Requirement, texts)
            if not each.marker or each.marker.evaluate()
        }
        for part, texts in asked.items()
    }


def imported(path: Path) -> Iterator[str]:
    """Yield the packages that a file imports, or looks for without importing, at whatever depth."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and not node.level:
            yield str(node.module).partition(".")[0]
        elif isinstance(node, ast.Call) and ast.unparse(node.func).endswith("find_spec"):
            yield from (str(each.value) for each in node.args if isinstance(each, ast.Constant))


def distributions(*folders: Path) -> dict[str, set[str]]:
    """Return the distributions, by the package that is imported of them, of all that is installed and not ours."""
    known = packages_distributions()
    names = {name for folder in folders for path in folder.rglob("*.py") for name in imported(path)}
    return {
        name: {canonicalize_name(each) for each in known[name]}
        for name in names - OURS - set(sys.stdlib_module_names)
        if name in known
    }


def test_what_the_service_imports_is_declared(root: Path, declared: dict[str, set[str]]) -> None:
    allowed = declared["core"] | declared["extra"] | {"psycopg-pool"}  # an extra of psycopg, which is declared with it
    found = distributions(root / "src", root / "packs/id/daulat_id")
    assert {name for name, known in found.items() if not known & allowed} == set()


def test_what_tests_and_tools_import_is_declared(root: Path, declared: dict[str, set[str]]) -> None:
    found = distributions(root / "tests", root / "tools", root / "benchmarks", root / "packs/id")
    assert {name for name, known in found.items() if not known & set.union(*declared.values())} == set()


def test_what_is_declared_is_imported(root: Path, declared: dict[str, set[str]]) -> None:
    found = distributions(root / "src", root / "packs/id/daulat_id")
    assert (declared["core"] | declared["extra"]) - set().union(*found.values()) == set()


def test_the_page_of_dependencies_says_why_each_is_there(root: Path, declared: dict[str, set[str]]) -> None:
    page = (root / "docs/design/dependencies.md").read_text(encoding="utf-8")
    first_cells = re.findall(r"^\| ([^|]+) \|", page.partition("## What is taken away")[0], re.MULTILINE)
    told = {canonicalize_name(name) for cell in first_cells for name in re.findall(r"[\w-]+", cell)}
    assert declared["core"] - told == set()
    assert all(f"`{name}`" in page for name in declared["extra"])
