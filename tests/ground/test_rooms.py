# SPDX-License-Identifier: Apache-2.0
"""Each room keeps its private files to itself; who may import whom is the linter of imports' to say."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import daulat

SOURCE = Path(daulat.__file__).parent


def private_imports(path: Path) -> Iterator[str]:
    """Yield what a file imports of the private files of another room."""
    room = path.relative_to(SOURCE).parts[0]
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom):
            names = [f"{node.module}.{alias.name}" for alias in node.names]
        elif isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        else:
            continue
        for name in names:
            package, *parts = name.split(".")
            if package == "daulat" and parts[:1] != [room] and any(part.startswith("_") for part in parts):
                yield f"{path.relative_to(SOURCE)} imports {name}"


def test_no_room_imports_a_private_file_of_another() -> None:
    found = [fault for path in sorted(SOURCE.rglob("*.py")) for fault in private_imports(path)]
    assert found == []
