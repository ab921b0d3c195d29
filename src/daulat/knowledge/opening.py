# SPDX-License-Identifier: Apache-2.0
"""Opening a nation's knowledge: its declaration and its pack in; the release in use, built first where there is none,
out.

Composition only: which sources are declared, where releases, key and vectors lie. It never publishes over a release
that answers, and never needs a network or a database.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from importlib.metadata import version
from pathlib import Path
from urllib.parse import quote

from daulat.knowledge.deciding import everyday_of, own_deciding, own_glossary, own_rules, pack_deciding
from daulat.knowledge.encoder import Encoder
from daulat.knowledge.errors import ReleaseError
from daulat.knowledge.index.cache import VectorCache
from daulat.knowledge.index.seed import seed_dimensions
from daulat.knowledge.ingest import IngestRules, load_rules, with_relations
from daulat.knowledge.release import (
    BUSY,
    OTHER_COUNTRY,
    Builder,
    Manifest,
    Release,
    Shelf,
    SigningKey,
    VerifyKey,
    declared_hash,
    hashes_of,
    source_hashes,
    using,
)
from daulat.knowledge.reranker import Reranker
from daulat.knowledge.search import Reader, Searcher, load_ranking, reader_for
from daulat.knowledge.sources import Source, load_sources, undeclared_files, undeclared_texts
from daulat.nation import Nation, Pack

__all__ = [
    "Place",
    "awaits_build",
    "ignored_files",
    "is_outdated",
    "nation_builder",
    "nation_rules",
    "nation_shelf",
    "nation_sources",
    "open_or_build",
    "open_searcher",
    "own_key",
    "place_of",
]

Report = Callable[[str, int, int], None]
"""(stage, done, total), called as work goes on; whatever it raises ends the work."""

FIRST_START = "first-start"
KEY, VECTORS = ".daulat/keys/release.key", ".daulat/vectors"
_STAGES = {
    "read": "reading the official text",
    "encode": "encoding",
    "index": "indexing",
    "everyday": "reading everyday questions",
    "asked": "indexing everyday questions",
}


def _silent(stage: str, done: int, total: int) -> None:
    """Report nothing."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a site keeps its releases, the key that signs them, and the vectors and readings that it made.

    Parameters
    ----------
    releases, key, vectors : Path
        A directory, a file, a directory; made when first needed.
    """

    releases: Path
    key: Path
    vectors: Path

    def with_releases(self, folder: Path | None) -> Place:
        """Return the place with its releases in another folder; the same place for None."""
        return self if folder is None else replace(self, releases=folder)


def place_of(nation: Nation) -> Place:
    """Return where a nation declares that its releases lie, and key and vectors beside them."""
    return Place(nation.path(nation.knowledge.releases), nation.path(KEY), nation.path(VECTORS))


def nation_shelf(nation: Nation, place: Place | None = None) -> Shelf:
    """Return the shelf of a nation's releases: of its country, signed by the site's own key or one that it declares.

    Raises
    ------
    ReleaseError
        If the site's own key is no key, or others may read it.
    """
    place = place or place_of(nation)
    trusted, unread = [*map(VerifyKey, nation.knowledge.trusted_keys)], ""
    try:
        trusted.append(SigningKey.read(place.key).public)
    except FileNotFoundError:
        pass  # none was made yet
    except OSError as error:  # it may be for another user's eyes, and declared: told where a release would need it
        unread = f"{place.key} ({error.strerror or error})"
    return Shelf(place.releases, tuple(trusted), nation.country, unread=unread)


def own_key(place: Place) -> VerifyKey | None:
    """Return the public half of the site's own key; None where it is not made yet, or not for this user's eyes.

    Raises
    ------
    ReleaseError
        If it is no key, or others may read it.
    """
    try:
        return SigningKey.read(place.key).public
    except OSError:
        return None


def nation_sources(nation: Nation, pack: Pack | None, *, today: date | None = None) -> list[Source]:
    """Return the sources of the pack, then those that the nation declares itself; none where neither has any.

    Parameters
    ----------
    today : date, optional
        No source of the nation's own was fetched after it; None where that is not judged.

    Raises
    ------
    SourceError
        With every fault of a file, each with its line.
    """
    own, theirs = nation.path(nation.knowledge.sources), pack.path("sources.yaml") if pack else None
    brought = load_sources(theirs) if theirs and theirs.exists() else []
    if not os.path.lexists(own):  # a folder of that name, or a link that leads nowhere, is a fault
        return brought
    services = {service.id for service in nation.services}
    services.update(name for source in brought for name in (*source.services, *source.service_names.values()))
    taken = {source.id: theirs for source in brought if theirs}
    return [*brought, *load_sources(own, today=today, services=services, taken=taken)]


def ignored_files(sources: Sequence[Source]) -> list[Path]:
    """List the files that lie in the folders of declared sources and that nothing declares.

    Beside a sources.yaml lie other files too; of those only texts are listed.
    """
    heads = {(source.root, Path(source.read.path).parts[0]) for source in sources if "/" in source.read.path}
    folders = {root / head for root, head in heads if "*" not in head}
    found = {path for folder in folders for path in undeclared_files(folder, sources)}
    found.update(path for root in {source.root for source in sources} for path in undeclared_texts(root, sources))
    return sorted(found)


def is_outdated(
    manifest: Manifest,
    sources: Sequence[Source],
    pack: Pack | None,
    reader: Reader,
    *,
    declared: Path | None,
    today: date,
) -> bool:
    """Say whether a build today would hold something else than a release: other sources or files, other contents,
    another declaration of them, another pack, or a change of law that has begun since.

    Parameters
    ----------
    declared : Path or None
        The nation's own sources.yaml, beside which its own rules lie.
    today : date
    """
    if manifest.has_changed_by(today.isoformat()):
        return True
    if manifest.declared and manifest.declared != declared_hash(sources):  # releases of before do not say
        return True
    if {source.id: source_hashes(source) for source in sources} != {each.id: each.files for each in manifest.sources}:
        return True
    everyday = everyday_of(pack, reader, declared)
    told = bool(manifest.data) or pack is None  # releases of before do not say what of a pack they were made with
    return told and manifest.data != hashes_of(pack_deciding(pack, everyday), everyday, own_deciding(declared))


def nation_rules(pack: Pack | None, declared: Path | None = None) -> IngestRules:
    """Return how the pack reads and cuts, and what it and the nation know of changed law.

    Without a pack, text is cut by headings and sentences, and a law is what somebody recorded something of.

    Parameters
    ----------
    declared : Path, optional
        The nation's own sources.yaml, beside which its own rules lie.

    Raises
    ------
    SourceError
        With every fault of a file, each with its line.
    """
    rules = load_rules(pack.root) if pack else IngestRules()
    for path in own_rules(declared):
        rules = with_relations(rules, path)
    return rules


def open_searcher(
    release: Release,
    encoder: Encoder | None,
    pack: Pack | None,
    languages: Sequence[str],
    *,
    glossary: Path | None = None,
    reranker: Reranker | None = None,
) -> Searcher:
    """Return the searcher of a release, reading questions as the pack and the nation's own glossary say."""
    return Searcher(release, encoder, reader_for(pack, languages, glossary=glossary), load_ranking(), reranker)


