# SPDX-License-Identifier: Apache-2.0
"""What decides how a nation's texts and everyday questions are read: its pack and its own declaration in; the files
that a release depends on, and the everyday questions with what is known of their reading, out.

A nation's own rules, glossary and everyday questions lie beside its sources.yaml. It reads no text and writes nothing.
"""

from __future__ import annotations

import os
from pathlib import Path

from daulat.knowledge.everyday import FOLDER, Readings, Wordings, rules_of
from daulat.knowledge.readers import READING
from daulat.knowledge.search import Reader
from daulat.nation import Pack

__all__ = [
    "READINGS",
    "everyday_of",
    "own_deciding",
    "own_glossary",
    "own_rules",
    "pack_deciding",
    "pack_everyday",
]

READINGS = "everyday.readings"  # of a pack, and of a site beside its vectors
_RELATIONS, _GLOSSARY = "relations.yaml", "glossary.yaml"
_WORDS = ("legal.yaml", "misreadings.yaml", "words.txt.gz", "languages/*.yaml")
_CUTTING = (_RELATIONS, "structure.yaml")
_READING_EVERYDAY = (_GLOSSARY, "questions.yaml", "languages/*.tsv")


def pack_deciding(pack: Pack | None, everyday: Wordings | None) -> list[Path]:
    """List the files of a pack that decide how its sources and everyday questions are read."""
    return _found(pack, (*_WORDS, *_CUTTING, *(_READING_EVERYDAY if everyday else ())))


def own_deciding(declared: Path | None) -> list[Path]:
    """List the nation's own files that decide how its sources and everyday questions are read."""
    glossary = _beside(declared, _GLOSSARY)
    return [*own_rules(declared), *([glossary] if glossary else [])]


def own_rules(declared: Path | None) -> list[Path]:
    """List the rules that lie beside a nation's own sources.yaml; one that cannot be read is listed too, as a fault."""
    path = declared.with_name(_RELATIONS) if declared else None
    return [path] if path and os.path.lexists(path) else []


def own_glossary(declared: Path | None) -> Path | None:
    """Return the glossary that lies beside a nation's own sources.yaml; None where there is none."""
    return _beside(declared, _GLOSSARY)


def pack_everyday(pack: Pack | None, reader: Reader) -> Wordings | None:
    """Return the everyday questions of a pack, as `reader` reads them; None where it has none."""
    return everyday_of(pack, reader, None)


def everyday_of(
    pack: Pack | None, reader: Reader, declared: Path | None, *, with_packs: bool = True, kept: Path | None = None
) -> Wordings | None:
    """Return the everyday questions of a pack and, read after them, those that lie beside a nation's sources.yaml.

    Parameters
    ----------
    with_packs : bool
        False where other sources are read than the pack's.
    kept : Path, optional
        The folder where the site keeps what it has read.
    """
    brought, own = pack if pack and with_packs and pack.has(FOLDER) else None, _beside(declared, FOLDER)
    own = own if own and own.is_dir() else None
    rules, place = _rules(pack, reader, own_glossary(declared)), kept / READINGS if kept else None
    if brought:
        readings = Readings(rules, place, [brought.path(READINGS)])
        return Wordings(brought.path(FOLDER), reader.everyday, own, of_pack=True, readings=readings)
    return Wordings(own, reader.everyday, readings=Readings(rules, place)) if own else None


def _rules(pack: Pack | None, reader: Reader, glossary: Path | None) -> bytes:
    files = [*_found(pack, (*_WORDS, *_READING_EVERYDAY)), *([glossary] if glossary else [])]
    return rules_of(files, READING, reader.default_language, bool(glossary))


def _found(pack: Pack | None, patterns: tuple[str, ...]) -> list[Path]:
    return [path for pattern in patterns for path in sorted(pack.root.glob(pattern))] if pack else []


def _beside(declared: Path | None, name: str) -> Path | None:
    path = declared.with_name(name) if declared else None
    return path if path and path.exists() else None
