# SPDX-License-Identifier: Apache-2.0
"""The shelf of releases at one site: what is there, which is in use, and which were before.

`current` names the release in use and is replaced by a rename, so a reader sees the old one or the new one and
nothing between; `published.jsonl` says when each was put in use and by whom. Releases themselves are never changed.
Nothing is put in use or opened from here unless every byte is as a trusted key signed it, and it is of the site's
country.
Readers keep what they have open until they let go of it, so a swap never breaks an answer that is being made.
"""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import BinaryIO

import msgspec

from daulat.files import read_regular, write_whole
from daulat.knowledge.errors import ReleaseError
from daulat.knowledge.release._place import using
from daulat.knowledge.release.last_built import built_again
from daulat.knowledge.release.layout import MANIFEST, Manifest
from daulat.knowledge.release.reader import Release
from daulat.knowledge.release.signing import UNTRUSTED, VerifyKey, read_manifest, verify_release

_IN_USE = "What is in use, and was before, is written there."
OTHER_COUNTRY = "knowledge.release.country"  # the code of a release that holds the law of another country
_CURRENT, _LOG = "current", "published.jsonl"


@dataclass(frozen=True, slots=True)
class Publication:
    """A release was put in use: when (ISO 8601, UTC), by whom, instead of which, signed with which key."""

    release_id: str
    at: str
    by: str
    replaced: str
    manifest_key: str
    rollback: bool = False


@dataclass(frozen=True, slots=True)
class Contents:
    """What lies on a shelf: the releases, oldest first, and by directory why others cannot be read."""

    releases: tuple[Manifest, ...]
    unreadable: Mapping[str, ReleaseError]


