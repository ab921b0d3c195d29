# SPDX-License-Identifier: Apache-2.0
"""What lies in a release directory, and the manifest that accounts for it.

    manifest.json        this file's `Manifest`: every other file with its size and sha256, the sources, the versions
    manifest.sig         Ed25519 signature of manifest.json, with the key that made it
    documents.json       the documents, with status and relations
    acts.json            acts that are known and not held, with what became of them
    passages.bin         one JSON record a passage; offsets.npy says where each begins
    passage_ids.npy      hashes of the passage ids, sorted, and the row of each
    rows.npy             per passage: document, status, words
    segments.npy         per segment: passage, first and last character
    vectors.npy ...      see `daulat.knowledge.index.vectors`
    terms.npy ...        see `daulat.knowledge.index.forward`
    lexical/             see `daulat.knowledge.index.lexical`
    everyday/            see `daulat.knowledge.everyday.index`; only where a pack has everyday questions
    failures.json        documents that could not be read, and why

Nothing here reads or writes.
"""

from __future__ import annotations

import hashlib
from typing import Any

import msgspec
import numpy as np

FORMAT = 1
MANIFEST, SIGNATURE = "manifest.json", "manifest.sig"
DOCUMENTS, PASSAGES, OFFSETS = "documents.json", "passages.bin", "offsets.npy"
PASSAGE_IDS, ROWS, SEGMENTS, FAILURES = "passage_ids.npy", "rows.npy", "segments.npy", "failures.json"
NOTES, ACTS = "notes.json", "acts.json"  # not in releases that were made before they were kept
LEXICAL, EVERYDAY = "lexical", "everyday"

ID_TYPE = np.dtype([("hash", "<u8"), ("row", "<u4")])
ROW_TYPE = np.dtype([("document", "<u4"), ("status", "u1"), ("section", "u1"), ("words", "<u2")])
SEGMENT_TYPE = np.dtype([("passage", "<u4"), ("start", "<u4"), ("end", "<u4")])

STATUSES = ("unknown", "in_force", "amended", "partly_revoked", "revoked", "not_law")
SECTIONS = ("text", "preamble", "body", "elucidation_general", "elucidation")
EVERY_SERVICE = ""  # stands in the lexical index for the services of a document that names none


class FileEntry(msgspec.Struct, frozen=True):
    """One file of the release: bytes, and sha256 in hex."""

    size: int
    sha256: str


class SourceEntry(msgspec.Struct, frozen=True):
    """One declared source as it was read: who publishes it, under which licence, retrieved and covering until when."""

    id: str
    title: str
    publisher: str
    licence: str
    retrieved: str
    coverage_date: str
    documents: int
    files: dict[str, str]


class Manifest(msgspec.Struct, frozen=True):
    """What a release is made of. `fingerprint` is the hash of everything that decides what it holds; the id is drawn
    from it.

    `inputs` is the hash of what went in, where the fingerprint holds more: what this machine could not read, and
    `next_change`, the first day on which a recorded change of law begins that had not when this was built.
    `ordered_at` is when it counts as made, where the clock had been put back: after what lay here before.
    `data` are the sha256 of the pack's files that decide how sources are read and what citizens are heard to ask, and
    `declared` is that of what was declared of the sources; each is empty in releases made before it was kept.
    """

    release_id: str
    format: int
    fingerprint: str
    created_at: str
    daulat: str
    country: str
    encoder: str
    dimensions: int
    coverage_date: str
    documents: int
    passages: int
    segments: int
    failures: int
    sources: tuple[SourceEntry, ...]
    files: dict[str, FileEntry]
    data: dict[str, str] = {}
    declared: str = ""
    inputs: str = ""
    next_change: str = ""
    ordered_at: str = ""

    @property
    def made_at(self) -> str:
        """The moment by which releases are put in order, ISO 8601, UTC."""
        return self.ordered_at or self.created_at

    def has_changed_by(self, day: str) -> bool:
        """Say whether a change of law that was to come has begun on a day, ISO 8601."""
        return bool(self.next_change) and self.next_change <= day


def id_hash(passage_id: str) -> int:
    """Return the 64-bit hash under which a passage id is found.

    Examples
    --------
    >>> id_hash("UU-1:pasal-1") == id_hash("UU-1:pasal-1")
    True
    """
    return int.from_bytes(
        hashlib.blake2b(passage_id.encode("utf-8", "surrogatepass"), digest_size=8).digest(), "little"
    )


def encode_json(value: Any) -> bytes:
    """Encode a value as JSON with sorted keys and a final newline, so that equal values are equal bytes."""
    return msgspec.json.format(msgspec.json.encode(value, order="sorted"), indent=1) + b"\n"
