# SPDX-License-Identifier: Apache-2.0
"""The curators' files: a folder of JSON lines in; checked rows, and every fault with its file and line, out.

One row is one matter: the passages that answer, the main one first, and how people ask for them, by language. A row
without passages says that no source answers, and why. What has a fault is left out and named; it stops no other row.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import msgspec

from daulat.files import read_regular
from daulat.nation.reference import is_language

FOLDER = "everyday"

_LONGEST = 500  # characters of a question
_KEYS = {"passages", "asks", "why", "quote"}


@dataclass(frozen=True, slots=True)
class EverydayRow:
    """One matter, as people ask for it.

    Parameters
    ----------
    passages : tuple of str
        Ids of the passages that answer, the main one first; empty where no source answers.
    asks : mapping of str to tuple of str
        Questions by BCP 47 tag.
    why : str
        Of a row without passages: what the sources lack.
    quote : tuple of str
        How the sentences begin that answer, of the main passage or of another; they are likelier marked for questions
        like these.
    file, line : str, int
        Where it stands.
    """

    passages: tuple[str, ...]
    asks: Mapping[str, tuple[str, ...]]
    why: str = ""
    quote: tuple[str, ...] = ()
    file: str = ""
    line: int = 0

    @property
    def count(self) -> int:
        """How many questions it holds."""
        return sum(len(questions) for questions in self.asks.values())


@dataclass(frozen=True, slots=True)
class EverydayFault:
    """A row that cannot be used: where it stands and why. Line 0 is the whole file."""

    file: str
    line: int
    reason: str

    @property
    def fix(self) -> str:
        """What its curator can do."""
        row = "Correct the row; docs/guides/write-everyday-questions.md shows its form."
        return row if self.line else "Put a file there that can be read."

    def __str__(self) -> str:
        return f"{self.file} line {self.line}: {self.reason}" if self.line else f"{self.file}: {self.reason}"


def read_everyday(folder: Path, own: Path | None = None) -> tuple[tuple[EverydayRow, ...], tuple[EverydayFault, ...]]:
    """Read every file of a folder in the order of their names; a folder that is not there holds nothing.

    Parameters
    ----------
    own : Path, optional
        The folder of a nation's own, read after it; its files are named with their folder.

    Returns
    -------
    (tuple of EverydayRow, tuple of EverydayFault)
        What can be used, and all faults.
    """
    rows: list[EverydayRow] = []
    faults: list[EverydayFault] = []
    first: dict[tuple[str, str], str] = {}
    files = [(path, path.name) for path in sorted(folder.glob("*.jsonl"))]
    files += [(path, f"{own.name}/{path.name}") for path in sorted(own.glob("*.jsonl"))] if own else []
    for path, name in files:
        try:
            raw = read_regular(path)
        except OSError as error:
            faults.append(EverydayFault(name, 0, f"cannot be read: {error.strerror}"))
            continue
        for number, line in enumerate(raw.split(b"\n"), 1):
            if not line.strip():
                continue
            try:
                row = _row(msgspec.json.decode(line, type=dict[str, Any]), name, number)
            except (msgspec.DecodeError, UnicodeDecodeError) as error:
                faults.append(EverydayFault(name, number, f"is not a JSON object: {error}"))
            except ValueError as error:
                faults.append(EverydayFault(name, number, str(error)))
            else:
                new, twice = _said_first(row, first)
                faults += [EverydayFault(name, number, reason) for reason in twice]
                if new.asks:
                    rows.append(new)
    return tuple(rows), tuple(faults)


def find_unknown(
    rows: Iterable[EverydayRow], is_known: Callable[[str], bool]
) -> tuple[tuple[EverydayRow, ...], tuple[EverydayFault, ...]]:
    """Part the rows whose passages are all known from those that name another: (usable rows, faults)."""
    usable, faults = [], []
    for row in rows:
        unknown = [passage for passage in row.passages if not is_known(passage)]
        if unknown:
            faults.append(EverydayFault(row.file, row.line, f"no source has the passage {', '.join(unknown)}"))
        else:
            usable.append(row)
    return tuple(usable), tuple(faults)


def _row(data: dict[str, Any], file: str, line: int) -> EverydayRow:
    unknown = sorted(set(data) - _KEYS)
    if unknown:
        raise ValueError(f"`{unknown[0]}` is no key; there are `passages`, `asks`, `why` and `quote`")
    passages, asks, why = data.get("passages"), data.get("asks"), data.get("why", "")
    if not _is_texts(passages):
        raise ValueError("`passages` must be a list of passage ids, empty where no source answers")
    if (
        not isinstance(asks, dict)
        or not asks
        or not all(questions and _is_texts(questions) for questions in asks.values())
    ):
        raise ValueError("`asks` must give a list of questions for each language, and at least one question")
    if unknown_tag := next((tag for tag in asks if not is_language(tag)), None):
        raise ValueError(f"`{unknown_tag}` under `asks` is no language tag of BCP 47, such as `en` or `sw`")
    if not isinstance(why, str) or (not passages and not why.strip()):
        raise ValueError("a row without passages must say in `why` what the sources lack")
    if any(len(question) > _LONGEST for questions in asks.values() for question in questions):
        raise ValueError(f"a question has more than {_LONGEST} characters")
    quote = data.get("quote", [])
    if not _is_texts(quote) or (quote and not passages):
        raise ValueError("`quote` must be a list of beginnings of sentences of its passages")
    return EverydayRow(
        tuple(dict.fromkeys(passages or ())),
        {tag: tuple(" ".join(question.split()) for question in questions) for tag, questions in asks.items()},
        why,
        tuple(" ".join(each.split()) for each in quote),
        file,
        line,
    )


def _is_texts(value: object) -> bool:
    return isinstance(value, list) and all(isinstance(each, str) and each.strip() for each in value)


def _said_first(row: EverydayRow, first: dict[tuple[str, str], str]) -> tuple[EverydayRow, list[str]]:
    """Leave out the questions that another row has too: the same words cannot ask for two things."""
    asks: dict[str, tuple[str, ...]] = {}
    faults: list[str] = []
    here = f"{row.file} line {row.line}"
    for tag, questions in row.asks.items():
        told = {question: first.setdefault((tag, question.casefold()), here) for question in dict.fromkeys(questions)}
        faults += [f"asks the same as {where}: {question}" for question, where in told.items() if where != here]
        if new := tuple(question for question, where in told.items() if where == here):
            asks[tag] = new
    return replace(row, asks=asks), faults
