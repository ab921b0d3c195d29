# SPDX-License-Identifier: Apache-2.0
"""Exampland (`XA`): a country pack of four small files, so that these tests know no real country."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml


@dataclass(frozen=True)
class Folder:
    """A pack as `daulat.language` sees one."""

    root: Path
    country: str = "XA"

    def path(self, *parts: str) -> Path:
        return self.root.joinpath(*parts)

    def has(self, *parts: str) -> bool:
        return self.path(*parts).exists()

    def yaml(self, *parts: str) -> Any:
        return yaml.safe_load(self.path(*parts).read_text(encoding="utf-8"))


@pytest.fixture
def pack_of(tmp_path: Path) -> Callable[[dict[str, str]], Folder]:
    """Return a function that writes files and gives the pack that holds them."""

    def write(files: dict[str, str]) -> Folder:
        for name, text in files.items():
            path = tmp_path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        return Folder(tmp_path)

    return write


@pytest.fixture
def exampland(pack_of: Callable[[dict[str, str]], Folder]) -> Folder:
    """A pack with an official language `xo`, a second language `xs` and a glossary."""
    return pack_of(
        {
            "languages/xo.yaml": """
                analysis: {stop_words: za el, suffixes: an, reduplication: true, stems: {bor: bor}}
                spelling:
                  {table: xo.tsv, doubling_mark: "2", prefixes: da, patterns: {'ng([aeiou][a-z]{2,})': 'meng\\1'}}
                gloss: {language: xo, lexicons: [], endings: ne}
            """,
            "languages/xo.tsv": "# chat\nzz | zza\tza\nlol\t\n",
            "languages/xs.yaml": 'gloss: {language: xo, lexicons: [xs.tsv], endings: ik, beginnings: "ny: s"}',
            "languages/xs.tsv": "sut\tkarta\nsut nin\tkarta nova; karta familia\n",
            "glossary.yaml": "language: xo\nentries:\n  papers:\n    kf | karta: karta familia; registro\n",
        }
    )
