# SPDX-License-Identifier: Apache-2.0
"""Building a release: declared sources in, a signed directory out.

Ingest, cut into segments, encode what was not encoded before, write the files, sign. Work happens in a folder of its
own beside the releases and is renamed into place when every byte is on disk, so a build that is killed leaves nothing
that looks like a release; the vectors it had computed are kept. The same inputs give the same release id, and are not
built twice, but where the machine kept something from being read: that is tried again.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import shutil
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import astuple, dataclass, field, replace
from datetime import datetime
from functools import cache
from pathlib import Path

from daulat.files import sync
from daulat.knowledge.encoder import ADAPTER, AsQueries, Encoder, adapt, file_sha256
from daulat.knowledge.errors import ReleaseError
from daulat.knowledge.everyday import EverydayFault, EverydayRow, Wordings, find_unknown, read_everyday, write_everyday
from daulat.knowledge.everyday.index import questions_of
from daulat.knowledge.index.cache import VectorStore, key_of
from daulat.knowledge.index.vectors import write_vectors
from daulat.knowledge.ingest import Ingested, IngestRules, ingest_all, reads_as_told
from daulat.knowledge.ingested import IngestFailure, IngestNote, notes_of
from daulat.knowledge.readers import READING
from daulat.knowledge.release._place import using
from daulat.knowledge.release.inputs import declared_hash, hashes_of, source_hashes
from daulat.knowledge.release.known import (
    after_others,
    find_release,
    name_set_aside,
    read_failures,
    read_notes,
    releases_of,
)
from daulat.knowledge.release.last_built import forget_built_again, note_built_again
from daulat.knowledge.release.layout import (
    EVERYDAY,
    FORMAT,
    MANIFEST,
    SIGNATURE,
    FileEntry,
    Manifest,
    SourceEntry,
    encode_json,
)
from daulat.knowledge.release.signing import SigningKey, read_manifest
from daulat.knowledge.release.write import Segment, TermsFor, cut_segments, write_records, write_words
from daulat.knowledge.sources import Source

BUSY = "knowledge.build.busy"
_KEPT_HERE = "Releases are kept there, and nothing was built."
Progress = Callable[[str, int, int], None]
"""(stage, done, total). A stage is told as done when it is: whatever comes after has a stage of its own."""


def _silent(stage: str, done: int, total: int) -> None:
    """Report nothing."""


@dataclass(frozen=True, slots=True)
class BuildReport:
    """What a build did. `encoded` counts the segments whose vectors were not known before."""

    folder: Path
    manifest: Manifest
    failures: tuple[IngestFailure, ...]
    encoded: int
    unchanged: bool
    notes: tuple[IngestNote, ...] = ()


@dataclass(frozen=True, slots=True)
class _Inputs:
    """What a release is made from, by its bytes, and the sha256 of all that."""

    sources: Sequence[Source]
    declared: str
    files: dict[str, dict[str, str]]
    data: dict[str, str]
    sha256: str


@dataclass(frozen=True, slots=True)
class Builder:
    """Builds releases.

    Parameters
    ----------
    releases : Path
        Where release directories go.
    country : str
        ISO 3166-1 alpha-2.
    encoder : Encoder
    cache : VectorStore
    terms_for : callable
        The terms of a text in a language, for the lexical index.
    key : SigningKey
    version : str
        Of this program, for the manifest.
    now : callable
        The clock, in UTC.
    data_files : sequence of Path
        Further files that decide what is written: the pack's legal and language data.
    own_files : sequence of Path
        Likewise, of the nation itself.
    everyday : Wordings, optional
        The country's everyday questions. A row with a fault is left out and listed with what could not be read.
    """

    releases: Path
    country: str
    encoder: Encoder
    cache: VectorStore
    terms_for: TermsFor
    key: SigningKey
    version: str
    now: Callable[[], datetime]
    data_files: Sequence[Path] = ()
    own_files: Sequence[Path] = ()
    everyday: Wordings | None = None
    progress: Progress = field(default=_silent)

    def build(self, sources: Sequence[Source], rules: IngestRules) -> BuildReport:
        """Build a release of these sources, or return the one that is already there and whole.

        What a machine could not read, for want of a program, of time or of memory, is tried again first.

        Raises
        ------
        ReleaseError
            If another build runs in the same place, or the place cannot be written to.
        """
        with using(self.releases, why=_KEPT_HERE):
            self.releases.mkdir(parents=True, exist_ok=True)
        inputs = self._inputs(sources)
        with _only_build(self.releases):
            self._sweep()
            if known := self._known(inputs, rules):
                return self._again(known)
            ingested = self._ingest(sources, rules)
            segments = list(cut_segments(ingested.documents))
            wordings, faults = self._wordings(ingested)
            ingested = replace(ingested, failures=(*ingested.failures, *map(_everyday_failure, faults)))
            fingerprint = _fingerprint(inputs, ingested)
            if fingerprint != inputs.sha256 and (known := find_release(self.releases, fingerprint, self.key.public)):
                return self._again(known)
            work = self.releases / f".building-{fingerprint[:12]}"
            try:
                encoded = self._encode([segment.text for segment in segments])
                work.mkdir()
                self._write(work, ingested, segments)
                encoded += self._write_everyday(work, ingested, wordings, sources)
                manifest = self._seal(work, inputs, fingerprint, ingested, len(segments))
                target = self.releases / manifest.release_id
                work.rename(target)
            except OSError as error:
                shutil.rmtree(work, ignore_errors=True)
                raise ReleaseError(
                    f"the release could not be written: {error}",
                    why="The release in use is untouched; the vectors computed so far are kept.",
                    fix=f"Free some space below {self.releases} and run the same command again.",
                    code="knowledge.build.disk",
                ) from error
            sync(self.releases)
            with using(self.releases, why=_KEPT_HERE):
                forget_built_again(self.releases)
        notes = notes_of(ingested.documents)
        return BuildReport(target, manifest, ingested.failures, encoded, unchanged=False, notes=notes)

    def _ingest(self, sources: Sequence[Source], rules: IngestRules) -> Ingested:
        counts = [len(source.files()) for source in sources]

        def told() -> Iterator[Source]:
            for place, source in enumerate(sources):
                self.progress("read", sum(counts[:place]), sum(counts))
                yield source

        ingested = ingest_all(told(), rules, on=self._today())
        self.progress("read", sum(counts), sum(counts))  # only now: the statuses come after the last file
        return ingested

    def _today(self) -> str:
        return self.now().date().isoformat()

    def _encode(self, texts: Sequence[str]) -> int:
        missing = self.cache.count_missing(self.encoder, texts)
        if missing:
            self.progress("encode", 0, missing)  # so that the first batch is timed too
        for done in self.cache.fill(self.encoder, texts):
            self.progress("encode", done, missing)
        return missing

    def _write(self, work: Path, ingested: Ingested, segments: Sequence[Segment]) -> None:
        total = sum(len(item.passages) for item in ingested.documents)
        self.progress("index", 0, total)
        rows, scales = self.cache.read([key_of(self.encoder.name, segment.text) for segment in segments])
        write_vectors(work, rows, scales)
        write_records(work, ingested, segments)
        write_words(work, ingested.documents, self.terms_for, lambda done: self.progress("index", done, total))
        self.progress("index", total, total)

    def _wordings(self, ingested: Ingested) -> tuple[tuple[EverydayRow, ...], tuple[EverydayFault, ...]]:
        """Read the everyday questions and leave out those that name a passage which no source has."""
        if self.everyday is None:
            return (), ()
        rows, faults = read_everyday(self.everyday.folder, self.everyday.own)
        known = {passage.passage_id for item in ingested.documents for passage in item.passages}
        usable, unknown = find_unknown(rows, known.__contains__)
        return usable, (*faults, *unknown)

    def _write_everyday(
        self, work: Path, ingested: Ingested, rows: Sequence[EverydayRow], sources: Sequence[Source]
    ) -> int:
        """Write the index of the everyday questions; return how many had to be encoded."""
        if self.everyday is None or not rows:
            return 0
        total = len(questions_of(rows))
        read = self.everyday.read_all(rows, lambda done: self.progress("everyday", done, total))
        adapter_file, adapter = self.everyday.adapter_for(self.encoder.name)
        texts, encoder = [each.text for each in read], AsQueries(adapt(self.encoder, adapter))
        missing = self.cache.count_missing(encoder, texts)
        if missing:
            self.progress("encode", 0, missing)
        for done in self.cache.fill(encoder, texts):
            self.progress("encode", done, missing)
        vectors = self.cache.read([key_of(encoder.name, text) for text in texts])
        ids = (passage.passage_id for item in ingested.documents for passage in item.passages)
        row_of = {passage_id: row for row, passage_id in enumerate(ids)}
        write_everyday(
            work / EVERYDAY,
            rows,
            [source.id for source in sources if self.everyday.covers(source)],
            row_of.__getitem__,
            [each.terms for each in read],
            vectors,
            lambda done: self.progress("asked", done, total),
        )
        self.progress("asked", total, total)
        if adapter_file is not None:
            shutil.copyfile(adapter_file, work / EVERYDAY / ADAPTER)
        return missing

    def _seal(
        self,
        work: Path,
        inputs: _Inputs,
        fingerprint: str,
        ingested: Ingested,
        segments: int,
    ) -> Manifest:
        made = self.now()
        made_before = name_set_aside(self.releases, self.country, fingerprint)
        written = sorted(path for path in work.rglob("*") if path.is_file())
        documents = [item.document for item in ingested.documents]
        manifest = Manifest(
            release_id=made_before or f"{self.country.lower()}-{made:%Y%m%d}-{fingerprint[:8]}",
            format=FORMAT,
            fingerprint=fingerprint,
            created_at=made.isoformat(timespec="microseconds"),
            daulat=self.version,
            country=self.country,
            encoder=self.encoder.name,
            dimensions=self.encoder.dimensions,
            coverage_date=max((document.coverage_date for document in documents), default=""),
            documents=len(documents),
            passages=sum(len(item.passages) for item in ingested.documents),
            segments=segments,
            failures=len(ingested.failures),
            sources=tuple(_source_entry(source, inputs.files[source.id], ingested) for source in inputs.sources),
            files={str(path.relative_to(work)): FileEntry(path.stat().st_size, file_sha256(path)) for path in written},
            data=inputs.data,
            declared=inputs.declared,
            next_change=ingested.next_change,
            inputs=inputs.sha256 if fingerprint != inputs.sha256 else "",
            ordered_at=after_others(self.releases, made),
        )
        raw = encode_json(manifest)
        (work / MANIFEST).write_bytes(raw)
        (work / SIGNATURE).write_bytes(self.key.sign(raw))
        sealed = (*written, work / MANIFEST, work / SIGNATURE)
        for path in (*sealed, *{path.parent for path in written}, work):
            sync(path)
        for path in sealed:
            path.chmod(0o444)  # a release is never changed, by its owner's mistake either
        return manifest

    def _inputs(self, sources: Sequence[Source]) -> _Inputs:
        declared = declared_hash(sources)
        files = {source.id: source_hashes(source) for source in sources}
        data = hashes_of(self.data_files, self.everyday, self.own_files)
        made_by = (FORMAT, READING, self.version, self.country, self.encoder.name, self.key.public.text)
        return _Inputs(sources, declared, files, data, _sha256(made_by, declared, files, data))

    def _known(self, inputs: _Inputs, rules: IngestRules) -> Path | None:
        """Return a release of these inputs, if no law has changed and what it could not read is read no otherwise."""
        by_id = {source.id: source for source in inputs.sources}

        @cache
        def as_told(told: IngestFailure | IngestNote) -> bool:
            return reads_as_told(told, by_id[told.source_id], rules)

        for folder in releases_of(self.releases, inputs.sha256, self.key.public):
            if read_manifest(folder).has_changed_by(self._today()):
                continue
            if all(map(as_told, _retryable(read_failures(folder), read_notes(folder)))):
                return folder
        return None

    def _again(self, known: Path) -> BuildReport:
        with using(self.releases, why=_KEPT_HERE):
            note_built_again(self.releases, known.name, self.now())
        return _unchanged(known)

    def _sweep(self) -> None:
        """Remove what a killed build left; the lock says that none is running."""
        for folder in self.releases.glob(".building-*"):
            shutil.rmtree(folder, ignore_errors=True)


def _unchanged(folder: Path) -> BuildReport:
    failures, notes = read_failures(folder), read_notes(folder)
    return BuildReport(folder, read_manifest(folder), failures, 0, unchanged=True, notes=notes)


def _retryable(failures: Iterable[IngestFailure], notes: Iterable[IngestNote]) -> Iterator[IngestFailure | IngestNote]:
    yield from (failure for failure in failures if failure.retryable)
    yield from (note for note in notes if note.retryable)


def _fingerprint(inputs: _Inputs, ingested: Ingested) -> str:
    """Return the hash of all that decides what a release holds: its inputs, what this machine could not read, and until
    when its statuses hold.
    """
    unread = sorted(map(astuple, _retryable(ingested.failures, notes_of(ingested.documents))))
    beside = (unread, ingested.next_change)
    return _sha256(inputs.sha256, *beside) if any(beside) else inputs.sha256


def _sha256(*parts: object) -> str:
    return hashlib.sha256(json.dumps(parts, sort_keys=True, default=str).encode()).hexdigest()


@contextmanager
def _only_build(releases: Path) -> Iterator[None]:
    with ExitStack() as held:
        with using(releases, why=_KEPT_HERE):
            lock = held.enter_context((releases / ".lock").open("w"))
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise ReleaseError(
                f"another build is writing below {releases}",
                why="Two builds at once would do the same work twice.",
                fix="Wait until it has ended; if it hangs, stop it: nothing that it wrote is lost.",
                code=BUSY,
            ) from error
        yield


def _source_entry(source: Source, files: dict[str, str], ingested: Ingested) -> SourceEntry:
    return SourceEntry(
        id=source.id,
        title=source.title,
        publisher=source.publisher,
        licence=source.licence,
        retrieved=str(source.retrieved or ""),
        coverage_date=str(source.coverage_date or ""),
        documents=sum(item.document.source_id == source.id for item in ingested.documents),
        files=files,
    )


def _everyday_failure(fault: EverydayFault) -> IngestFailure:
    return IngestFailure(EVERYDAY, fault.file, f"line {fault.line}" if fault.line else "", fault.reason, fault.fix)
