# SPDX-License-Identifier: Apache-2.0
"""The everyday questions of a release: checked rows in, an index in its folder out, the nearest questions by meaning or
words out of that.

Question n of every file is the n-th question of the rows in order. It decides nothing about passages.

    questions.json   the questions as written, with language and row
    rows.json        the rows: passage ids, and why none answers
    sources.json     the sources that whoever wrote the questions had before them; older releases have none
    targets.npy      passage rows that a row of questions names, one row after another; target_offsets.npy says where
    vectors.npy ...  see `daulat.knowledge.index.vectors`
    terms.npy ...    see `daulat.knowledge.index.forward`
    lexical/         see `daulat.knowledge.index.lexical`
    adapter.npz      see `daulat.knowledge.encoder.adapter`; where one was learnt for the encoder of the release
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import msgspec
import numpy as np
from numpy.typing import NDArray

from daulat.knowledge.encoder import ADAPTER, Adapter, load_adapter
from daulat.knowledge.everyday.declared import EverydayRow
from daulat.knowledge.everyday.gathered import Gathered, Named, Together
from daulat.knowledge.everyday.readings import Reading, Readings
from daulat.knowledge.index import ForwardIndex, ForwardWriter, LexicalIndex, VectorIndex
from daulat.knowledge.index.forward import BREAK, runs
from daulat.knowledge.index.lexical import Entry, write_lexical
from daulat.knowledge.index.vectors import Int8, mapped, write_vectors
from daulat.knowledge.sources import Source

Rows = NDArray[np.int64]

_TOLD_EVERY = 500
_QUESTIONS, _ROWS, _SOURCES = "questions.json", "rows.json", "sources.json"
_TARGETS, _TARGET_OFFSETS = "targets.npy", "target_offsets.npy"


class _Question(msgspec.Struct, frozen=True, array_like=True):
    text: str
    language: str
    row: int


class _Row(msgspec.Struct, frozen=True):
    passages: tuple[str, ...]
    why: str = ""
    quote: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Wordings:
    """The everyday questions of a country and how they are read.

    Parameters
    ----------
    folder : Path
        Of the curators' files, and of the adapters learnt from them (``adapter*.npz``).
    read : callable
        (question, language) to the text that is encoded and the weighted terms that are indexed.
    own : Path, optional
        The folder of a nation's own questions, read after those.
    of_pack : bool
        Whether the curators are a pack's, who wrote with all sources before them that the pack declares.
    readings : Readings
        What was read before by the same rules.
    """

    folder: Path
    read: Callable[[str, str], tuple[str, Mapping[str, float]]]
    own: Path | None = None
    of_pack: bool = False
    readings: Readings = field(default_factory=Readings)

    def read_all(self, rows: Sequence[EverydayRow], tell: Callable[[int], None] = lambda _done: None) -> list[Reading]:
        """Read every question of the rows, in the order of `questions_of`; see `Readings.read`."""
        return self.readings.read([(tag, text) for _, tag, text in questions_of(rows)], self.read, tell)

    @property
    def files(self) -> list[Path]:
        """Every file of the folder that decides what is written."""
        found = (path for pattern in ("*.jsonl", "adapter*.npz") for path in self.folder.glob(pattern))
        return sorted(path for path in found if path.is_file())

    def covers(self, source: Source) -> bool:
        """Say whether the questions were written with this source before their writers.

        A nation goes on adding sources beside its own questions, so only a pack's are known to be.
        """
        return self.of_pack and source.root == self.folder.parent

    @property
    def own_files(self) -> list[Path]:
        """Every file of the nation's own."""
        return sorted(path for path in self.own.glob("*.jsonl") if path.is_file()) if self.own else []

    def adapter_for(self, encoder: str) -> tuple[Path, Adapter] | tuple[None, None]:
        """Return the adapter that was learnt for an encoder, and its file."""
        for path in self.files:
            if path.suffix == ".npz" and (adapter := load_adapter(path)).encoder == encoder:
                return path, adapter
        return None, None


def questions_of(rows: Sequence[EverydayRow]) -> list[tuple[int, str, str]]:
    """List all questions in the order of the index: (row, language, question)."""
    return [(n, tag, text) for n, row in enumerate(rows) for tag, texts in row.asks.items() for text in texts]


def write_everyday(
    folder: Path,
    rows: Sequence[EverydayRow],
    covered: Sequence[str],
    row_of: Callable[[str], int],
    terms: Sequence[Sequence[str]],
    vectors: tuple[Int8, NDArray[np.float16]],
    tell: Callable[[int], None] = lambda _done: None,
) -> None:
    """Write the index into a new folder.

    Parameters
    ----------
    folder : Path
    rows : sequence of EverydayRow
        Whose passages are all known.
    covered : sequence of str
        Ids of the sources that whoever wrote them had before them.
    row_of : callable
        Passage id to row.
    terms : sequence of sequences of str
        Of each question, in the order of `questions_of`.
    vectors : (int8[n, d], float16[n])
        Of each question.
    tell : callable
        How many questions are indexed, called as work goes on.
    """
    folder.mkdir()
    questions = questions_of(rows)
    encode = msgspec.json.encode
    (folder / _QUESTIONS).write_bytes(encode([_Question(text, tag, row) for row, tag, text in questions]))
    (folder / _ROWS).write_bytes(encode([_Row(row.passages, row.why, row.quote) for row in rows]))
    (folder / _SOURCES).write_bytes(encode(sorted(covered)))
    targets = [row_of(passage) for row in rows for passage in row.passages]
    offsets = np.cumsum([0, *(len(row.passages) for row in rows)])
    np.save(folder / _TARGETS, np.array(targets, np.uint32))
    np.save(folder / _TARGET_OFFSETS, offsets.astype(np.uint32))
    write_vectors(folder, *vectors)
    forward = ForwardWriter()
    for each in terms:
        forward.add([each])
    forward.write(folder)

    def entries() -> Iterator[Entry]:
        for done, each in enumerate(terms):
            if done % _TOLD_EVERY == 0:
                tell(done)
            yield Entry(each, ())

    write_lexical(folder / "lexical", entries())


