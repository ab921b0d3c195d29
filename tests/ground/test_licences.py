# SPDX-License-Identifier: Apache-2.0
"""Every file names its licence, in its first lines or in REUSE.toml."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

HEAD_BYTES = 600
HAS_COMMENTS = {
    ".py",
    ".sh",
    ".toml",
    ".yaml",
    ".yml",
    ".js",
    ".mjs",
    ".css",
    ".html",
    ".j2",
    ".sql",
    ".mako",
}


def pattern(glob: str) -> re.Pattern[str]:
    """Turn a REUSE glob (`**` crosses folders, `*` does not) into a regular expression."""
    parts = re.split(r"(\*\*/|\*\*|\*)", glob)
    meaning = {"**/": "(?:.*/)?", "**": ".*", "*": "[^/]*"}
    return re.compile("".join(meaning.get(part, re.escape(part)) for part in parts))


def covered(root: Path, tracked: list[Path]) -> list[re.Pattern[str]]:
    """Read the paths whose licence a REUSE.toml states; one in a folder speaks of what is below it."""
    stated = []
    for path in (path for path in tracked if path.name == "REUSE.toml"):
        folder = "" if path.parent == Path() else f"{path.parent.as_posix()}/"
        for row in tomllib.loads((root / path).read_text(encoding="utf-8"))["annotations"]:
            assert row["SPDX-License-Identifier"]
            assert row["SPDX-FileCopyrightText"]
            globs = [row["path"]] if isinstance(row["path"], str) else row["path"]
            stated += [pattern(folder + glob) for glob in globs]
    return stated


def names_its_licence(path: Path) -> bool:
    """Tell whether the first lines hold an SPDX tag."""
    with path.open("rb") as file:
        return b"SPDX-License-Identifier: " in file.read(HEAD_BYTES)


def test_every_source_file_names_its_licence_in_its_first_lines(root: Path, tracked: list[Path]) -> None:
    sources = [path for path in tracked if path.suffix in HAS_COMMENTS or path.name == "Makefile"]
    stated = covered(root, tracked)
    silent = [
        str(path)
        for path in sources
        if not names_its_licence(root / path) and not any(glob.fullmatch(path.as_posix()) for glob in stated)
    ]
    assert not silent, "add `# SPDX-License-Identifier: Apache-2.0` as the first line"


def test_every_other_file_is_licensed_by_reuse_toml(root: Path, tracked: list[Path]) -> None:
    stated = covered(root, tracked)
    silent = [
        path.as_posix()
        for path in tracked
        if path.suffix not in HAS_COMMENTS
        and path.name != "Makefile"
        and not any(glob.fullmatch(path.as_posix()) for glob in stated)
        and not names_its_licence(root / path)
    ]
    assert not silent, "say in REUSE.toml whose these are and under which licence"


def test_each_statement_of_reuse_toml_is_about_a_file_that_is_here(root: Path, tracked: list[Path]) -> None:
    names = [path.as_posix() for path in tracked]
    idle = [glob.pattern for glob in covered(root, tracked) if not any(glob.fullmatch(name) for name in names)]
    assert not idle
