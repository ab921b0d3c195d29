# SPDX-License-Identifier: Apache-2.0
"""The door to the readers: a declared file in, an `Extract` out; hostile formats are read in a process of their own.

DOCX, PDF and HTML come from outside and their parsers are large, so they run in a child with limits on memory, time and
files written. A child that crashes costs one document. The file's first bytes must agree with the declared format.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import asdict, replace
from pathlib import Path

import msgspec

from daulat.knowledge.readers.base import Extract, Format, Limits, Reader, ReadingError, cleaned
from daulat.knowledge.readers.text import read_markdown, read_text

_SIGNATURES = {b"%PDF-": "pdf", b"PK\x03\x04": "docx", b"\xd0\xcf\x11\xe0": "ole", b"\x1f\x8b": "gzip"}
_PASSED_ON = ("PATH", "PYTHONPATH", "LANG", "TESSDATA_PREFIX", "SYSTEMROOT")
# A page takes a second at most; scanned pages of a PDF take minutes by themselves.
_SECONDS = {"html": 60.0, "docx": 60.0}
_IN_CHILD = ("html", "docx", "pdf")
_IN_PLACE: dict[str, Reader] = {"markdown": read_markdown, "text": read_text}


class Reply(msgspec.Struct):
    """What the child says: an extract, or a fault with its remedy."""

    extract: Extract | None = None
    what: str = ""
    fix: str = ""
    retryable: bool = False


def read_document(path: Path, declared: Format, limits: Limits) -> Extract:
    """Read one document.

    Raises
    ------
    ReadingError
        If it is empty, too large, of another format than declared, damaged, encrypted or hostile, or holds no text.
    """
    _refuse_at_sight(path, declared, limits)
    extract = _in_child(path, declared, limits) if declared in _IN_CHILD else _IN_PLACE[declared](path, limits)
    extract = cleaned(extract)
    if not extract.text.strip():
        raise ReadingError(
            f"{path.name} holds no text", fix="Check the file; a scan needs Tesseract and `format: pdf`."
        )
    return extract


def reader_of(declared: str) -> Callable[[Path, Limits], Extract]:
    """Return the reader of a format that is read in a child; imported only there, since these parsers are large."""
    if declared == "pdf":
        from daulat.knowledge.readers.pdf import read_pdf

        return read_pdf
    if declared == "docx":
        from daulat.knowledge.readers.docx import read_docx

        return read_docx
    from daulat.knowledge.readers.html import read_html

    return read_html


def _refuse_at_sight(path: Path, declared: Format, limits: Limits) -> None:
    try:
        size = path.stat().st_size
        with path.open("rb") as file:
            head = file.read(1024)
    except OSError as error:
        raise ReadingError(
            f"{path.name} cannot be opened: {error.strerror}", fix="Check the file's rights.", retryable=True
        ) from error
    if size == 0:
        raise ReadingError(f"{path.name} is empty", fix="Fetch the file again.")
    if size > limits.file_bytes:
        raise ReadingError(
            f"{path.name} holds {size:,} bytes; the limit is {limits.file_bytes:,}", fix="Split the file."
        )
    found = next((name for sign, name in _SIGNATURES.items() if head.lstrip().startswith(sign)), "")
    if found == "ole" and declared == "docx":
        raise ReadingError(f"{path.name} is encrypted or in the old .doc format", fix="Save it as an open .docx.")
    if found != declared and (found or declared in ("pdf", "docx")):
        seems = f"looks like {found}" if found else "does not look like it"
        raise ReadingError(
            f"{path.name} is declared as {declared} but {seems}",
            fix="Replace the file, or declare it in a source of its own; `format` is of all files of a source.",
        )


def _in_child(path: Path, declared: Format, limits: Limits) -> Extract:
    limits = replace(limits, seconds=min(limits.seconds, _SECONDS.get(declared, limits.seconds)))
    order = msgspec.json.encode({"path": str(path.resolve()), "format": declared, "limits": asdict(limits)})
    command = [sys.executable, "-m", "daulat.knowledge.readers._child"]
    # The child needs no secret of ours. Tesseract is fastest with one thread: two took four times as long.
    environment = {name: os.environ[name] for name in _PASSED_ON if name in os.environ} | {"OMP_THREAD_LIMIT": "1"}
    try:
        done = subprocess.run(  # noqa: S603  # our own interpreter; the path travels inside the order, not the command
            command, input=order, capture_output=True, timeout=limits.seconds, check=False, env=environment
        )
    except subprocess.TimeoutExpired as error:
        raise ReadingError(
            f"{path.name} took more than {limits.seconds:g} s to read",
            fix="Split the file, or save it again.",
            retryable=True,
        ) from error
    if done.returncode:
        reason = f"signal {-done.returncode}" if done.returncode < 0 else f"exit {done.returncode}"
        raise ReadingError(
            f"{path.name} stopped its reader ({reason}): damaged, hostile, or in need of more than "
            f"{limits.memory_bytes // 2**20:,} MiB of memory",
            fix="Open it by hand and save it again, or ask the publisher for another copy.",
            retryable=True,
        )
    reply = msgspec.json.decode(done.stdout, type=Reply)
    if reply.extract is None:
        raise ReadingError(reply.what, fix=reply.fix, retryable=reply.retryable)
    return reply.extract
