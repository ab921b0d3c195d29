# SPDX-License-Identifier: Apache-2.0
"""`daulat knowledge`: from declared sources to a signed release, and which release is in use.

Options in, calls to `daulat.knowledge` out. It needs no network and no database: what was put in use when and by whom
stands in `published.jsonl` beside the releases.
"""

from __future__ import annotations

import getpass
import os
from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from daulat.cli._build_progress import BuildProgress
from daulat.cli._knowledge import FAILED, KnowledgePlace, failed, place_options
from daulat.cli._options import not_empty
from daulat.cli._output import (
    counted,
    emit,
    emit_json,
    hint,
    interruptible,
    json_option,
    moment,
    one_line,
    say,
    table,
)
from daulat.cli.search import command as search_command
from daulat.knowledge.encoder import open_encoder
from daulat.knowledge.errors import ReleaseError
from daulat.knowledge.ingested import IngestFailure, IngestNote
from daulat.knowledge.opening import ignored_files, nation_builder, nation_rules, nation_sources, own_key
from daulat.knowledge.release import OTHER_COUNTRY, BuildReport, Difference, Manifest, Release, Shelf, difference
from daulat.knowledge.release.known import read_failures, read_notes
from daulat.knowledge.release.signing import NEWER, read_manifest
from daulat.knowledge.sources import load_sources

_SHOWN = 10
_SUMMARY = ("release_id", "created_at", "documents", "passages", "failures", "coverage_date", "encoder")
_STATES = {NEWER: "newer", OTHER_COUNTRY: "foreign"}
_KEPT = "what was encoded is kept, and the same command goes on from there; the release in use is as it was"


@click.group()
def command() -> None:
    """Build, verify and publish releases of the official text.

    \b
    daulat knowledge build              read the declared sources, make a signed release
    daulat knowledge failures           which documents could not be read, and why
    daulat knowledge publish --dry-run  check it, and say what would change
    daulat knowledge publish            put the newest release in use; a running service swaps by itself
    daulat knowledge rollback           put the one before it back in use
    """


@command.command()
@click.option(
    "--sources",
    "sources_file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Read this declaration alone, instead of the pack's and the nation's.",
)
@place_options
@json_option
def build(place: KnowledgePlace, sources_file: Path | None, as_json: bool) -> None:
    """Build a signed release from declared sources.

    Only what changed is encoded again, and the same sources give the same release. A build that is interrupted leaves
    no half release; what it had encoded is kept, and the same command goes on from there. A document that cannot be
    read is listed with its reason and stops no other.
    """
    declared = sources_file or place.nation.path(place.nation.knowledge.sources)
    if sources_file:
        sources = load_sources(sources_file, today=_now().date())
    else:
        sources = nation_sources(place.nation, place.pack, today=_now().date())
    with interruptible(_KEPT), BuildProgress() as shown:
        builder = nation_builder(
            place.nation,
            place.pack,
            open_encoder(place.nation.knowledge.encoder, os.environ),
            place.place,
            now=_now,
            progress=shown.report,
            with_everyday=sources_file is None,
            declared=declared,
        )
        report = builder.build(sources, nation_rules(place.pack, declared))
    ignored = ignored_files(sources)
    if as_json:
        emit_json(_build_record(report, ignored))
        return
    _tell_build(report, ignored)
    current = place.shelf.current_id()
    if current == report.manifest.release_id:
        hint(f"{current} is in use; `daulat search` and `daulat ask` read it")
    else:
        hint(f"`daulat knowledge publish {report.manifest.release_id}` puts it in use")


@command.command("list")
@place_options
@json_option
def list_releases(place: KnowledgePlace, as_json: bool) -> None:
    """List the releases here, and which is in use."""
    rows = _rows_of(place)
    if as_json:
        emit_json(rows)
        return
    heads = ["release", "created", "documents", "passages", "failures", "as of", "encoder"]
    shown = [[*(_cell(key, row.get(key, "")) for key in _SUMMARY), _standing(row)] for row in rows]
    emit(table([*heads, ""], shown))
    for row in rows:
        if "what" in row:
            say(f"{row['release_id']} is {row['state']}: {row['what']}")
    if not rows:
        hint("`daulat knowledge build` makes one")
    elif not any(row["state"] == "readable" for row in rows):
        hint("none here can be read; `daulat knowledge build` makes one, `daulat knowledge publish` puts it in use")
    elif not any(row["in_use"] for row in rows):
        hint("none is in use yet; `daulat knowledge publish` puts the newest in use")
    elif not any(row["in_use"] and row["state"] == "readable" for row in rows):
        hint("the one in use cannot be read; `daulat knowledge publish` puts the newest in use")