class EverydayIndex:
    """Finds the everyday questions that are like a question.

    Parameters
    ----------
    folder : Path
        Where `write_everyday` wrote.

    Raises
    ------
    ValueError
        If the files do not belong together.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        # Their texts stay on disk: nothing that answers reads them, and they would take 20 MB for 77,000 questions.
        questions = self.read_questions()
        self.rows = msgspec.json.decode((folder / _ROWS).read_bytes(), type=tuple[_Row, ...])
        # The sources that whoever wrote the questions had before them; None: all, as before this was written down.
        told = folder / _SOURCES
        self.covered = (
            frozenset(msgspec.json.decode(told.read_bytes(), type=tuple[str, ...])) if told.is_file() else None
        )
        self.row_of: Rows = np.array([question.row for question in questions], np.int64)
        self.languages = np.array([question.language for question in questions])
        self._targets: NDArray[np.uint32] = mapped(folder / _TARGETS)
        self.named: Rows = np.unique(self._targets).astype(np.int64)  # all passages that a question names, ascending
        self._offsets: NDArray[np.uint32] = mapped(folder / _TARGET_OFFSETS)
        self.vectors = VectorIndex(folder)
        self.terms = ForwardIndex(folder)
        self.lexical = LexicalIndex(folder / "lexical")
        self.adapter = load_adapter(folder / ADAPTER) if (folder / ADAPTER).is_file() else None
        counts = np.bincount(self.terms.all_numbers(), minlength=self.terms.size + 1)
        self._rarities: NDArray[np.float64] = np.log(1 + (len(questions) - counts + 0.5) / (counts + 0.5))
        held = {len(questions), len(self.vectors), len(self.terms), len(self.lexical)}
        if len(held) != 1 or len(self._offsets) != len(self.rows) + 1 or len(self._targets) != int(self._offsets[-1]):
            raise ValueError("the files of the everyday questions do not belong together")
        self._together = self._gather()

    def __len__(self) -> int:
        return len(self.row_of)

    def read_questions(self) -> tuple[_Question, ...]:
        """Read the questions as they were written, each with its language and row; for whoever measures."""
        return msgspec.json.decode((self._folder / _QUESTIONS).read_bytes(), type=tuple[_Question, ...])

    def rarity(self, number: int) -> float:
        """Return the inverse document frequency of a term by its number; that of an unknown term is the highest."""
        return float(self._rarities[number]) if number > 0 else float(np.log(2 * len(self) + 2))

    def _gather(self) -> Gathered:
        """Put together what was asked of each passage of `named`, and behind them of each row that names none."""
        counts = np.diff(self._offsets.astype(np.int64))
        silent = np.flatnonzero(counts == 0)
        named, owner = self.targets_of(np.arange(len(self.rows)))
        texts = np.concatenate([np.searchsorted(self.named, named), len(self.named) + np.arange(len(silent))])
        order = np.argsort(np.concatenate([owner, silent]), kind="stable")
        offsets = np.append(0, np.cumsum(np.maximum(counts, 1)))
        return Gathered(*self._terms_of(np.arange(len(self))), Named(texts[order], offsets))

    def fit_together(
        self, terms: Mapping[str, float], allowed: NDArray[np.bool_] | None, within: NDArray[np.bool_] | None
    ) -> Together:
        """Compare a question with all that was asked of each passage; what others alone answer is not answered here.

        Parameters
        ----------
        terms : mapping of str to float
            Of the question, with their weights.
        allowed : bool[n], optional
            Questions that may be heard.
        within : bool[n_rows of the release], optional
            Passages that may answer.
        """
        numbers = {term: self.terms.number(term) for term in terms}
        known = {numbers[term]: weight for term, weight in terms.items() if numbers[term] > 0}
        unknown = sum(weight for term, weight in terms.items() if numbers[term] <= 0)
        left_out = np.flatnonzero(~allowed) if allowed is not None else np.empty(0, np.int64)
        shares = self._together.shares(known, unknown, self._terms_of(left_out))
        here = within[self.named] if within is not None else np.ones(len(self.named), bool)
        asked, silent = shares[: len(here)], shares[len(here) :]
        return Together(self.named[here], asked[here], float(np.append(asked[~here], silent).max(initial=0.0)))

    def _terms_of(self, questions: Rows) -> tuple[Rows, Rows, Rows]:
        """Return the terms of questions by number, the row of each, and the rows of the questions."""
        numbers, owners = self.terms.several(questions)
        kept = numbers != BREAK
        rows = self.row_of[questions]
        return numbers[kept].astype(np.int64), rows[owners[kept]], rows

    def rarities(self, numbers: NDArray[np.uint32]) -> dict[int, float]:
        """Return the same of many terms that some question holds, by number."""
        return dict(zip(numbers.tolist(), self._rarities[numbers].tolist(), strict=True))

    def targets_of(self, rows: Rows) -> tuple[NDArray[np.uint32], Rows]:
        """Return the passage rows that several rows of questions name, and which of these rows names each."""
        places, owners = runs(self._offsets, rows)
        return self._targets[places], owners

    def targets(self, row: int) -> NDArray[np.uint32]:
        """Return the passage rows that a row of questions names, the main one first; none where no source answers."""
        found: NDArray[np.uint32] = self._targets[int(self._offsets[row]) : int(self._offsets[row + 1])]
        return found
