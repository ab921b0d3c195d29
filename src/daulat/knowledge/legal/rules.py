# SPDX-License-Identifier: Apache-2.0
"""The rules by which one country names its law: a pack's `legal.yaml` in, `LegalRules` out.

Kinds of regulation with their rank, how a citation is written, which law a popular name means, how an amending act says
what it changes. All of it is data; this module knows the questions, never the answers.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, Field

from daulat.knowledge._declared import Declared, load_declared
from daulat.language.analysis import unmarked


class _Kind(Declared):
    code: str
    title: str
    rank: int | None = None
    names: tuple[str, ...]
    doc_id: str = ""


class _Alias(Declared):
    doc_id: str
    names: tuple[str, ...]


def _compiles(pattern: str) -> str:
    try:
        re.compile(pattern)
    except re.error as error:
        raise ValueError(f"not a regular expression: {error}") from error
    return pattern


_Pattern = Annotated[str, AfterValidator(_compiles)]


class _Amendment(Declared):
    title: _Pattern
    instruction: _Pattern
    neighbours: _Pattern
    articles: _Pattern
    own: _Pattern = ""


class _Repeal(Declared):
    verb: _Pattern
    begins: _Pattern


class _Merged(Declared):
    ends: _Pattern
    article: _Pattern
    instructed: _Pattern = ""
    elucidation: _Pattern


class _LegalFile(Declared):
    format: int
    kinds: tuple[_Kind, ...]
    number: _Pattern
    article: _Pattern
    paragraph: _Pattern = ""
    point: _Pattern = ""
    title_link: _Pattern
    title_stop: _Pattern
    digits: dict[str, str] = Field(default_factory=dict)
    aliases: tuple[_Alias, ...] = ()
    amendment: _Amendment
    repeal: _Repeal | None = None
    merged: _Merged | None = None
    promulgated: _Pattern
    months: tuple[str, ...]
    statute_rank: int = 1
    first_year: int = 1900
    relation_words: dict[str, str] = Field(default_factory=dict)
    relation_kinds: dict[str, str] = Field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of regulation. A lower rank stands above a higher one; `doc_id` is set where there is only one of it."""

    code: str
    title: str
    rank: int | None
    doc_id: str = ""


@dataclass(frozen=True, slots=True)
class Repeal:
    """How an act revokes others: the verb, and what a clause before it begins after, such as what stays in force."""

    verb: re.Pattern[str]
    begins: re.Pattern[str]


@dataclass(frozen=True, slots=True)
class Merged:
    """What a passage may hold beside its article, where a text was cut elsewhere.

    Parameters
    ----------
    ends : pattern
        What hangs on to an article: the heading of the next part, the next article, the next point of an amending act.
    article : pattern
        Where another article begins; group ``article``.
    instructed : pattern, optional
        A point of an amending act behind which the new text of one article stands, heading or not; group ``article``.
    elucidation : pattern
        Words after which an article is one of the elucidation.
    """

    ends: re.Pattern[str]
    article: re.Pattern[str]
    instructed: re.Pattern[str] | None
    elucidation: re.Pattern[str]