@command.command()
@click.argument("release", required=False, callback=not_empty)
@place_options
@json_option
def verify(place: KnowledgePlace, release: str | None, as_json: bool) -> None:
    """Check every byte of a release against its signature.

    RELEASE is the one in use by default. Every file that is missing, changed or not listed is named, and so is a key
    that is neither this site's own nor under `trusted_keys` in nation.yaml.
    """
    manifest, key = place.shelf.verify(release or place.current_or_newest())
    unread = place.shelf.unread
    is_own = None if unread else key == own_key(place.place)
    if as_json:
        emit_json({**_summary(manifest), "files": len(manifest.files), "key": key.text, "own_key": is_own})
        return
    emit(f"{manifest.release_id}: {counted(len(manifest.files), 'file')} whole, signed by {key.text}")
    if unread:
        say(f"nation.yaml trusts that key; whether it is this site's own cannot be told: {unread}")
    elif not is_own:
        say("that is not the key of this site; nation.yaml trusts it")


@command.command()
@click.argument("release", required=False, callback=not_empty)
@click.option("--dry-run", is_flag=True, help="Verify and say what would change; change nothing.")
@place_options
@json_option
def publish(place: KnowledgePlace, release: str | None, dry_run: bool, as_json: bool) -> None:
    """Verify a release and put it in use. RELEASE is the newest by default.

    The change is atomic: every reader sees the old release or the new one. A running service swaps by itself; answers
    that are being made keep the text that they began with.
    """
    _put_in_use(place, release or place.newest(), dry_run=dry_run, as_json=as_json)


@command.command()
@click.option("--dry-run", is_flag=True, help="Verify and say what would change; change nothing.")
@place_options
@json_option
def rollback(place: KnowledgePlace, dry_run: bool, as_json: bool) -> None:
    """Put the release before the present one back in use."""
    previous = place.shelf.previous_id()
    if dry_run and previous:
        _put_in_use(place, previous, dry_run=True, as_json=as_json)
        return
    _tell_publication(place, asdict(place.shelf.rollback(by=_user(), now=_now)), as_json=as_json)


@command.command()
@click.argument("release", required=False, callback=not_empty)
@place_options
@json_option
def failures(place: KnowledgePlace, release: str | None, as_json: bool) -> None:
    """List the documents that a release could not hold, and why. Notes on those that it holds follow.

    A failure comes with what the curator can do; a note says what was passed over, or which articles were not found.
    RELEASE is the newest by default.
    """
    name = release or place.newest()
    found, notes = read_failures(place.shelf.path(name)), read_notes(place.shelf.path(name))
    if as_json:
        emit_json([*({**asdict(one), "note": False} for one in found), *map(_note_record, notes)])
        return
    if not found:
        say(f"{name} holds every declared document")
    for line in (*map(_failure_line, found), *map(_note_line, notes)):
        emit(line)


command.add_command(search_command, "search")


def _put_in_use(place: KnowledgePlace, release: str, *, dry_run: bool, as_json: bool) -> None:
    if not dry_run:
        _tell_publication(place, asdict(place.shelf.publish(release, by=_user(), now=_now)), as_json=as_json)
        return
    manifest, key = place.shelf.verify(release)
    current = place.shelf.current_id()
    old, unread = _open_or_fault(place.shelf, current)
    changes = difference(old, Release(place.shelf.path(release)))
    if as_json:
        told = {"dry_run": True, "release_id": release, "replaces": current, "in_use": release == current}
        told |= {"key": key.text, **_summary(manifest)}
        emit_json(told | {name: changes_of for name, changes_of in asdict(changes).items() if not unread})
        return
    instead = f" instead of {current}" if current else ""
    emit(f"{release} is whole and {'is in use already' if release == current else f'would be put in use{instead}'}")
    if unread:
        say(f"what would change is not known: {unread}")
    else:
        _tell_changes(changes)
    if manifest.failures:
        say(failed(manifest))
    if release == current:
        hint("there is nothing to publish; `daulat knowledge build` makes a release where something has changed")
    else:
        hint("the same command without --dry-run does it")


def _open_or_fault(shelf: Shelf, current: str) -> tuple[Release | None, str]:
    """Open what is in use, or say why it cannot be read; a damaged release must not keep a whole one from its place."""
    try:
        return (Release(shelf.path(current)) if current else None), ""
    except ReleaseError as error:
        return None, error.what


def _tell_changes(changes: Difference) -> None:
    for what, names in (("added", changes.added), ("gone", changes.gone), ("changed", changes.changed)):
        if names:
            say(f"{counted(len(names), 'document')} {what}: {_some(names)}")
    for change in changes.statuses[:_SHOWN]:
        before = "" if change.before == change.after else f"{change.before} -> "
        passages = f" ({change.passages:,} of its passages)" if change.passages else ""
        say(f"status of {change.doc_id}: {before}{change.after}{passages}")
    if len(changes.statuses) > _SHOWN:
        say(f"... and the status of {len(changes.statuses) - _SHOWN:,} more: `--json` lists all")
    if changes.questions_added or changes.questions_gone:
        say(f"everyday questions: {changes.questions_added:,} new or led elsewhere, {changes.questions_gone:,} gone")
    if not changes:
        say("no document would change, and no everyday question")


