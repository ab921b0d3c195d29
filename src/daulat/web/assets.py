# SPDX-License-Identifier: Apache-2.0
"""The static files: read once from the package, compressed once, under an address that changes with their content.

All files share one directory, `/static/<digest of them all>/`, so that native modules import each other by their plain
names, `./dom.js`, with no bundler to rewrite them. That address never holds other content: browsers may keep it.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import resources

from daulat.web.http import Response, gzipped

MEDIA_TYPES = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
}
FOR_EVER = "public, max-age=31536000, immutable"

_COMMENT = re.compile(rb"^[ \t]*(?://.*|/\*[\s\S]*?\*/[ \t]*)$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Assets:
    """The static files by name, ready to send."""

    root: str
    files: Mapping[str, Response]

    def url(self, name: str) -> str:
        """Return the address of a file; an unknown name is a mistake in a template and raises `KeyError`."""
        self.files[name]
        return f"{self.root}{name}"

    def find(self, path: str) -> Response | None:
        """Return the file at `/static/<digest>/<name>`.

        A page that was open while the service was renewed asks for the digest it knows; it gets today's file, unkept.
        """
        digest, _, name = path.removeprefix("/static/").partition("/")
        found = self.files.get(name)
        if found is None or f"/static/{digest}/" == self.root:
            return found
        return Response(found.body, media_type=found.media_type, cache="no-store", compressed=found.compressed)


def without_comments(body: bytes) -> bytes:
    """Leave out comments that have lines of their own: a seventh of what a phone would load. The first line, which is
    the licence, stays, and so does the number of each line.

    Examples
    --------
    >>> without_comments(b"// SPDX\\n// why\\nlet a; // here\\n/* and\\n   so */\\n")
    b'// SPDX\\n\\nlet a; // here\\n\\n\\n'
    """
    licence, end, rest = body.partition(b"\n")
    return licence + end + _COMMENT.sub(lambda found: b"\n" * found[0].count(b"\n"), rest)


def load_assets() -> Assets:
    """Read and compress every file of `daulat/web/static`."""
    folder = resources.files("daulat.web") / "static"
    bodies = {
        entry.name: without_comments(entry.read_bytes()) if entry.name.endswith((".js", ".css")) else entry.read_bytes()
        for entry in sorted(folder.iterdir(), key=lambda item: item.name)
    }
    digest = hashlib.sha256()
    for name, body in bodies.items():
        digest.update(f"{name} {len(body)}\n".encode() + body)
    files = {}
    for name, body in bodies.items():
        media_type = MEDIA_TYPES[name[name.rindex(".") :]]
        files[name] = Response(body, media_type=media_type, cache=FOR_EVER, compressed=gzipped(body))
    return Assets(root=f"/static/{digest.hexdigest()[:12]}/", files=files)
