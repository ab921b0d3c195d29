# SPDX-License-Identifier: Apache-2.0
"""Which release a build gave again: a folder of releases and a name in; the moment by which it is the newest out.

A curator who puts a text back and builds is given the release of that text, which was made before the one that is to be
undone. It is the newest all the same, for `publish` without a name means what was built last. Releases are never
changed, so this stands in `built_again.json` beside them; a build that makes a new release ends it.
"""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import msgspec

from daulat.files import read_regular, write_whole
from daulat.knowledge.release.known import after_others

_BUILT_AGAIN = "built_again.json"


class BuiltAgain(msgspec.Struct, frozen=True):
    """A release that was given by a build after it was made, and when, ISO 8601, UTC: after all that lay there."""

    release_id: str
    at: str


def note_built_again(releases: Path, release_id: str, now: datetime) -> None:
    """Write that a build gave this release again; raises OSError where it cannot be written."""
    at = after_others(releases, now) or now.isoformat(timespec="microseconds")
    write_whole(releases / _BUILT_AGAIN, msgspec.json.encode(BuiltAgain(release_id, at)) + b"\n")


def forget_built_again(releases: Path) -> None:
    """End it: a new release was made since; raises OSError where it cannot be removed."""
    (releases / _BUILT_AGAIN).unlink(missing_ok=True)


def built_again(releases: Path) -> BuiltAgain | None:
    """Return what was written; None where nothing was, or it cannot be read: then releases count as they were made."""
    try:
        return msgspec.json.decode(read_regular(releases / _BUILT_AGAIN), type=BuiltAgain)
    except (OSError, msgspec.MsgspecError, UnicodeDecodeError):
        return None
