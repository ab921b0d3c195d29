# SPDX-License-Identifier: Apache-2.0
"""Private: the glossaries of a country. A pack's and a nation's own in; (what is said, the law's words, topic) out.

The nation's own has the same form and counts before the pack's. All its faults are told at once, for a word that nobody
reads helps nobody.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from daulat.language._pack import PackFiles, primary
from daulat.language.errors import LanguageError
from daulat.nation import YamlFile, read_yaml

FILE = "glossary.yaml"
Triple = tuple[str, str, str]


def read_glossaries(pack: PackFiles | None, own: Path | None) -> tuple[str, list[Triple]]:
    """Return the language of the law and the entries of both glossaries; nothing where there is neither.

    Raises
    ------
    LanguageError
        With every fault of the nation's own file.
    """
    theirs = pack.yaml(FILE) if pack is not None and pack.has("languages") and pack.has(FILE) else None
    official = primary(theirs["language"]) if theirs else ""
    triples = list(entries_of(theirs["entries"])) if theirs else []
    if own is not None and own.exists():
        file = read_yaml(own)
        faults = list(_faults(file, official))
        if faults:
            raise _error(own, sorted(faults))
        official = official or primary(file.data["language"])
        triples = [*entries_of(file.data["entries"]), *triples]
    return official, triples


def entries_of(entries: Mapping[str, Mapping[str, str]]) -> Iterator[Triple]:
    """Yield each variant with the law's words and its topic."""
    for topic, pairs in entries.items():
        for variants, law in pairs.items():
            yield from ((variant.strip(), law, topic) for variant in variants.split("|"))
    # A question that already says `akta perkawinan` must not be read as one about `akta`.
    phrases = ((part, topic) for topic, pairs in entries.items() for law in pairs.values() for part in parts_of(law))
    yield from ((phrase, phrase, topic) for phrase, topic in phrases if " " in phrase)


def parts_of(replacement: str) -> list[str]:
    """Return the phrases of the law that stand for one thing said."""
    return [part.strip() for part in replacement.split(";") if part.strip()]


def _faults(file: YamlFile, official: str) -> Iterator[tuple[int, str]]:
    data: Any = file.data
    if not isinstance(data, dict):
        yield 1, "is not a mapping of keys and values"
        return
    language = data.get("language")
    if not isinstance(language, str) or not language:
        yield file.line_of(("language",)), "`language` must say in which language the law is"
    elif official and primary(language) != official:
        yield file.line_of(("language",)), f"`language` is `{language}`, and the pack's law is in `{official}`"
    for key in data:
        if key not in ("language", "entries"):
            yield file.line_of((key,)), f"`{key}` is no key; there are `language` and `entries`"
    entries = data.get("entries")
    if not isinstance(entries, dict):
        yield file.line_of(("entries",)), "`entries` must hold topics"
        return
    for topic, pairs in entries.items():
        if not isinstance(pairs, dict):
            yield file.line_of(("entries", topic)), f"`{topic}` must hold pairs: what people say, and the law's words"
            continue
        for said, law in pairs.items():
            if not isinstance(law, str) or not parts_of(law) or not said.strip():
                yield file.line_of(("entries", topic, said)), f"`{said}` has no words of the law after it"


def _error(path: Path, faults: list[tuple[int, str]]) -> LanguageError:
    lines = "\n".join(f"  {path.name} line {line}: {fault}" for line, fault in faults)
    return LanguageError(
        f"{path} has {len(faults)} fault{'s' if len(faults) > 1 else ''}\n{lines}",
        why="Questions are read by it, so none was.",
        fix="Correct the lines named; docs/guides/write-everyday-questions.md shows its form.",
        code="language.glossary",
    )
