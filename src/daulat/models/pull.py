# SPDX-License-Identifier: Apache-2.0
"""Pulling weights: an `Order` comes in; a whole, checked file with its provenance stands in the store afterwards.

    licence accepted → parts fetched → joined → hashed → header scanned → named

Every step before the last can break off and be run again, and what was fetched is not fetched again. A file that fails
a check never gets its name; it is deleted, and the next pull begins afresh.
"""

from __future__ import annotations

import errno
import logging
import shutil
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from daulat.models._fetch import Fetcher, Report, Stated, say_nothing
from daulat.models._hashes import hash_file, is_sha256
from daulat.models.errors import LicenceForbids, LicenceNotAccepted, SourceError, WeightsError
from daulat.models.gguf import GgufHeader, read_header
from daulat.models.sources import FileSource, HubSource, Source
from daulat.models.weights import Acceptance, Provenance, Weights, WeightsStore, check_model_id

_CHUNK_BYTES = 1 << 20
_MARKER = "sources"
_JOINED = "joined"

_LOG = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Order:
    """What to pull.

    Parameters
    ----------
    model : str
        The id under which it will be found.
    sources : tuple of Source
        One address, or the parts of one file in their order.
    sha256 : str
        Of the whole file. May be empty where a hub states it, or for a file of this machine.
    bytes : int or None
        Size of the whole file, for the progress; never trusted, but no more than that is fetched.
    licence : str
        Its id in the catalogue, or its name.
    conditions : tuple of str
        What the licence asks, where somebody has to accept it; empty where nobody has to.
    accepted_by : str
        Who accepts, by name and office.
    purpose : str
        ``test``: for tests and plumbing, never for citizens.
    forbidden : str
        The clause of the licence that the use breaks; empty where none does.
    """

    model: str
    sources: tuple[Source, ...]
    sha256: str = ""
    bytes: int | None = None
    licence: str = ""
    conditions: tuple[str, ...] = ()
    accepted_by: str = ""
    purpose: str = ""
    forbidden: str = ""


def utc_now() -> datetime:
    """Return the time now, in UTC."""
    return datetime.now(UTC)


def pull(
    order: Order,
    store: WeightsStore,
    *,
    fetcher: Fetcher,
    now: Callable[[], datetime] = utc_now,
    report: Report = say_nothing,
) -> Weights:
    """Bring the weights of one model here; weights that are here already, read anew and right, are left as they are.

    Raises
    ------
    LicenceForbids
        If the licence does not allow the use.
    LicenceNotAccepted
        If the licence has conditions and nobody accepted them.
    SourceError
        If an address cannot be reached, read or trusted.
    WeightsError
        If the file is not what was asked for, is unsafe, or does not fit on the disk.
    """
    check_model_id(order.model)
    present = _present(order, store, report)
    if present is not None:
        return present
    _check_licence(order)
    _check_pinned(order)
    with store.locked(order.model) as incoming:
        try:
            return _pull_into(incoming, order, store, fetcher, now, report)
        except OSError as error:
            if error.errno not in (errno.ENOSPC, errno.EDQUOT):
                raise
            raise WeightsError(
                f"the disk of {store.directory} is full",
                why="The file is not whole; what was fetched so far is kept.",
                fix="Make room and run the same command again: it goes on where it stopped.",
                code="models.weights.disk",
            ) from error


def _present(order: Order, store: WeightsStore, report: Report) -> Weights | None:
    """Return the weights that were ordered, where they are here, whole and unaltered."""
    present = store.find(order.model)
    if present is None or not order.sha256 or present.provenance.sha256 != order.sha256:
        return None
    try:
        return store.verify(order.model, report)
    except WeightsError as error:
        _LOG.warning("%s; it is pulled anew", error.what)
        return None


def _pull_into(
    incoming: Path, order: Order, store: WeightsStore, fetcher: Fetcher, now: Callable[[], datetime], report: Report
) -> Weights:
    _forget_other_orders(incoming, order)
    parts, stated = _fetch_parts(incoming, order, fetcher, report)
    name = f"{order.model}.gguf"
    whole = _join(parts, incoming / _JOINED)
    sha256 = hash_file(whole)
    publisher = stated[0].sha256 if len(stated) == 1 else ""
    _check_hash(order, publisher, sha256, incoming)
    header = _check_header(order, whole, incoming)
    accepted = Acceptance(order.accepted_by, now().isoformat(timespec="seconds")) if order.accepted_by else None
    provenance = Provenance(
        model=order.model,
        file=name,
        sha256=sha256,
        bytes=whole.stat().st_size,
        sources=tuple(str(source) for source in order.sources),
        resolved=tuple(one.resolved for one in stated),
        hash_from="pinned" if order.sha256 else "publisher" if publisher else "computed",
        licence=order.licence,
        pulled_at=now().isoformat(timespec="seconds"),
        accepted=accepted,
        purpose=order.purpose,
        notes=header.suspicious,
    )
    for part in parts:
        if part != whole:
            part.unlink()
    # Last of all: the next attempt goes on from parts by their own names.
    whole.rename(incoming / name)
    (incoming / _MARKER).unlink()
    return store.install(incoming, provenance)


