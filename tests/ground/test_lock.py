# SPDX-License-Identifier: Apache-2.0
"""The lock is what the project asks for, names no registry, and stays small."""

from __future__ import annotations

import re
import tomllib
from importlib.metadata import PackageNotFoundError, distribution
from importlib.util import cache_from_source
from pathlib import Path

import pytest
import slim
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

MOST_PACKAGES = 60
MOST_MEGABYTES = 450
PIN = re.compile(r"^([A-Za-z0-9._-]+)==([^ ;\\]+)", re.MULTILINE)


def pins(lock: Path) -> dict[str, set[str]]:
    """Read which versions a lock allows; a package may have one for each range of Python."""
    found: dict[str, set[str]] = {}
    for name, version in PIN.findall(lock.read_text(encoding="utf-8")):
        found.setdefault(canonicalize_name(name), set()).add(version)
    return found


@pytest.fixture(scope="module")
def project(root: Path) -> dict[str, list[str]]:
    """Return what pyproject.toml asks for, by the lock that answers it."""
    declared = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))
    return {"core": declared["project"]["dependencies"], "dev": declared["dependency-groups"]["dev"]}


@pytest.mark.parametrize("lock", ["core", "dev"])
def test_the_lock_satisfies_what_the_project_asks_for(root: Path, project: dict[str, list[str]], lock: str) -> None:
    locked = pins(root / f"requirements/{lock}.txt")
    unmet = [
        text
        for text in project[lock]
        for asked in [Requirement(text)]
        if not (versions := locked.get(canonicalize_name(asked.name)))
        or not all(asked.specifier.contains(version) for version in versions)
    ]
    assert not unmet, "run `make lock`"


def test_the_tools_are_tested_with_the_versions_that_are_served(root: Path) -> None:
    core, dev = pins(root / "requirements/core.txt"), pins(root / "requirements/dev.txt")
    assert {name: dev.get(name) for name in core} == core


@pytest.mark.parametrize("lock", ["core", "dev", "build", "uv"])
def test_a_lock_names_no_registry_and_pins_every_file(root: Path, lock: str) -> None:
    text = (root / f"requirements/{lock}.txt").read_text(encoding="utf-8")
    assert "://" not in text
    assert not re.search(r"^\s*--(?!hash=)", text, re.MULTILINE)
    entries = re.split(r"^(?=[A-Za-z0-9])", text, flags=re.MULTILINE)[1:]
    assert entries
    assert all("--hash=sha256:" in entry for entry in entries)


def test_the_core_stays_within_its_packages(root: Path) -> None:
    assert len(pins(root / "requirements/core.txt")) + 2 <= MOST_PACKAGES  # and our own two


def test_the_core_stays_within_its_megabytes(root: Path) -> None:
    table = tomllib.loads((root / "requirements/unused.toml").read_text(encoding="utf-8"))
    total = 0
    for name in pins(root / "requirements/core.txt"):
        try:
            found = distribution(name)
        except PackageNotFoundError:  # locked for another platform
            continue
        site = Path(str(found.locate_file("")))
        own = [row for row in table["unused"] if canonicalize_name(row["distribution"]) == name]
        unused = {path for row in own for glob in row["paths"] for path in site.glob(glob)}
        files = {site / str(file) for file in found.files or []} - unused
        # Byte code stands beside each source, whether or not the installer listed it.
        files |= {Path(cache_from_source(str(file))) for file in files if file.suffix == ".py"}
        total += sum(file.stat().st_size for file in files if file.is_file())
        for row in table["debug_symbols"]:
            if canonicalize_name(row["distribution"]) == name and (library := (site / row["path"])).exists():
                whole = library.read_bytes()
                total -= len(whole) - len(slim.without_debug_symbols(whole))
    assert 200 < total / 1e6 <= MOST_MEGABYTES  # below 200, nothing was counted