@dataclass(frozen=True)
class LegalRules:
    """How a country's law is named and changed.

    Parameters
    ----------
    kinds : mapping of str to Kind
        By code, e.g. ``UU``.
    document_ids : pattern
        The canonical id of an act, as curators write it in their notes.
    names : mapping of str to str
        From a name in lower case with single spaces, marks of its letters kept or left out, to the code of its kind.
    aliases : mapping of str to str
        From a popular name of a law, likewise written, to its document id.
    law : pattern
        A numbered citation, groups ``kind``, ``number`` and ``year``.
    titled : pattern
        A kind without a number; what follows may be a title.
    article : pattern
        Group ``article``; the paragraph that is named with it may follow.
    paragraph, point : pattern, optional
        How a text names a part of an article; the first group is its number or letter.
    title_stop : pattern
        Where a title without a number ends.
    digits : translation table
        Letters that a scanner writes for digits.
    amends, instruction, neighbours, instruction_articles : pattern
        The title of an amending act; a sentence in it that changes articles; the part of it that names articles which
        stay as they are; and each article that is left.
    own_articles : pattern, optional
        The number of an article that is the amending act's own, and restates none: one numbers them in Roman figures.
    repeal : Repeal, optional
        How an act says that it revokes other laws.
    merged : Merged, optional
        What a passage may hold beside its article.
    promulgated : pattern
        Groups ``day``, ``month``, ``year``; `months` gives the number of a month.
    statute_rank : int
        Rank of a statute; what stands above counts in a search as one does, what stands below less.
    first_year : int
        Of the country's own law; a search counts the years of an act from there.
    relation_words, relation_kinds : mapping of str to str
        Words of a source's own relation table, and of the kinds in it, to ours.
    """

    kinds: Mapping[str, Kind]
    document_ids: re.Pattern[str]
    names: Mapping[str, str]
    aliases: Mapping[str, str]
    law: re.Pattern[str]
    titled: re.Pattern[str]
    alias: re.Pattern[str] | None
    article: re.Pattern[str]
    paragraph: re.Pattern[str] | None
    point: re.Pattern[str] | None
    title_stop: re.Pattern[str]
    digits: Mapping[int, str]
    amends: re.Pattern[str]
    instruction: re.Pattern[str]
    neighbours: re.Pattern[str]
    instruction_articles: re.Pattern[str]
    own_articles: re.Pattern[str] | None
    repeal: Repeal | None
    merged: Merged | None
    promulgated: re.Pattern[str]
    months: Mapping[str, int]
    statute_rank: int
    first_year: int
    relation_words: Mapping[str, str]
    relation_kinds: Mapping[str, str]

    def kind_named(self, name: str) -> Kind | None:
        """Return the kind with this name or code, in any case and spacing."""
        code = self.names.get(plain(name)) or name
        return self.kinds.get(code)

    def number(self, text: str) -> str:
        """Read a number in which a scanner may have put letters: ``2Oo7`` is 2007, ``28h`` is 28H."""
        head = re.match(r"[\W_]*(\w*?)([A-Za-z]{0,2})\W*$", text)
        if head is None:
            return text.strip()
        digits, tail = head.groups()
        as_digits = (digits + tail).translate(self.digits)
        if as_digits.isdigit():
            return as_digits
        return digits.translate(self.digits) + tail.upper()

    def is_own(self, article: str) -> bool:
        """Say whether an article of an amending act is the act's own, and not one of the law that it amends."""
        return self.own_articles is not None and self.own_articles.fullmatch(article.strip()) is not None

    def document_id(self, code: str, number: str, year: str) -> str:
        """Return the canonical id, e.g. ``UU-23-2006``."""
        return self.kinds[code].doc_id or f"{code}-{self.number(number)}-{self.number(year)}"

    def parts_of(self, doc_id: str) -> tuple[str, str, str]:
        """Return code, number and year of a canonical id; all empty where it is of no kind of this country."""
        code = max((code for code in self.kinds if doc_id.startswith(f"{code}-")), key=len, default="")
        number, _, year = doc_id.removeprefix(f"{code}-").rpartition("-")
        return (code, number, year) if code else ("", "", "")

    def date_of(self, text: str) -> str:
        """Return the ISO date on which a text says it was promulgated; the last one said; or nothing."""
        found = ""
        for match in self.promulgated.finditer(text):
            day, year = self.number(match["day"]), self.number(match["year"])
            month = self.months.get(match["month"].lower())
            if month and day.isdigit() and year.isdigit() and 1 <= int(day) <= 31:
                found = f"{int(year):04d}-{month:02d}-{int(day):02d}"
        return found


