# SPDX-License-Identifier: Apache-2.0
"""What a release is built from, by its bytes: sources and a pack's files in, their sha256 by name out.

The fingerprint of a release is drawn from these, and whether a build is due is told by them. Nothing is written.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path

from daulat.knowledge.encoder import file_sha256
from daulat.knowledge.everyday import Wordings
from daulat.knowledge.ingested import below
from daulat.knowledge.release.layout import EVERYDAY
from daulat.knowledge.sources import Source


def source_hashes(source: Source) -> dict[str, str]:
    """Return the sha256 of every file of a source, by its path below the source's root; empty where it is not read.

    A file that cannot be read, is none, or is a link that leads out, is a failure of its own when its turn comes.
    """
    read = {path: _sha256_or_none(path) for path in [*source.files(), *source.tables()]}
    unread = (*source.links_out(), *source.not_files(), *source.misnamed())
    return {below(source, path): read.get(path, "") for path in (*read, *unread)}


def declared_hash(sources: Sequence[Source]) -> str:
    """Return the sha256 of what is declared of sources, in their order: titles, addresses, statuses, services, days."""
    declared = [source.model_dump(mode="json") for source in sources]
    return hashlib.sha256(json.dumps(declared, sort_keys=True).encode()).hexdigest()


def _sha256_or_none(path: Path) -> str:
    try:
        return file_sha256(path)
    except OSError:
        return ""


def hashes_of(data_files: Sequence[Path], everyday: Wordings | None, own_files: Sequence[Path] = ()) -> dict[str, str]:
    """Return the sha256 of what decides how sources are read, and of the everyday questions."""
    named = {path.name: path for path in data_files}
    named |= {f"{EVERYDAY}/{path.name}": path for path in (everyday.files if everyday else [])}
    named |= {f"own/{path.name}": path for path in own_files}
    named |= {f"own/{EVERYDAY}/{path.name}": path for path in (everyday.own_files if everyday else [])}
    return {name: file_sha256(path) for name, path in named.items() if path.is_file()}