def _forget_other_orders(incoming: Path, order: Order) -> None:
    """Keep what an earlier pull left only if it came from the same addresses."""
    marker = incoming / _MARKER
    asked = "\n".join(str(source) for source in order.sources)
    if not marker.is_file() or marker.read_text() != asked:
        shutil.rmtree(incoming)
        incoming.mkdir()
        marker.write_text(asked)


def _fetch_parts(incoming: Path, order: Order, fetcher: Fetcher, report: Report) -> tuple[list[Path], list[Stated]]:
    parts, stated, before = [], [], 0
    for number, source in enumerate(order.sources):
        part = incoming / f"{number}.part"
        alone = len(order.sources) == 1

        def report_part(done: int, total: int | None, before: int = before, alone: bool = alone) -> None:
            report(before + done, order.bytes or (total if alone else None))

        bounded = replace(fetcher, most_bytes=min(fetcher.most_bytes, order.bytes - before)) if order.bytes else fetcher
        stated.append(bounded.fetch(source, part, report_part))
        parts.append(part)
        before += part.stat().st_size
    return parts, stated


def _join(parts: list[Path], whole: Path) -> Path:
    """Make one file of the parts, in order. The parts stay until it is named, so that a crash costs only this step."""
    if len(parts) == 1:
        return parts[0]
    with whole.open("wb") as writer:
        for part in parts:
            with part.open("rb") as reader:
                shutil.copyfileobj(reader, writer, _CHUNK_BYTES)
    return whole


def _check_licence(order: Order) -> None:
    if order.forbidden:
        raise LicenceForbids(
            f"the licence of `{order.model}` ({order.licence}) does not allow this use: {order.forbidden}",
            why="Accepting the licence would not make the use lawful; its publisher could end it any day.",
            fix="Choose another model, ask the publisher for another licence, or say what the use really is: --use, "
            "--country, --users.",
            code="models.licence.forbids",
        )
    if order.conditions and not order.accepted_by.strip():
        conditions = "; ".join(order.conditions)
        raise LicenceNotAccepted(
            f"the licence of `{order.model}` ({order.licence}) has conditions: {conditions}",
            why="Whoever runs these weights is bound by them, and the record has to say who accepted.",
            fix='Read the licence, then pass --accept-licence "name, office".',
            code="models.licence",
        )


def _check_pinned(order: Order) -> None:
    if order.sha256 and not is_sha256(order.sha256):
        raise SourceError(
            f"`{order.sha256[:80]}` is not a SHA-256",
            why="No file could have it, so whatever came would be deleted.",
            fix="Write its 64 hexadecimal digits in small letters, as the publisher states them.",
            code="models.source.pin",
        )
    self_stated = len(order.sources) == 1 and isinstance(order.sources[0], HubSource | FileSource)
    if not order.sources or not (order.sha256 or self_stated):
        raise SourceError(
            f"nobody says what the file of `{order.model}` should be",
            why="Without its SHA-256 a changed file could not be told from the right one.",
            fix="Pass --sha256, as the publisher states it.",
            code="models.source.unpinned",
        )


def _check_hash(order: Order, publisher: str, actual: str, incoming: Path) -> None:
    for who, expected in (("the order", order.sha256), ("the hub", publisher)):
        if expected and expected != actual:
            shutil.rmtree(incoming)
            raise WeightsError(
                f"the file of `{order.model}` has sha256 {actual}, and {who} says {expected}",
                why="It is not the file that was meant; it was deleted.",
                fix="Pull again; if it happens again, ask the publisher, and trust nothing from that address.",
                code="models.weights.hash",
            )
    if not order.sha256 and not publisher and isinstance(order.sources[0], HubSource):
        shutil.rmtree(incoming)
        raise SourceError(
            f"the hub does not state the hash of `{order.sources[0]}`",
            why="Without its SHA-256 a changed file could not be told from the right one.",
            fix=f"If you know it to be right, pass --sha256 {actual}.",
            code="models.source.unpinned",
        )


def _check_header(order: Order, whole: Path, incoming: Path) -> GgufHeader:
    try:
        header = read_header(whole)
    except WeightsError:
        shutil.rmtree(incoming)
        raise
    if not header.tensors or not header.architecture:
        shutil.rmtree(incoming)
        missing = "no tensors" if not header.tensors else "no architecture"
        raise WeightsError(
            f"the file of `{order.model}` is a GGUF file with {missing}",
            why="It has a head and no model, and no engine could load it; the file was deleted.",
            fix="Pull the file that holds the weights, whole, from the publisher.",
            code="models.weights.empty",
        )
    if header.hostile:
        shutil.rmtree(incoming)
        raise WeightsError(
            f"the chat template of `{order.model}` reaches outside the conversation: {'; '.join(header.hostile[:3])}",
            why="An engine that runs such a template can be taken over; the file was deleted.",
            fix="Pull the model from its publisher, and report this file to where it came from.",
            code="models.weights.template",
        )
    return header
