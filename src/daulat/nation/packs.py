# SPDX-License-Identifier: Apache-2.0
"""Country packs: a directory of data about one country, found by an entry point and read without running its code.

Comes in: a country code, or a nation that names a folder. Goes out: a `Pack`, whose files other rooms read by name.
What a pack may hold is listed in docs/concepts/packs.md. Nothing here imports a pack's module, writes to a pack, or
knows any country.
"""

from __future__ import annotations

from dataclasses import dataclass
from importlib.metadata import EntryPoint, entry_points
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from daulat.files import kind_of
from daulat.nation._yaml import read_yaml
from daulat.nation.errors import NationError
from daulat.nation.model import Nation

GROUP = "daulat.packs"


@dataclass(frozen=True, slots=True)
class Pack:
    """One country's pack.

    Parameters
    ----------
    country : str
        ISO 3166-1 alpha-2, upper case.
    name, version : str
        Of the distribution that brought it, e.g. ``daulat-id`` and ``0.1.0``.
    root : Path
        The directory that holds its files.
    """

    country: str
    name: str
    version: str
    root: Path

    def path(self, *parts: str) -> Path:
        """Return the path of a file of the pack; it need not exist.

        Raises
        ------
        NationError
            If the parts lead out of the pack, or to a pipe or a device, which to open could wait for ever.
        """
        found = self.root.joinpath(*parts)
        if not found.resolve().is_relative_to(self.root.resolve()):
            raise NationError(
                f"`{'/'.join(parts)}` lies outside the pack {self.name}",
                why="A pack may name its own files only.",
                fix="Use a path below the pack's directory.",
                code="pack.path",
                value="/".join(parts),
            )
        if found.exists() and not (found.is_file() or found.is_dir()):
            raise NationError(
                f"`{'/'.join(parts)}` of the pack {self.name} is {kind_of(found)} and no file",
                why="To read it could wait for ever.",
                fix=f"Put a file in the place of {found}, or take it away.",
                code="pack.file",
                value="/".join(parts),
            )
        return found

    def has(self, *parts: str) -> bool:
        """Say whether the pack holds this file or directory."""
        return self.path(*parts).exists()

    def yaml(self, *parts: str) -> Any:
        """Return the data of one YAML file: mappings, lists, text, numbers, true, false, null. Dates stay text.

        Raises
        ------
        NationError
            If the file is missing or not valid; with the file and the line.
        """
        return read_yaml(self.path(*parts), name=f"{self.name}/{'/'.join(parts)}").data

    def __str__(self) -> str:
        return f"{self.name} {self.version}"


def find_pack(country: str) -> Pack | None:
    """Return the installed pack of a country, or None.

    Raises
    ------
    NationError
        If two distributions claim the same country, or one that is declared cannot be found on disk.
    """
    code = country.upper()
    found = [entry for entry in entry_points(group=GROUP) if entry.name.upper() == code]
    # An editable install and its wheel can both be on the path; they name the same module and are one pack.
    if len({entry.value for entry in found}) > 1:
        names = ", ".join(sorted(_distribution(entry)[0] for entry in found))
        raise NationError(
            f"more than one pack is installed for {code}: {names}",
            why="They could contradict each other.",
            fix="Uninstall all but one.",
            code="pack.conflict",
            value=code,
        )
    return _open(found[0], code) if found else None


def pack_of(nation: Nation) -> Pack | None:
    """Return the pack of a nation: the folder that it declares, else the installed pack of its country, or None.

    Raises
    ------
    NationError
        If the declared folder is none, or as `find_pack` does.
    """
    if not nation.pack:
        return find_pack(nation.country)
    root = nation.path(nation.pack).resolve()
    if not root.is_dir():
        raise NationError(
            f"nation.yaml says `pack: {nation.pack}`, and {root} is not a folder",
            why=f"Everything particular to {nation.country} would be missing.",
            fix="Correct the path, which starts at the folder of nation.yaml, or delete the line.",
            code="pack.missing",
            value=nation.pack,
        )
    return pack_at(root, nation.country)


def installed_packs() -> list[Pack]:
    """Return all installed packs, by country code."""
    codes = sorted({entry.name.upper() for entry in entry_points(group=GROUP)})
    return [pack for code in codes if (pack := find_pack(code)) is not None]


def pack_at(root: Path, country: str) -> Pack:
    """Return a pack from a directory that is not installed: a nation's own, or a test's.

    Examples
    --------
    >>> str(pack_at(Path("packs/xa"), "XA"))
    'xa (directory)'
    """
    return Pack(country.upper(), root.name, "(directory)", root)


def _distribution(entry: EntryPoint) -> tuple[str, str]:
    return (entry.dist.name, entry.dist.version) if entry.dist else (entry.module, "unknown")


def _open(entry: EntryPoint, country: str) -> Pack:
    name, version = _distribution(entry)
    # For a top-level module find_spec only looks; a dotted name would import its parents.
    spec = find_spec(entry.module) if "." not in entry.module else None
    if spec is None or not spec.submodule_search_locations:
        raise NationError(
            f"pack {name} points to `{entry.module}`, which is not a top-level package on this machine",
            why=f"Everything particular to {country} would be missing.",
            fix=f"Reinstall {name}; its entry point must name one top-level package.",
            code="pack.missing",
            value=entry.module,
        )
    return Pack(country, name, version, Path(next(iter(spec.submodule_search_locations))))