def _some(names: Sequence[str]) -> str:
    more = f" and {len(names) - _SHOWN:,} more, which `--json` lists" if len(names) > _SHOWN else ""
    return ", ".join(names[:_SHOWN]) + more


def _tell_publication(place: KnowledgePlace, publication: dict[str, Any], *, as_json: bool) -> None:
    if as_json:
        emit_json(publication)
        return
    name, before = publication["release_id"], publication["replaced"]
    instead = f" instead of {before}" if before not in ("", name) else ""
    emit(f"{name} is in use{instead or (', as it was' if before else '')}")
    holds_text = read_manifest(place.shelf.path(name)).passages > 0
    if not holds_text:
        say("it holds no text, so every question is declined; docs/guides/add-a-source.md shows how to add a source")
    if instead:
        hint("`daulat knowledge rollback` puts the one before back")
    elif holds_text:
        hint('`daulat ask "..."` answers from it')


def _tell_build(report: BuildReport, ignored: list[Path]) -> None:
    manifest = report.manifest
    emit(manifest.release_id)
    if report.unchanged:
        say("nothing has changed since this release was built")
    say(
        f"{counted(manifest.documents, 'document')}, {counted(manifest.passages, 'passage')}, "
        f"{counted(report.encoded, 'segment')} encoded now, {counted(manifest.failures, *FAILED)} failed"
    )
    for failure in report.failures[:_SHOWN]:
        say(_failure_line(failure))
    if len(report.failures) > _SHOWN:
        say(f"... and {len(report.failures) - _SHOWN:,} more: `daulat knowledge failures {manifest.release_id}`")
    for note in report.notes[:_SHOWN]:
        say(_note_line(note))
    if len(report.notes) > _SHOWN:
        say(f"... and {len(report.notes) - _SHOWN:,} more notes: `daulat knowledge failures {manifest.release_id}`")
    for path in ignored[:_SHOWN]:
        say(f"ignored, no source declares it: {path}")
    if len(ignored) > _SHOWN:
        say(f"... and {len(ignored) - _SHOWN:,} more ignored files: `--json` lists all")
    if not manifest.sources:
        say("no source is declared: the release is empty and works; docs/guides/add-a-source.md shows how to add one")


def _failure_line(failure: IngestFailure) -> str:
    return f"failed: {_where(failure)}: {one_line(failure.reason)}\n  {failure.fix}"


def _note_line(note: IngestNote) -> str:
    return f"note: {_where(note)}: {one_line(note.what)}"


def _where(told: IngestFailure | IngestNote) -> str:
    return one_line(" ".join(part for part in (told.source_id, told.path, told.doc_id) if part))


def _note_record(note: IngestNote) -> dict[str, Any]:
    """Return a note in the shape of a failure."""
    return {
        "source_id": note.source_id,
        "path": note.path,
        "doc_id": note.doc_id,
        "reason": note.what,
        "fix": "",
        "retryable": note.retryable,
        "note": True,
    }


def _build_record(report: BuildReport, ignored: list[Path]) -> dict[str, Any]:
    return {
        **_summary(report.manifest),
        "folder": str(report.folder),
        "segments": report.manifest.segments,
        "encoded": report.encoded,
        "unchanged": report.unchanged,
        "failed": [asdict(failure) for failure in report.failures],
        "notes": [asdict(note) for note in report.notes],
        "ignored": [str(path) for path in ignored],
    }


def _summary(manifest: Manifest) -> dict[str, Any]:
    return {key: getattr(manifest, key) for key in _SUMMARY}


def _rows_of(place: KnowledgePlace) -> list[dict[str, Any]]:
    """Return what is here, oldest first, then what cannot be read, then what is said to be in use and is not here."""
    current, contents = place.shelf.current_id(), place.shelf.contents()
    rows: list[dict[str, Any]] = [{**_summary(manifest), "state": "readable"} for manifest in contents.releases]
    for name, error in contents.unreadable.items():
        rows.append({"release_id": name, "state": _STATES.get(error.code, "damaged"), "what": error.what})
    if current and current not in {row["release_id"] for row in rows}:
        rows.append({"release_id": current, "state": "missing", "what": f"it is not in {place.place.releases}"})
    return [{**row, "in_use": row["release_id"] == current} for row in rows]


def _cell(key: str, value: Any) -> object:
    return moment(value) if key == "created_at" else value


def _standing(row: dict[str, Any]) -> str:
    state = "" if row["state"] == "readable" else row["state"]
    return ", ".join(part for part in ("in use" if row["in_use"] else "", state) if part)


def _now() -> datetime:
    return datetime.now(UTC)


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a user id without a name, as in many containers
        return "unknown"
