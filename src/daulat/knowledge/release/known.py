# SPDX-License-Identifier: Apache-2.0
"""The releases that were made before: a folder of them in; those that the same inputs gave, and what each could not
read, out.

One that is damaged is set aside under a hidden name. Nothing is judged of what a build would give today: see `Builder`.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path
from typing import TypeVar

import msgspec

from daulat.files import read_regular
from daulat.knowledge.errors import ReleaseError
from daulat.knowledge.ingested import IngestFailure, IngestNote
from daulat.knowledge.release.layout import FAILURES, NOTES, Manifest
from daulat.knowledge.release.signing import VerifyKey, damaged, read_manifest, verify_release

Listed = TypeVar("Listed")
_ASIDE = ".damaged-"


def find_release(releases: Path, fingerprint: str, key: VerifyKey) -> Path | None:
    """Return the whole release of a fingerprint that was signed with this key; None where there is none."""
    for folder in sorted(releases.glob(f"[!.]*-{fingerprint[:8]}")):
        manifest = _whole(folder, key)
        if manifest and manifest.fingerprint == fingerprint:
            return folder
    return None


def name_set_aside(releases: Path, country: str, fingerprint: str) -> str:
    """Return the name of a damaged release of a fingerprint that was set aside; empty where there is none.

    What is made again is that release: it may be in use, and answers were recorded under its name.
    """
    names = releases.glob(f"{_ASIDE}{country.lower()}-{'[0-9]' * 8}-{fingerprint[:8]}")
    return max((path.name.removeprefix(_ASIDE) for path in names), default="")


def releases_of(releases: Path, inputs: str, key: VerifyKey) -> Iterator[Path]:
    """Yield the whole releases that these inputs gave, first the one that held all of them, then the newest."""
    complete = find_release(releases, inputs, key)
    if complete:
        yield complete
    partial: list[tuple[str, Path]] = []
    for folder in releases.glob("[!.]*-*"):
        try:
            manifest = read_manifest(folder)
        except ReleaseError:
            continue  # no release, or a damaged one: a build of the same name sets it aside
        if manifest.inputs == inputs:
            partial.append((manifest.made_at, folder))
    yield from (folder for _, folder in sorted(partial, reverse=True) if _whole(folder, key))


def after_others(releases: Path, made: datetime) -> str:
    """Return a moment after each release that lies here, ISO 8601, where one is not before `made`; else nothing.

    What is built last is the newest, also where the clock went ahead and was put right, or was put back.
    """
    newest = made
    for folder in releases.glob("[!.]*-*"):
        with suppress(ReleaseError, ValueError, OverflowError, TypeError):
            newest = max(newest, datetime.fromisoformat(read_manifest(folder).made_at) + timedelta(microseconds=1))
    return newest.isoformat(timespec="microseconds") if newest > made else ""


def read_failures(folder: Path) -> tuple[IngestFailure, ...]:
    """Return the documents that a release could not hold, and why.

    Raises
    ------
    ReleaseError
        If the list cannot be read.
    """
    return _listed(folder, FAILURES, tuple[IngestFailure, ...])


def read_notes(folder: Path) -> tuple[IngestNote, ...]:
    """Return what a curator should look at in the documents of a release; nothing where that was not kept yet.

    Raises
    ------
    ReleaseError
        If the list cannot be read.
    """
    return _listed(folder, NOTES, tuple[IngestNote, ...]) if (folder / NOTES).is_file() else ()


def _whole(folder: Path, key: VerifyKey) -> Manifest | None:
    """Return the manifest of a release that is whole and ours; set aside what is not."""
    try:
        return verify_release(folder, (key,))[0]
    except ReleaseError:
        # Set aside, not deleted: what was changed in it, and who could, is for people to find out.
        aside = folder.with_name(f"{_ASIDE}{folder.name}")
        shutil.rmtree(aside, ignore_errors=True)
        folder.rename(aside)
        return None


def _listed(folder: Path, name: str, kind: type[Listed]) -> Listed:
    try:
        return msgspec.json.decode(read_regular(folder / name), type=kind)
    except (OSError, msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise damaged(folder, f"{name} cannot be read ({error})") from error