def nation_builder(
    nation: Nation,
    pack: Pack | None,
    encoder: Encoder,
    place: Place,
    *,
    now: Callable[[], datetime],
    progress: Report = _silent,
    with_everyday: bool = True,
    declared: Path | None = None,
) -> Builder:
    """Return the builder of a nation's releases, knowing the vectors and the everyday questions that the pack brings.

    Parameters
    ----------
    with_everyday : bool
        False where other sources are read than the pack's: its everyday questions name passages of those.
    declared : Path, optional
        The sources.yaml that is read beside the pack's, or alone; the nation's own everyday questions, glossary and
        relations lie beside it.

    Raises
    ------
    ReleaseError
        If the signing key cannot be used, or the place cannot be written to.
    """
    reader: Reader = reader_for(pack, nation.language_tags, glossary=own_glossary(declared))
    with using(place.key.parent, why="The signing key and the vectors of a build are kept there."):
        key = SigningKey.open(place.key)
        known = place.vectors / f"{quote(encoder.name, safe='')}.bin"
        cache = VectorCache(known, encoder.dimensions, _seeds(pack, encoder))
    everyday = everyday_of(pack, reader, declared, with_packs=with_everyday, kept=place.vectors)
    return Builder(
        releases=place.releases,
        country=nation.country,
        encoder=encoder,
        cache=cache,
        terms_for=reader.terms,
        key=key,
        version=version("daulat"),
        now=now,
        data_files=pack_deciding(pack, everyday),
        own_files=own_deciding(declared),
        everyday=everyday,
        progress=progress,
    )


