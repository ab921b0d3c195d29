# SPDX-License-Identifier: Apache-2.0
"""Releases: ingested documents in; an immutable, signed directory that any site opens read-only, out.

`build_release` makes one, `Release` reads one, `Shelf` keeps them: publish, list, roll back, and the one in use. A
release is never changed after it is signed; what is published can always be verified against its manifest.
"""

from daulat.knowledge.release._place import using
from daulat.knowledge.release.build import BUSY, Builder, BuildReport
from daulat.knowledge.release.difference import Difference, difference
from daulat.knowledge.release.inputs import declared_hash, hashes_of, source_hashes
from daulat.knowledge.release.layout import Manifest
from daulat.knowledge.release.reader import Release, StoredPassage
from daulat.knowledge.release.shelf import OTHER_COUNTRY, Shelf
from daulat.knowledge.release.signing import SigningKey, VerifyKey, verify_release

__all__ = [
    "BUSY",
    "OTHER_COUNTRY",
    "BuildReport",
    "Builder",
    "Difference",
    "Manifest",
    "Release",
    "Shelf",
    "SigningKey",
    "StoredPassage",
    "VerifyKey",
    "declared_hash",
    "difference",
    "hashes_of",
    "source_hashes",
    "using",
    "verify_release",
]
