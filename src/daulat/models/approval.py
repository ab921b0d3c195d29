# SPDX-License-Identifier: Apache-2.0
"""What may run: the files that one declared model needs come in; that they are what was pulled, or why not, goes out.

Weights that were pulled are held against their record before they are loaded. A file that is declared by its path has
no record: whoever declared it answers for it, and only that it is there is looked at. It never loads a model.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from threading import Lock

from daulat.models._hashes import Report, Stamp, stamp_of
from daulat.models.errors import WeightsError
from daulat.models.weights import PROVENANCE, WeightsStore


class Approval:
    """Says whether a model may run.

    Parameters
    ----------
    names : sequence of str
        The model's weights, then its adapters: each the id under which it was pulled, or the path of a GGUF file.
    base : Path
        The directory at which paths start.
    store : WeightsStore
        Where pulled weights are.
    """

    def __init__(self, names: Sequence[str], base: Path, store: WeightsStore) -> None:
        self._names = tuple(names)
        self._base = base
        self._store = store
        self._reading = Lock()

    @property
    def weights(self) -> Path:
        """Where the weights of the model are, or will be."""
        return self.files[0]

    @property
    def files(self) -> list[Path]:
        """Where the weights and the adapters are, or will be."""
        return [self._base / name if _is_path(name) else self._store.path_for(name) for name in self._names]

    def stamps(self) -> list[Stamp | None]:
        """Return what changes whenever a file or its record does."""
        records = [path.with_name(PROVENANCE) for path in self.files]
        return [stamp_of(path) for path in (*self.files, *records)]

    def look(self) -> None:
        """See what can be seen without reading a file whole.

        Raises
        ------
        WeightsError
            If one is missing, cut, or known as changed.
        """
        for name in self._names:
            if _is_path(name):
                self._see(name)
            else:
                self._store.look(name)

    def check(self, report: Report | None = None, *, keep: bool = True) -> None:
        """Hold every file against its record; one that has not changed since it was last read is not read again.

        Raises
        ------
        WeightsError
            If one is missing or is not what was pulled.
        """
        with self._reading:  # two at once would read the same gigabytes twice
            self.look()
            for name in self._names:
                if not _is_path(name):
                    self._store.approve(name, report, keep=keep)

    def _see(self, name: str) -> None:
        if not (self._base / name).is_file():
            raise WeightsError(
                f"there is no file `{name}`",
                why="There is nothing to run.",
                fix="Put the GGUF file there, or correct `weights` in nation.yaml.",
                code="models.weights.missing",
            )


def _is_path(name: str) -> bool:
    return name.endswith(".gguf") or "/" in name
