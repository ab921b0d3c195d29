# SPDX-License-Identifier: Apache-2.0
"""Wording: from a citizen's words to the words of the law.

Comes in: a question in a known language, in whatever spelling. Goes out: the same question in standard spelling, its
rough gloss in the language of the law, and the law's own terms for what it speaks of. These feed a search, nothing
else: a gloss is never shown to a citizen, and never taken for a translation.

The words are the pack's: `languages/<tag>.yaml`, its word lists, and `glossary.yaml`. Without a pack the text comes
back as it went in. Docs: docs/concepts/language.md
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from daulat.language._cognates import Cognates, read_vocabulary
from daulat.language._glossary import parts_of, read_glossaries
from daulat.language._pack import PackFiles, primary
from daulat.language._phrases import Affixes, Match, PhraseTable, replaced
from daulat.language.analysis import analyser_for

_DRAWN_OUT = re.compile(r"([^\W\d_])\1{2,}")
ADDRESS = re.compile(r"(?:https?://|www\.)\S+")
_WORD = re.compile(r"[^\W\d_]+")
_LONGEST_READ = 4_000
# `gaji saya selalu telat` says `gaji telat`: so many words may stand between.
_SLACK = 3


@dataclass(frozen=True, slots=True)
class Expansion:
    """The law's words for what a question speaks of.

    Parameters
    ----------
    phrases : tuple[str, ...]
        In the language of the law, in the order of the question, without repeats.
    topics : tuple[str, ...]
        The topics of the glossary that the phrases belong to, the most frequent first.
    """

    phrases: tuple[str, ...] = ()
    topics: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Language:
    spelling: PhraseTable
    gloss: PhraseTable
    doubling: re.Pattern[str] | None
    hyphened: re.Pattern[str] | None
    patterns: tuple[tuple[re.Pattern[str], str], ...]
    cognates: Cognates


class Wording:
    """The words of one country: spelling, glosses and the glossary. Built by `wording_for`; safe to share.

    Parameters
    ----------
    official : str
        The language of the law, BCP 47; empty where there is no glossary.
    languages : Mapping[str, _Language]
        By primary tag.
    glossary : PhraseTable
        Everyday words to the law's, parted by `;`.
    topics : Mapping[str, str]
        The topic of each replacement in the glossary.
    whole : collection of str
        Words that have a letter three times by themselves, such as an abbreviation.
    """

    def __init__(
        self,
        official: str,
        languages: Mapping[str, _Language],
        glossary: PhraseTable,
        topics: Mapping[str, str],
        whole: Collection[str] = (),
    ) -> None:
        self.official = official
        self._languages = languages
        self._glossary = glossary
        self._topics = topics
        self._whole = whole

    def normalise(self, text: str, language: str) -> str:
        """Return the text in standard spelling: drawn-out letters, doubling marks and chat spellings resolved.

        Parameters
        ----------
        text : str
            Only its first 4,000 characters are read.
        language : str
            BCP 47 tag of the text.

        Returns
        -------
        str
            Names, numbers and unknown words stay as they are.
        """
        rules = self._languages.get(primary(language))
        plain = " ".join(ADDRESS.sub(" ", text[:_LONGEST_READ]).split())
        if rules is None:
            return plain
        if _DRAWN_OUT.search(plain):
            plain = _WORD.sub(lambda word: self._shortened(word[0]), plain)
        if rules.hyphened:
            plain = rules.hyphened.sub(r"\1", plain)
        if rules.doubling:
            plain = rules.doubling.sub(r"\1-\1\2", plain)
        return _WORD.sub(lambda word: _respelt(word[0], rules.patterns), rules.spelling.replace(plain))

    def _shortened(self, word: str) -> str:
        return word if word.casefold() in self._whole else _DRAWN_OUT.sub(r"\1", word)

    def to_official(self, text: str, language: str) -> str:
        """Return a rough gloss of the text, word by word, in the language of the law.

        In the language of the law itself this is `normalise`. Words that no list knows stay as they are, since most of
        them are names or loans.
        """
        return self._glossed(self.normalise(text, language), language)[0]

    def _glossed(self, plain: str, language: str) -> tuple[str, list[Match]]:
        """Return the gloss of a text in standard spelling, and the phrases that it was made from."""
        rules = self._languages.get(primary(language))
        if rules is None or primary(language) == self.official:
            return plain, []
        matches = rules.gloss.matches(plain)
        gloss = replaced(plain, matches, _first)
        kindred = _WORD.sub(lambda word: rules.cognates.of(word[0]) or word[0], gloss)
        return self.normalise(kindred, self.official), matches

    def read(self, text: str, language: str) -> tuple[str, str, Expansion]:
        """Return what `normalise`, `to_official` and `expand` do, the common steps taken once."""
        plain = self.normalise(text, language)
        gloss, matches = self._glossed(plain, language)
        return plain, gloss, self._expanded(gloss, matches)

    def expand(self, text: str, language: str) -> Expansion:
        """Return the law's phrases for what the text speaks of, and their topics.

        Parameters
        ----------
        text : str
            The question as it was asked.
        language : str
            BCP 47 tag of the text.
        """
        return self.read(text, language)[2]

    def _expanded(self, gloss: str, matches: Sequence[Match]) -> Expansion:
        found = self._glossary.heard(gloss, _SLACK)
        phrases = [part for law in found for part in parts_of(law)]
        # The first alternative already stands in the gloss itself.
        phrases += [part for match in matches for part in parts_of(match.replacement)[1:]]
        return Expansion(
            phrases=tuple(dict.fromkeys(phrases)),
            topics=tuple(topic for topic, _ in Counter(self._topics[law] for law in found).most_common()),
        )


def wording_for(pack: PackFiles | None, glossary: Path | None = None) -> Wording:
    """Read a pack's words. Without a pack, or without lists in it, the result changes nothing but spaces.

    Parameters
    ----------
    glossary : Path, optional
        A nation's own glossary; of two entries for the same words it counts before the pack's.

    Raises
    ------
    LanguageError
        With every fault of the nation's own glossary.

    Examples
    --------
    >>> wording_for(None).normalise("  how   long? ", "en")
    'how long?'
    >>> wording_for(None).expand("how long?", "en")
    Expansion(phrases=(), topics=())
    """
    data: dict[str, Any] = {}
    if pack is not None and pack.has("languages"):
        data = {path.stem: pack.yaml("languages", path.name) for path in sorted(pack.path("languages").glob("*.yaml"))}
    vocabulary = read_vocabulary(pack.path()) if pack is not None and data else frozenset[str]()
    languages = {tag: _language(pack, rules, vocabulary) for tag, rules in data.items()} if pack is not None else {}
    official, triples = read_glossaries(pack, glossary)
    if not triples:
        return Wording("", languages, PhraseTable(()), {})
    bare = _affixes((data.get(official) or {}).get("gloss") or {}).forms
    stems = analyser_for(official, pack).terms

    def forms(word: str) -> tuple[str, ...]:
        # `dinikahkan` is found under `nikah`, unless the glossary has an entry of its own for it.
        return (*bare(word), *stems(word))

    table = PhraseTable(((said, law) for said, law, _ in triples), forms)
    whole = {word.casefold() for said, _, _ in triples for word in _WORD.findall(said) if _DRAWN_OUT.search(word)}
    return Wording(official, languages, table, {law: topic for _, law, topic in reversed(triples)}, whole)


def read_pairs(text: str) -> Iterator[tuple[str, str]]:
    """Read a word list: variants parted by `|`, a tab, the replacement. Lines that begin with `#` are remarks.

    >>> list(read_pairs("# chat\\nyg | yng\\tyang\\nsih\\t"))
    [('yg', 'yang'), ('yng', 'yang'), ('sih', '')]
    """
    for line in text.splitlines():
        if line.startswith("#") or "\t" not in line:
            continue
        variants, replacement = line.split("\t")[:2]
        yield from ((variant.strip(), replacement.strip()) for variant in variants.split("|") if variant.strip())


def _language(pack: PackFiles, rules: Mapping[str, Any], vocabulary: frozenset[str]) -> _Language:
    spelling, gloss = rules.get("spelling") or {}, rules.get("gloss") or {}
    mark, prefixes = spelling.get("doubling_mark"), (spelling.get("prefixes") or "").split()
    return _Language(
        spelling=PhraseTable(
            _pairs_of(pack, [spelling["table"]] if "table" in spelling else []), _affixes(spelling).forms
        ),
        gloss=PhraseTable(_pairs_of(pack, gloss.get("lexicons") or []), _affixes(gloss).forms),
        doubling=re.compile(rf"\b([^\W\d_]{{3,}}){re.escape(mark)}([^\W\d_]*)\b") if mark else None,
        # `di-hack` is one word; what is written in capitals, as `di-PHK`, is known with its hyphen.
        hyphened=re.compile(rf"\b((?i:{'|'.join(prefixes)}))-(?=[^\W\d_]*[a-z])") if prefixes else None,
        patterns=tuple((re.compile(pattern), to) for pattern, to in (spelling.get("patterns") or {}).items()),
        cognates=Cognates(gloss.get("cognates") or {}, vocabulary),
    )


def _pairs_of(pack: PackFiles, names: list[str]) -> Iterator[tuple[str, str]]:
    for name in names:
        yield from read_pairs(pack.path("languages", name).read_text(encoding="utf-8"))


def _affixes(gloss: Mapping[str, Any]) -> Affixes:
    beginnings = (part.split(":") for part in (gloss.get("beginnings") or "").split(";") if ":" in part)
    return Affixes(
        endings=tuple((gloss.get("endings") or "").split()),
        beginnings=tuple((old.strip(), new.strip().strip("'")) for old, new in beginnings),
    )


def _respelt(word: str, patterns: tuple[tuple[re.Pattern[str], str], ...]) -> str:
    """Return the word as the first pattern that it fits as a whole rewrites it."""
    match = next((found.expand(to) for pattern, to in patterns if (found := pattern.fullmatch(word.casefold()))), None)
    return word if match is None else match


def _first(replacement: str) -> str:
    return replacement.split(";")[0].strip()
