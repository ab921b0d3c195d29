# SPDX-License-Identifier: Apache-2.0
"""An open release: a directory in; passages, documents and index lookups out.

Indexes are mapped read-only; opening compares sizes and reads the documents and nothing else, so a release of a
million passages opens as fast as a small one. Where a file is written to while it is open, it says so before a word is
quoted (`held`). It never writes and never verifies signatures on its own: the `Shelf` does that before a release is
put in use.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from pathlib import Path

import msgspec
import numpy as np
from numpy.typing import NDArray

from daulat.knowledge.errors import ReleaseError
from daulat.knowledge.everyday import EverydayIndex
from daulat.knowledge.index import ForwardIndex, LexicalIndex, VectorIndex
from daulat.knowledge.index.vectors import mapped
from daulat.knowledge.legal import PassageStatus, Within
from daulat.knowledge.release.held import HeldFiles
from daulat.knowledge.release.layout import (
    ACTS,
    DOCUMENTS,
    EVERYDAY,
    LEXICAL,
    OFFSETS,
    PASSAGE_IDS,
    PASSAGES,
    ROWS,
    SEGMENTS,
    Manifest,
    id_hash,
)
from daulat.knowledge.release.signing import read_manifest
from daulat.knowledge.types import Act, Document, Passage


class StoredPassage(msgspec.Struct, frozen=True, array_like=True):
    """A passage and, where its status differs from its document's, why; and of other articles that stand in it."""

    passage: Passage
    changed: PassageStatus | None
    within: tuple[Within, ...] = ()


class Release:
    """A release, open for reading.

    Parameters
    ----------
    folder : Path

    Raises
    ------
    ReleaseError
        If the directory is not a release, or a file of it is missing or cut short.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.manifest: Manifest = read_manifest(folder)
        try:
            self._open()
        except (OSError, ValueError, EOFError, IndexError, msgspec.MsgspecError) as error:
            raise ReleaseError(
                f"release {self.manifest.release_id} cannot be opened: {error}",
                why="Questions would be answered from an incomplete text.",
                fix="Run `daulat knowledge verify` to see what is damaged, then build again or roll back.",
                code="knowledge.release.damaged",
            ) from error

    def _open(self) -> None:
        folder = self.folder
        # Sizes first: what was cut short would otherwise be read, or bring down the library that maps it.
        self._held = HeldFiles(folder, self.manifest.files)
        for name, entry in self.manifest.files.items():
            if (size := self._held.size(name)) != entry.size:
                raise ValueError(f"{name} has {size} bytes, not {entry.size}")
        self.documents = msgspec.json.decode((folder / DOCUMENTS).read_bytes(), type=tuple[Document, ...])
        acts = (folder / ACTS).read_bytes() if ACTS in self.manifest.files else b"[]"
        self.acts = msgspec.json.decode(acts, type=tuple[Act, ...])
        self._offsets = np.load(folder / OFFSETS, allow_pickle=False)
        self.rows: NDArray[np.void] = mapped(folder / ROWS)
        self.segments: NDArray[np.void] = mapped(folder / SEGMENTS)
        self._ids = mapped(folder / PASSAGE_IDS)
        if (size := self._held.size(PASSAGES)) != self._offsets[-1]:
            raise ValueError(f"{PASSAGES} has {size} bytes, not {self._offsets[-1]}")
        self._decoder = msgspec.json.Decoder(StoredPassage)
        self.lexical = LexicalIndex(folder / LEXICAL)
        self.vectors = VectorIndex(folder)
        self.terms = ForwardIndex(folder)
        heard = any(name.startswith(f"{EVERYDAY}/") for name in self.manifest.files)
        self.everyday = EverydayIndex(folder / EVERYDAY) if heard else None
        held = {len(self.rows), len(self._ids), len(self._offsets) - 1, len(self.lexical), len(self.terms)}
        if held != {self.manifest.passages} or len(self.segments) != len(self.vectors):
            raise ValueError(f"its files hold different numbers of passages ({sorted(held)})")

    def __len__(self) -> int:
        return len(self.rows)

    @property
    def release_id(self) -> str:
        """The id by which the release is published."""
        return self.manifest.release_id

    @property
    def as_of(self) -> str:
        """The day up to which the sources claim to be complete, ISO 8601; empty where none says so."""
        return self.manifest.coverage_date

    @cached_property
    def document_rows(self) -> dict[str, int]:
        """Ordinal of each document by its id."""
        return {document.doc_id: ordinal for ordinal, document in enumerate(self.documents)}

    @cached_property
    def first_rows(self) -> NDArray[np.int64]:
        """First row of each document, and at the end the number of rows: int64[n_documents + 1]."""
        return _firsts(self.rows["document"], len(self.documents))

    @cached_property
    def first_segments(self) -> NDArray[np.int64]:
        """First segment of each row, and at the end the number of segments: int64[n_rows + 1]."""
        return _firsts(self.segments["passage"], len(self.rows))

    def stored(self, row: int) -> StoredPassage:
        """Return the passage in a row with its status.

        Raises
        ------
        ReleaseError
            If the passages were written to since they were opened.
        """
        return self.several_stored([row])[0]

    def several_stored(self, rows: Sequence[int]) -> tuple[StoredPassage, ...]:
        """Return the same of several rows."""
        held = [self._held.read(PASSAGES, int(self._offsets[row]), int(self._offsets[row + 1])) for row in rows]
        if not self._held.is_as_opened(PASSAGES):
            raise _changed(self.release_id, PASSAGES)
        return tuple(map(self._decoder.decode, held))

    def require_as_opened(self) -> None:
        """Refuse to go on with files that were written to since they were opened.

        Raises
        ------
        ReleaseError
            If one was; see `is_as_opened`.
        """
        if changed := self._held.changed():
            raise _changed(self.release_id, changed)

    def is_as_opened(self) -> bool:
        """Say whether no file of it was written to since it was opened."""
        return not self._held.changed()

    def document_of(self, row: int) -> Document:
        """Return the document of a row."""
        return self.documents[int(self.rows["document"][row])]

    def row_of(self, passage_id: str) -> int | None:
        """Find the row of a passage id, or None."""
        wanted = np.uint64(id_hash(passage_id))
        hashes = self._ids["hash"]
        at = int(np.searchsorted(hashes, wanted))
        while at < len(hashes) and hashes[at] == wanted:
            row = int(self._ids["row"][at])
            if self.stored(row).passage.passage_id == passage_id:
                return row
            at += 1
        return None

    def rows_of_document(self, doc_id: str) -> range:
        """Return the rows of a document in order; empty where it is not in the release."""
        ordinal = self.document_rows.get(doc_id)
        if ordinal is None:
            return range(0)
        return range(int(self.first_rows[ordinal]), int(self.first_rows[ordinal + 1]))


def _changed(release_id: str, name: str) -> ReleaseError:
    return ReleaseError(
        f"{name} of release {release_id} was written to while it was open",
        why="An answer from it could quote a text that nobody signed.",
        fix="`daulat knowledge verify` tells whether it is whole still; build or fetch it again, or roll back.",
        code="knowledge.release.changed",
    )


def _firsts(owners: NDArray[np.uint32], count: int) -> NDArray[np.int64]:
    """Return where each owner's run begins in a sorted column, and at the end its length: int64[count + 1]."""
    firsts = np.zeros(count + 1, np.int64)
    np.cumsum(np.bincount(owners, minlength=count), out=firsts[1:])
    return firsts