def load_legal_rules(path: Path) -> LegalRules:
    """Read a pack's `legal.yaml`.

    Raises
    ------
    SourceError
        With every fault of the file, each with its line.
    """
    file = load_declared(path, _LegalFile)
    kinds = {kind.code: Kind(kind.code, kind.title, kind.rank, kind.doc_id) for kind in file.kinds}
    names = {name: kind.code for kind in file.kinds for name in _spellings(kind.title, kind.code, *kind.names)}
    aliases = {name: alias.doc_id for alias in file.aliases for name in _spellings(*alias.names)}
    # Where there is only one of a kind, its name says which document is meant.
    aliases |= {name: kinds[code].doc_id for name, code in names.items() if kinds[code].doc_id}
    any_kind = rf"(?<![\w/-])(?P<kind>{_any_of({name for name in names if name not in aliases})})\b"
    return LegalRules(
        kinds=kinds,
        document_ids=re.compile(rf"(?<![\w-])(?:{'|'.join(map(re.escape, kinds))})(?:-\w+)?-\d+\b"),
        names=names,
        aliases=aliases,
        law=re.compile(any_kind + file.number, re.IGNORECASE),
        titled=re.compile(any_kind + file.title_link, re.IGNORECASE),
        alias=re.compile(rf"(?<![\w/-])(?:{_any_of(aliases)})\b", re.IGNORECASE) if aliases else None,
        article=re.compile(file.article, re.IGNORECASE),
        paragraph=re.compile(file.paragraph, re.IGNORECASE) if file.paragraph else None,
        point=re.compile(file.point, re.IGNORECASE) if file.point else None,
        title_stop=re.compile(file.title_stop, re.IGNORECASE),
        digits=str.maketrans(file.digits),
        amends=re.compile(file.amendment.title, re.IGNORECASE),
        instruction=re.compile(file.amendment.instruction, re.IGNORECASE),
        neighbours=re.compile(file.amendment.neighbours, re.IGNORECASE),
        instruction_articles=re.compile(file.amendment.articles, re.IGNORECASE),
        own_articles=re.compile(file.amendment.own) if file.amendment.own else None,
        repeal=_repeal(file.repeal) if file.repeal else None,
        merged=_merged(file.merged) if file.merged else None,
        promulgated=re.compile(file.promulgated, re.IGNORECASE),
        months={month: number for number, month in enumerate(file.months, start=1)},
        statute_rank=file.statute_rank,
        first_year=file.first_year,
        relation_words=file.relation_words,
        relation_kinds=file.relation_kinds,
    )


def _repeal(file: _Repeal) -> Repeal:
    return Repeal(re.compile(file.verb, re.IGNORECASE), re.compile(file.begins, re.IGNORECASE))


def _merged(file: _Merged) -> Merged:
    # Case tells a heading from the same word in a sentence.
    ends, article, instructed = (
        re.compile(pattern, re.MULTILINE | re.DOTALL) for pattern in (file.ends, file.article, file.instructed)
    )
    return Merged(ends, article, instructed if file.instructed else None, re.compile(file.elucidation))


def _spellings(*names: str) -> dict[str, None]:
    """Return names as they are looked up: with the marks of their letters and, since few people type them, without."""
    return dict.fromkeys(spelling for name in names for spelling in (plain(name), plain(unmarked(name))))


def plain(name: str) -> str:
    """Write a name in lower case, with single spaces for hyphens and other spacing.

    Examples
    --------
    >>> plain("Undang-  Undang")
    'undang undang'
    """
    return " ".join(re.split(r"[\s‐-―-]+", name.lower())).strip()


def _any_of(names: Iterable[str]) -> str:
    # Longest first: the constitution's name begins with the name of an ordinary law.
    ordered = sorted(names, key=lambda name: (-len(name), name))
    return "|".join(r"[\s‐-―-]++".join(re.escape(word) for word in name.split()) for name in ordered)