class Shelf:
    """Keeps the releases of one site.

    Parameters
    ----------
    folder : Path
        The directory of releases.
    trusted : tuple of VerifyKey
        Keys whose releases may be put in use and opened; by default none may.
    country : str
        ISO 3166-1 alpha-2; releases of others are not put in use, opened or listed among those that can be. Empty:
        of any.
    unread : str
        Which key of the site's own is missing among the trusted ones because it cannot be read, and why; empty: none.
    """

    def __init__(
        self, folder: Path, trusted: tuple[VerifyKey, ...] = (), country: str = "", *, unread: str = ""
    ) -> None:
        self.folder = folder
        self._trusted = trusted
        self._country = country
        self._unread = unread

    @property
    def unread(self) -> str:
        """Which key of the site's own cannot be read, and why; empty: none."""
        return self._unread

    def contents(self) -> Contents:
        """Look at what is here; a release that the last build gave again is the newest.

        A manifest that cannot be read, or is of another country, hides no other.
        """
        found: list[Manifest] = []
        unreadable: dict[str, ReleaseError] = {}
        for name in self._names():
            try:
                manifest = read_manifest(self.folder / name)
                self._require_ours(name, manifest)
                found.append(manifest)
            except ReleaseError as error:
                unreadable[name] = error
        again = built_again(self.folder)

        def order(manifest: Manifest) -> tuple[str, str]:
            is_again = again is not None and again.release_id == manifest.release_id
            return again.at if again and is_again else manifest.made_at, manifest.release_id

        found.sort(key=order)
        return Contents(tuple(found), unreadable)

    def current_id(self) -> str:
        """Name the release in use; empty where none is.

        Raises
        ------
        ReleaseError
            If the place cannot be read.
        """
        return self._held(_CURRENT).decode(errors="replace").strip()

    def open_current(self) -> Release | None:
        """Verify and open the release in use, or return None where none is."""
        name = self.current_id()
        return self.open(name) if name else None

    def open(self, release_id: str) -> Release:
        """Open a release, once every byte of it and its signer are verified.

        Raises
        ------
        ReleaseError
            If it is not here, not whole, not signed by a trusted key, or of another country.
        """
        self.verify(release_id)
        return Release(self.path(release_id))

    def verify(self, release_id: str) -> tuple[Manifest, VerifyKey]:
        """Check every byte and the signature of a release, its name and its country; see `verify_release`.

        An older release under the name of the one in use would be a return to old law that nobody signed.
        """
        try:
            manifest, key = verify_release(self.path(release_id), self._trusted)
        except ReleaseError as error:
            if self._unread and error.code == UNTRUSTED:
                raise self._unknown(error) from error
            raise
        self._require_ours(release_id, manifest)
        return manifest, key

    def _unknown(self, untrusted: ReleaseError) -> ReleaseError:
        return ReleaseError(
            f"this site's own signing key cannot be read: {self._unread}; so {untrusted.what}",
            why="Whether that is this site's own key cannot be told.",
            fix="Run this as the user whose key it is, or give it to this one (`ls -l` shows whose it is). If only "
            "another user may read it, write the public key under `trusted_keys` of `knowledge` in nation.yaml.",
            code="knowledge.key",
        )

    def _require_ours(self, name: str, manifest: Manifest) -> None:
        _require_named(name, manifest)
        if self._country and manifest.country != self._country:
            raise ReleaseError(
                f"release {name} holds the law of {manifest.country}, and nation.yaml declares {self._country}",
                why="People would be told that the law of another country is in force here.",
                fix="`daulat knowledge build` and `publish` make one from the sources declared here; if two countries "
                "share this folder, name another one under `releases` of `knowledge` in nation.yaml.",
                code=OTHER_COUNTRY,
            )

    def publish(self, release_id: str, *, by: str, now: Callable[[], datetime]) -> Publication:
        """Verify a release and put it in use.

        Raises
        ------
        ReleaseError
            If it is not here, not whole, not signed by a trusted key, or of another country; the release in use stays.
        """
        return self._put_in_use(release_id, by=by, now=now)

    def _put_in_use(
        self, release_id: str, *, by: str, now: Callable[[], datetime], back_from: str | None = None
    ) -> Publication:
        _, key = self.verify(release_id)
        Release(self.path(release_id))  # a release that verifies but does not open must not be put in use
        at = now().isoformat(timespec="seconds")
        with using(self.folder, why=_IN_USE), (self.folder / _LOG).open("a+b") as log:
            fcntl.flock(log, fcntl.LOCK_EX)  # until the file is closed: one publication after another
            current = self.current_id()
            if back_from not in (None, current):
                raise ReleaseError(
                    f"{current} was put in use meanwhile, and stays",
                    why=f"Going back was meant from {back_from}; from here it would lead elsewhere.",
                    fix="`daulat knowledge list` shows what is in use; roll back again if it is still wanted.",
                    code="knowledge.rollback.meanwhile",
                )
            publication = Publication(release_id, at, by, current, key.text, back_from is not None)
            log.write(_line_break_if_torn(log) + json.dumps(asdict(publication), sort_keys=True).encode() + b"\n")
            log.flush()
            os.fsync(log.fileno())
            write_whole(self.folder / _CURRENT, f"{release_id}\n".encode())
        return publication

    def history(self) -> list[Publication]:
        """List the publications, oldest first; the torn line of a killed writer is left out.

        Raises
        ------
        ReleaseError
            If the place cannot be read.
        """
        lines = self._held(_LOG).split(b"\n")
        return [publication for line in lines if (publication := _publication(line))]

    def rollback(self, *, by: str, now: Callable[[], datetime]) -> Publication:
        """Put the release in use that was before the present one; a second rollback goes back one further.

        Raises
        ------
        ReleaseError
            If there was none, it is no longer here, or another was put in use meanwhile.
        """
        current, before = self.current_id(), self.previous_id()
        if not before:
            raise ReleaseError(
                "there is no release before the present one",
                why="A rollback puts back what was in use before.",
                fix="`daulat knowledge list` shows what is here; `daulat knowledge publish ID` puts one in use.",
                code="knowledge.rollback",
            )
        return self._put_in_use(before, by=by, now=now, back_from=current)

    def previous_id(self) -> str:
        """Name the release that was in use before the present one was first put there; empty where none was."""
        line = [""]
        for publication in self.history():
            if publication.rollback and publication.release_id in line:
                del line[_last(line, publication.release_id) + 1 :]
            elif publication.release_id != line[-1]:
                line.append(publication.release_id)
        # A killed publisher may have written the log and not the name.
        current = self.current_id()
        return line[_last(line, current) - 1] if current in line[1:] else ""

    def path(self, release_id: str) -> Path:
        """Return the directory of a release that is here.

        Raises
        ------
        ReleaseError
            If it is not.
        """
        known = self._names()
        if release_id not in known:
            raise ReleaseError(
                f"release {release_id!r} is not here (here: {', '.join(known) or 'none'})",
                why="Only a release on this machine can be verified and used.",
                fix="`daulat knowledge publish ID` puts one that is here in use; or copy the missing directory here."
                if known
                else "Run `daulat knowledge build`, or copy the release directory here.",
                code="knowledge.release.missing",
            )
        return self.folder / release_id

    def _held(self, name: str) -> bytes:
        """Read a file of the shelf's own; empty where it is not there yet."""
        with using(self.folder, why=_IN_USE):
            try:
                return read_regular(self.folder / name)
            except FileNotFoundError:
                return b""

    def _names(self) -> list[str]:
        with using(self.folder, why=_IN_USE):
            try:
                here = [path for path in self.folder.iterdir() if not path.name.startswith(".")]
            except FileNotFoundError:
                return []
            return sorted(path.name for path in here if (path / MANIFEST).is_file())


def _require_named(name: str, manifest: Manifest) -> None:
    if manifest.release_id != name:
        raise ReleaseError(
            f"the directory {name} holds release {manifest.release_id}",
            why="What it answers would be recorded under the name of another text.",
            fix=f"Name the directory {manifest.release_id}, or fetch {name} again.",
            code="knowledge.release.name",
        )


def _last(names: list[str], name: str) -> int:
    return len(names) - 1 - names[::-1].index(name)


def _publication(line: bytes) -> Publication | None:
    try:
        return msgspec.json.decode(line, type=Publication)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return None


def _line_break_if_torn(log: BinaryIO) -> bytes:
    """Return what parts a new line from the last one: a writer that was killed may have left half of its own."""
    if not log.seek(0, os.SEEK_END):
        return b""
    log.seek(-1, os.SEEK_END)
    return b"" if log.read(1) == b"\n" else b"\n"
