# SPDX-License-Identifier: Apache-2.0
"""Weights on this machine: a directory comes in; which models are in it, from where, and if they are intact, goes out.

    <directory>/<model>/<model>.gguf         the weights
    <directory>/<model>/provenance.json      where they came from, their hash, and who accepted their licence
    <directory>/<model>/verified.json        which file was read whole last, and its hash then
    <directory>/.incoming/<model>/           what is being fetched; gone when it is whole

It never fetches (see `daulat.models.pull`) and never loads a model.
"""

from __future__ import annotations

import fcntl
import re
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import msgspec

from daulat.files import read_regular, sync
from daulat.models._hashes import Hashes, stamp_of
from daulat.models.errors import WeightsError

WEIGHTS = ".daulat/models"
"""Where the weights of a nation are, below its directory; `daulat models pull` puts them there."""
PROVENANCE = "provenance.json"
_INCOMING = ".incoming"
_MODEL_ID = re.compile(r"[a-z0-9][a-z0-9._-]{0,99}")


class Acceptance(msgspec.Struct, frozen=True):
    """Who accepted a licence, and when (ISO 8601, UTC)."""

    by: str
    at: str


class Provenance(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where a file of weights came from. Written once, beside the file.

    `sources` are the addresses as asked for, `resolved` as they were found (a revision becomes a commit). `hash_from`
    says who stated the hash before the file came: the catalogue or the operator (``pinned``), the hub (``publisher``),
    or nobody (``computed``: only that the file has not changed since).
    """

    model: str
    file: str
    sha256: str
    bytes: int
    sources: tuple[str, ...]
    resolved: tuple[str, ...]
    hash_from: str
    licence: str
    pulled_at: str
    accepted: Acceptance | None = None
    purpose: str = ""
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Weights:
    """The weights of one model on this machine."""

    path: Path
    provenance: Provenance


class WeightsStore:
    """The directory of weights.

    Parameters
    ----------
    directory : Path
        Made when the first weights come.
    """

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self._hashes = Hashes()

    def installed(self) -> list[Weights]:
        """List what is here, by name."""
        found = sorted(self.directory.glob(f"*/{PROVENANCE}")) if self.directory.is_dir() else []
        return [self._read(path) for path in found if _MODEL_ID.fullmatch(path.parent.name)]

    def find(self, model: str) -> Weights | None:
        """Return the weights of a model, or None where they are not here.

        Raises
        ------
        WeightsError
            If the id is not one, or the record beside the weights cannot be read.
        """
        record = self.directory / check_model_id(model) / PROVENANCE
        return self._read(record) if record.is_file() else None

    def path_for(self, model: str) -> Path:
        """Return where the weights of a model are, or will be once they are pulled."""
        return self.directory / check_model_id(model) / f"{model}.gguf"

    def verify(self, model: str, report: Callable[[int, int | None], None] | None = None) -> Weights:
        """Read the whole file again and compare it with its record.

        Raises
        ------
        WeightsError
            If the model is not here, or the file is not what it was.
        """
        return self._held_against_record(self._required(model), report, anew=True, keep=True)

    def approve(
        self, model: str, report: Callable[[int, int | None], None] | None = None, *, keep: bool = True
    ) -> Weights:
        """Return weights that are what was pulled, reading the file only if it has changed since it was last read.

        Parameters
        ----------
        keep : bool
            Write down that it was read.

        Raises
        ------
        WeightsError
            As `verify`.
        """
        return self._held_against_record(self._required(model), report, anew=False, keep=keep)

    def look(self, model: str) -> Weights:
        """Return weights as far as can be told without reading them: they are here, whole, and not known as changed.

        Raises
        ------
        WeightsError
            If they are not.
        """
        weights = self._required(model)
        stamp = stamp_of(weights.path)
        if stamp is None or stamp.bytes != weights.provenance.bytes:
            size = "no file" if stamp is None else f"{stamp.bytes:,} bytes"
            raise _changed(weights, f"{size}, recorded {weights.provenance.bytes:,}")
        known = self._hashes.known(weights.path)
        if known not in ("", weights.provenance.sha256):
            raise _changed(weights, _hashes_differ(known, weights))
        return weights

    def _held_against_record(
        self, weights: Weights, report: Callable[[int, int | None], None] | None, *, anew: bool, keep: bool
    ) -> Weights:
        if not anew or stamp_of(weights.path) is None:
            self.look(weights.provenance.model)
        found = self._hashes.of(weights.path, report, anew=anew, keep=keep)
        if found != weights.provenance.sha256:
            raise _changed(weights, _hashes_differ(found, weights))
        return weights

    def remove(self, model: str) -> int:
        """Delete a model's weights and their record; return the bytes set free.

        Raises
        ------
        WeightsError
            If the model is not here.
        """
        directory = self.directory / check_model_id(model)
        if not directory.is_dir():
            self._required(model)
        freed = sum(path.stat().st_size for path in directory.rglob("*") if path.is_file())
        with self.locked(model) as incoming:
            # Renamed first, so that no reader ever sees half a model.
            doomed = incoming / "removed"
            directory.rename(doomed)
            shutil.rmtree(doomed)
            shutil.rmtree(incoming)
        return freed

    @contextmanager
    def locked(self, model: str) -> Iterator[Path]:
        """Hold the model's incoming directory for one process; what an earlier one left there is kept.

        Raises
        ------
        WeightsError
            If another process holds it.
        """
        incoming = self.directory / _INCOMING / check_model_id(model)
        incoming.mkdir(parents=True, exist_ok=True)
        with (self.directory / _INCOMING / f"{model}.lock").open("w") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as error:
                raise WeightsError(
                    f"another process is pulling or removing `{model}`",
                    why="Two at once would spoil each other's file.",
                    fix="Wait for it to end, then run the command again.",
                    code="models.weights.busy",
                ) from error
            incoming.mkdir(exist_ok=True)
            yield incoming

    def install(self, incoming: Path, provenance: Provenance) -> Weights:
        """Give a whole, checked file its name: one rename, with its record beside it."""
        file = incoming / provenance.file
        sync(file)
        record = incoming / PROVENANCE
        record.write_bytes(msgspec.json.format(msgspec.json.encode(provenance), indent=2) + b"\n")
        sync(record)
        place = self.directory / provenance.model
        replaced = self.directory / _INCOMING / f"{provenance.model}.replaced"
        shutil.rmtree(replaced, ignore_errors=True)
        if place.exists():
            place.rename(replaced)
        incoming.rename(place)
        sync(self.directory)
        shutil.rmtree(replaced, ignore_errors=True)
        weights = Weights(place / provenance.file, provenance)
        self._hashes.note(weights.path, provenance.sha256)
        return weights

    def _required(self, model: str) -> Weights:
        weights = self.find(model)
        if weights is None and self.path_for(model).is_file():
            raise WeightsError(
                f"the weights of `{model}` have no {PROVENANCE} beside them",
                why="Nobody could say where these weights came from, or whether they have changed.",
                fix=f"Move the file elsewhere and run `daulat models pull {model} --from file:///where/it/is.gguf`.",
                code="models.weights.provenance",
            )
        if weights is None:
            raise WeightsError(
                f"the weights of `{model}` are not here",
                why="There is nothing to run, verify or remove.",
                fix=f"Run `daulat models pull {model}`; `daulat models list` shows what is here.",
                code="models.weights.missing",
            )
        return weights

    def _read(self, record: Path) -> Weights:
        try:
            provenance = msgspec.json.decode(read_regular(record), type=Provenance)
            if provenance.model != record.parent.name or provenance.file != f"{provenance.model}.gguf":
                raise msgspec.ValidationError("it names another model or file")
        except (msgspec.DecodeError, OSError) as error:
            raise WeightsError(
                f"{record} cannot be read: {error}",
                why="Nobody could say where these weights came from.",
                fix=f"Run `daulat models remove {record.parent.name}`, then pull it again.",
                code="models.weights.provenance",
            ) from error
        return Weights(record.parent / provenance.file, provenance)


def _hashes_differ(found: str, weights: Weights) -> str:
    return f"sha256 {found[:16]}, recorded {weights.provenance.sha256[:16]}"


def _changed(weights: Weights, difference: str) -> WeightsError:
    model = weights.provenance.model
    return WeightsError(
        f"the weights of `{model}` are not what was pulled: {difference}",
        why="Its answers would come from weights that nobody approved.",
        fix=f"Run `daulat models remove {model}`, then pull it again.",
        code="models.weights.changed",
    )


def check_model_id(model: str) -> str:
    """Return a model id that is safe as the name of a directory.

    Raises
    ------
    WeightsError
        If it is not.

    Examples
    --------
    >>> check_model_id("qwen3-4b")
    'qwen3-4b'
    """
    if not _MODEL_ID.fullmatch(model):
        raise WeightsError(
            f"`{model[:100]}` is not a model id",
            why="It names a directory of weights.",
            fix="Use lower-case letters, digits, dots and hyphens, like `qwen3-4b`.",
            code="models.id",
        )
    return model