def awaits_build(nation: Nation, pack: Pack | None, shelf: Shelf, *, today: date) -> bool:
    """Say whether a start has to build: nothing is in use, or what a first start made when less was declared.

    That is a release made before a source was declared, or of the one country that has a pack, before another was.

    Raises
    ------
    SourceError
        If the first sources that are declared have faults.
    """
    current = shelf.current_id()
    if not current:
        return True
    last = next(reversed(shelf.history()), None)
    if last is None or (last.release_id, last.by) != (current, FIRST_START):
        return False
    contents = shelf.contents()
    if current in contents.unreadable:
        return contents.unreadable[current].code == OTHER_COUNTRY
    made = {manifest.release_id: manifest for manifest in contents.releases}.get(current)
    return made is not None and not made.sources and bool(nation_sources(nation, pack, today=today))


def open_or_build(
    nation: Nation,
    pack: Pack | None,
    encoder: Encoder,
    report: Report = _silent,
    *,
    now: Callable[[], datetime],
    place: Place | None = None,
) -> Release:
    """Open the release in use; where there is none that answers, build it from the declared sources and put it in use.

    Every byte and its signer are verified before it is opened. A nation without sources gets an empty release that
    works, until sources are declared.

    Raises
    ------
    KnowledgeError
        If the release in use is damaged, not signed by a trusted key or of another country, a declaration has faults,
        or the build cannot be written.
    """
    place = place or place_of(nation)
    shelf = nation_shelf(nation, place)
    if awaits_build(nation, pack, shelf, today=now().date()):
        _first_build(nation, pack, encoder, report, now, place)
        shelf = nation_shelf(nation, place)  # the build may have made the key
    report("opening the release", 0, 0)
    opened = shelf.open_current()
    if opened is None:
        raise ReleaseError(
            f"the release in use below {place.releases} went away while it was opened",
            why="Without it no question can be answered.",
            fix="Run `daulat knowledge list`, then `daulat knowledge publish ID`.",
            code="knowledge.release.missing",
        )
    return opened


def _first_build(
    nation: Nation, pack: Pack | None, encoder: Encoder, report: Report, now: Callable[[], datetime], place: Place
) -> None:
    """Build what is declared and put it in use."""

    def progress(stage: str, done: int, total: int) -> None:
        report(_STAGES.get(stage, stage), done, total)

    own = nation.path(nation.knowledge.sources)
    builder = nation_builder(nation, pack, encoder, place, now=now, progress=progress, declared=own)
    try:
        built = builder.build(nation_sources(nation, pack, today=now().date()), nation_rules(pack, own))
    except ReleaseError as error:
        if error.code != BUSY:
            raise
        raise ReleaseError(
            "the first release is being built just now, by a service that starts or by `daulat knowledge build`",
            why="Until one is in use there is no text to answer from.",
            fix="Try again in a minute; `daulat status` says how far a service is.",
            code=BUSY,
        ) from error
    report(f"putting {built.manifest.release_id} in use, as a first start does", 0, 0)
    nation_shelf(nation, place).publish(built.manifest.release_id, by=FIRST_START, now=now)


def _seeds(pack: Pack | None, encoder: Encoder) -> list[Path]:
    """Return the pack's files of vectors that have records of this encoder's width."""
    seeds = sorted(pack.root.glob("vectors.*.bin")) if pack else []
    return [path for path in seeds if path.is_file() and seed_dimensions(path) == encoder.dimensions]
