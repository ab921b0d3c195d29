# SPDX-License-Identifier: Apache-2.0
"""Take out of an environment what its packages carry and Daulat never opens.

Comes in: the table `requirements/unused.toml` and the environment of the interpreter that runs this. Goes out: a
smaller environment whose `RECORD` files are true, and one line on stderr. Never touches a package that the table does
not name, and never writes into a file in place: an installer may share its bytes with other environments.
"""

from __future__ import annotations

import base64
import csv
import hashlib
import os
import struct
import sys
import tomllib
from collections.abc import Iterable
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

_LOADED_SEGMENT = 1  # PT_LOAD of the ELF specification
_ELF_64_LITTLE_ENDIAN = b"\x7fELF\x02\x01"


def without_debug_symbols(library: bytes) -> bytes:
    """Return an ELF shared library without what follows its loaded segments: symbols, debugging data, section table.

    The loader reads segments only (System V ABI, chapter 5: the section table is optional for execution). A file that
    is not ELF64 little-endian, or whose last segment is at its end, comes back as it is.

    Examples
    --------
    >>> without_debug_symbols(b"not a library")
    b'not a library'
    """
    if not library.startswith(_ELF_64_LITTLE_ENDIAN):
        return library
    (segments_at,) = struct.unpack_from("<Q", library, 32)
    segment_bytes, segments = struct.unpack_from("<HH", library, 54)
    end = segments_at + segment_bytes * segments
    for number in range(segments):
        kind, _flags, offset, _virtual, _physical, file_bytes = struct.unpack_from(
            "<IIQQQQ", library, segments_at + number * segment_bytes
        )
        if kind == _LOADED_SEGMENT:
            end = max(end, offset + file_bytes)
    if end >= len(library):
        return library
    kept = bytearray(library[:end])
    struct.pack_into("<Q", kept, 40, 0)  # e_shoff: where the section table was
    struct.pack_into("<HH", kept, 60, 0, 0)  # e_shnum, e_shstrndx
    return bytes(kept)


def replace_file(path: Path, content: bytes) -> None:
    """Put new bytes under a name, in a new file with the old one's mode."""
    part = path.with_name(path.name + ".part")
    part.write_bytes(content)
    part.chmod(path.stat().st_mode)
    part.replace(path)


def remove_files(site: Path, patterns: Iterable[str]) -> int:
    """Remove the files that match, and the folders that this leaves empty; return the bytes freed."""
    freed = 0
    for pattern in patterns:
        for path in sorted(site.glob(pattern), reverse=True):
            if path.is_dir() and not path.is_symlink():
                if not any(path.iterdir()):
                    path.rmdir()
            else:
                freed += path.lstat().st_size
                path.unlink()
    return freed


def rewrite_record(site: Path, record: Path) -> None:
    """Make a distribution's list of files true again: without the missing, with the sums of the changed."""
    with record.open(newline="", encoding="utf-8") as lines:
        rows = [row for row in csv.reader(lines) if row and os.path.lexists(site / row[0])]
    for row in rows:
        path = site / row[0]
        if row[2] and path.stat().st_size != int(row[2]):
            content = path.read_bytes()
            digest = base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=").decode()
            row[1:] = [f"sha256={digest}", str(len(content))]
    part = record.with_name("RECORD.part")
    with part.open("w", newline="", encoding="utf-8") as lines:
        csv.writer(lines, lineterminator="\n").writerows(rows)
    part.replace(record)


def slim(table: Path) -> int:
    """Apply the table to this interpreter's environment and return the bytes freed. A second run frees nothing."""
    declared = tomllib.loads(table.read_text(encoding="utf-8"))
    freed = 0
    for row in [*declared["unused"], *declared["debug_symbols"]]:
        try:
            found = distribution(row["distribution"])
        except PackageNotFoundError:  # not published for this platform
            continue
        site = Path(str(found.locate_file("")))
        before = freed
        freed += remove_files(site, row.get("paths", []))
        if "path" in row and (library := site / row["path"]).exists():
            old = library.read_bytes()
            new = without_debug_symbols(old)
            if len(new) < len(old):
                replace_file(library, new)
                freed += len(old) - len(new)
        if freed > before:
            [record] = [site / str(file) for file in found.files or [] if file.name == "RECORD"]
            rewrite_record(site, record)
    return freed


def main() -> None:
    """Slim the environment of this interpreter by the table named on the command line."""
    if sys.prefix == sys.base_prefix:
        sys.exit("slim.py removes files: run it with the Python of an environment of its own")
    freed = slim(Path(sys.argv[1]))
    print(f"removed {freed / 1e6:.0f} MB that Daulat never opens", file=sys.stderr)


if __name__ == "__main__":
    main()
