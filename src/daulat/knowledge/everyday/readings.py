# SPDX-License-Identifier: Apache-2.0
"""Readings that were made before: everyday questions in; of each, the text that is encoded and the terms that are
indexed, out.

To read 100,000 questions takes a minute and gives the same every time, so a pack brings its readings and a site keeps
its own beside its vectors. A file tells the rules by which they were made; by other rules it says nothing. Questions
are in it by their hash alone. It is never evidence, and no release holds it.

    b"daulat readings 1", the rules (32 bytes), the number of readings (uint32), their keys (uint64 each),
    then XZ of a line for each: text, tab, terms with a blank between
"""

from __future__ import annotations

import hashlib
import lzma
import struct
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from daulat.files import read_regular, write_whole
from daulat.knowledge.encoder import file_sha256
from daulat.knowledge.errors import KnowledgeError
from daulat.knowledge.index.seed import short_key

_MAGIC = b"daulat readings 1"
_HEAD = struct.Struct(f"<{len(_MAGIC)}s32sI")
_TOLD_EVERY = 500
_QUICK, _SMALL = 1, 9  # presets of XZ: 100,000 readings take 3 s and 4.7 MB, or 21 s and 3.9 MB

__all__ = ["Reading", "Readings", "rules_of"]


class Reading(NamedTuple):
    """How one everyday question is read.

    Parameters
    ----------
    text : str
        What is encoded.
    terms : tuple of str
        What is indexed.
    """

    text: str
    terms: tuple[str, ...]


def rules_of(files: Iterable[Path], *code: object) -> bytes:
    """Return what stands for the rules by which questions are read: 32 bytes, others where any of it changes.

    Parameters
    ----------
    files : iterable of Path
        The data that decides.
    code : objects with a lasting `repr`
        What decides beside it.
    """
    held = [(path.name, file_sha256(path)) for path in files if path.is_file()]
    return hashlib.sha256(repr((held, code)).encode()).digest()


@dataclass(frozen=True, slots=True)
class Readings:
    """Reads questions, remembering those that were read before.

    Parameters
    ----------
    rules : bytes
        From `rules_of`, of the reader in use.
    kept : Path, optional
        Where this site keeps what its pack does not bring.
    brought : sequence of Path
        What a pack brings; only read.
    """

    rules: bytes = b""
    kept: Path | None = None
    brought: Sequence[Path] = ()

    def read(
        self,
        questions: Sequence[tuple[str, str]],
        how: Callable[[str, str], tuple[str, Mapping[str, float]]],
        tell: Callable[[int], None] = lambda _done: None,
    ) -> list[Reading]:
        """Return the reading of each question, and keep those that had to be made.

        Parameters
        ----------
        questions : sequence of (str, str)
            Language and text.
        how : callable
            (text, language) to the text that is encoded and the weighted terms that are indexed.
        tell : callable
            How many are read, called as work goes on.

        Raises
        ------
        KnowledgeError
            If a file that a pack brings is damaged.
        OSError
            If what was read cannot be kept.
        """
        brought: dict[int, Reading] = {}
        for path in self.brought:
            brought |= self._load(path)
        kept = self._load_kept()
        made: dict[int, Reading] = {}
        found: list[Reading] = []
        keys = [_key(tag, text) for tag, text in questions]
        for done, (key, (tag, text)) in enumerate(zip(keys, questions, strict=True)):
            if done % _TOLD_EVERY == 0:
                tell(done)
            known = brought.get(key) or kept.get(key)
            if known is None:
                read, terms = how(text, tag)
                known = made[key] = Reading(read, tuple(terms))
            found.append(known)
        tell(len(questions))
        if made and self.kept:
            asked = set(keys)
            still = {key: each for key, each in kept.items() if key in asked}
            self.kept.parent.mkdir(parents=True, exist_ok=True)
            write_whole(self.kept, _packed(self.rules, still | made, _QUICK))
        return found

    def write(self, path: Path, questions: Sequence[tuple[str, str]], found: Sequence[Reading]) -> None:
        """Write what a pack brings, in the order of the questions: the same readings give the same bytes."""
        held = {_key(tag, text): each for (tag, text), each in zip(questions, found, strict=True)}
        write_whole(path, _packed(self.rules, held, _SMALL))

    def _load_kept(self) -> dict[int, Reading]:
        """Return what was kept; nothing where that is damaged, for it can be made again."""
        if self.kept is None:
            return {}
        try:
            return self._load(self.kept)
        except KnowledgeError:
            return {}

    def _load(self, path: Path) -> dict[int, Reading]:
        if not path.is_file():
            return {}
        try:
            return _unpacked(read_regular(path), self.rules)
        except (ValueError, OSError, EOFError, struct.error, lzma.LZMAError) as error:
            raise KnowledgeError(
                f"{path} is a file of everyday questions' readings that is cut short or damaged ({error})",
                why="Questions would be compared by other questions' words.",
                fix="Install the pack again; or remove the file, and the questions are read here.",
                code="knowledge.readings",
            ) from error


def _key(tag: str, text: str) -> int:
    return short_key(hashlib.sha256(f"{tag}\0{text}".encode("utf-8", "surrogatepass")).digest())


def _packed(rules: bytes, readings: Mapping[int, Reading], preset: int) -> bytes:
    fit = {key: each for key, each in readings.items() if _fits(each)}
    lines = "".join(f"{each.text}\t{' '.join(each.terms)}\n" for each in fit.values())
    packed = lzma.compress(lines.encode("utf-8", "surrogatepass"), preset=preset)
    return _HEAD.pack(_MAGIC, rules, len(fit)) + struct.pack(f"<{len(fit)}Q", *fit) + packed


def _fits(reading: Reading) -> bool:
    """Say whether a reading can be told from its line; one that cannot is made again each time."""
    return not any(sign in reading.text for sign in "\t\n") and all(
        term and not any(sign in term for sign in "\t\n ") for term in reading.terms
    )


def _unpacked(held: bytes, rules: bytes) -> dict[int, Reading]:
    magic, made_by, count = _HEAD.unpack_from(held)
    if magic != _MAGIC:
        raise ValueError("its first bytes are those of another kind of file")
    if made_by != rules:
        return {}
    keys = struct.unpack_from(f"<{count}Q", held, _HEAD.size)
    lines = lzma.decompress(held[_HEAD.size + 8 * count :]).decode("utf-8", "surrogatepass").split("\n")
    if lines.pop() or len(lines) != count:
        raise ValueError("it has other readings than keys")
    parted = (line.partition("\t") for line in lines)
    return {
        key: Reading(text, tuple(terms.split(" ")) if terms else ())
        for key, (text, _, terms) in zip(keys, parted, strict=True)
    }
