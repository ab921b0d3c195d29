# SPDX-License-Identifier: Apache-2.0
"""Private: what commands share that speak of knowledge. `--file` and `--releases` in; the nation, its pack and its
shelf out. It also says, for whoever shows a release, what of the declared text is not in it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from pathlib import Path
from typing import Any

import click

from daulat.cli._declaration import declared_or_only_pack, file_option, is_named
from daulat.cli._output import counted, say
from daulat.knowledge.errors import ReleaseError, SourceError
from daulat.knowledge.opening import Place, ignored_files, nation_shelf, nation_sources, place_of
from daulat.knowledge.release import Manifest, Shelf
from daulat.nation import Nation, Pack, load_nation, pack_of

FAILED = ("document or row", "documents or rows")
"""What is counted where something failed: one, and several."""


@dataclass(frozen=True, slots=True)
class KnowledgePlace:
    """One nation's releases at one site."""

    nation: Nation
    pack: Pack | None
    place: Place

    @property
    def shelf(self) -> Shelf:
        """The shelf of releases."""
        return nation_shelf(self.nation, self.place)

    def newest(self) -> str:
        """Name the newest release that can be read, and say which others cannot.

        Raises
        ------
        ReleaseError
            If there is none.
        """
        contents = self.shelf.contents()
        for error in contents.unreadable.values():
            say(f"left out: {error.what}")
        found = contents.releases
        if not found:
            raise ReleaseError(
                f"there is no release in {self.place.releases}",
                why="A release is what questions are answered from.",
                fix="Run `daulat knowledge build`, or name another directory with --releases.",
                code="knowledge.release.missing",
            )
        return found[-1].release_id

    def current_or_newest(self) -> str:
        """Name the release in use, or the newest where none is."""
        return self.shelf.current_id() or self.newest()


def unread(manifest: Manifest, nation: Nation, pack: Pack | None) -> str:
    """Say how much of what a nation declares is not in a release, and how many files nobody declares; or nothing."""
    try:
        ignored = len(ignored_files(nation_sources(nation, pack)))
    except SourceError:  # what is declared now has faults, and what lies beside it is not known
        ignored = 0
    files = counted(ignored, "file is", "files are")
    beside = f"{files} ignored, for no source declares them: `daulat knowledge build` lists them" if ignored else ""
    return "; ".join(filter(None, (failed(manifest), beside)))


def failed(manifest: Manifest) -> str:
    """Say how many documents and rows a release could not hold, and how they are listed; or nothing."""
    if not manifest.failures:
        return ""
    return f"{counted(manifest.failures, *FAILED)} failed: `daulat knowledge failures {manifest.release_id}`"


def place_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add `--file` and `--releases`; the command receives the `KnowledgePlace` that is declared as `place`."""
    return _placing(command, load_nation)


def asking_place_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Do what `place_options` does for who only asks: without a declaration, of the one country that has a pack."""
    return _placing(command, lambda path: declared_or_only_pack(path, named=is_named()))


def _placing(command: Callable[..., Any], nation_at: Callable[[Path], Nation]) -> Callable[..., Any]:

    @file_option
    @click.option(
        "--releases",
        type=click.Path(file_okay=False, path_type=Path),
        help="The directory of releases, instead of the one that nation.yaml names.",
    )
    @wraps(command)
    def placed(*args: Any, path: Path, releases: Path | None, **options: Any) -> Any:
        nation = nation_at(path)
        place = KnowledgePlace(nation, pack_of(nation), place_of(nation).with_releases(releases))
        return command(*args, place=place, **options)

    return placed
