# SPDX-License-Identifier: Apache-2.0
"""Which law and which article a text names: a question or an official text in, `LawMention`s out.

It recognises numbers, popular names and, given the titles of a release, titles. It never looks a law up.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType

from daulat.knowledge.legal.rules import LegalRules, plain
from daulat.knowledge.types import Document

_NEAR = 12  # characters between an article and its law: "Pasal 5 dari UU ..."
_MOST_TITLE_WORDS = 40
_WORD = re.compile(r"\w+")


@dataclass(frozen=True, slots=True)
class LawMention:
    """One law, one article, or both, as a text names them.

    `doc_id` is the canonical id, empty where the text gives no number and no known name; the law need not be in any
    release. `candidates` holds every document that bears the title named, newest first. `span` counts characters.
    """

    kind: str = ""
    number: str = ""
    year: int | None = None
    doc_id: str = ""
    article: str = ""
    paragraph: str = ""
    title_words: tuple[str, ...] = ()
    candidates: tuple[str, ...] = ()
    span: tuple[int, int] = (0, 0)


Titles = Mapping[tuple[str, tuple[str, ...]], tuple[str, ...]]
NO_TITLES: Titles = MappingProxyType({})


def title_index(documents: Iterable[Document], rules: LegalRules) -> Titles:
    """Index documents by kind and words of the title, newest first where several bear one title."""
    found: dict[tuple[str, tuple[str, ...]], list[Document]] = {}
    for document in documents:
        kind = rules.kind_named(document.kind)
        words = _words(document.title)
        if kind and words:
            found.setdefault((kind.code, words), []).append(document)
    newest = {key: sorted(same, key=lambda document: -(document.year or 0)) for key, same in found.items()}
    return {key: tuple(document.doc_id for document in same) for key, same in newest.items()}


def find_citations(text: str, rules: LegalRules, titles: Titles = NO_TITLES) -> list[LawMention]:
    """Find the laws and articles that a text names, in order.

    Parameters
    ----------
    text : str
        A question, or a stretch of an official text.
    rules : LegalRules
        Of the country whose law is meant.
    titles : Titles
        From `title_index`; without it, a title without a number is returned as words only.

    Returns
    -------
    list of LawMention
        An article is joined to the law beside it; one that stands alone is returned without a law.
    """
    laws = _numbered(text, rules)
    laws += _aliased(text, rules, laws)
    laws += _titled(text, rules, titles, laws)
    laws.sort(key=lambda mention: mention.span)
    return _with_articles(text, rules, laws)


def _numbered(text: str, rules: LegalRules) -> list[LawMention]:
    mentions = []
    for match in rules.law.finditer(text):
        code = rules.names[plain(match["kind"])]
        number, year = rules.number(match["number"]), rules.number(match["year"])
        if number[:1].isdigit() and year.isdigit():
            identifier = rules.document_id(code, number, year)
            mentions.append(LawMention(code, number, int(year), identifier, span=match.span()))
    return mentions


def _aliased(text: str, rules: LegalRules, known: list[LawMention]) -> list[LawMention]:
    mentions = []
    for match in rules.alias.finditer(text) if rules.alias else ():
        if not _overlaps(match.span(), known):
            mentions.append(_from_id(rules.aliases[plain(match.group())], rules, match.span()))
    return mentions


def _titled(text: str, rules: LegalRules, titles: Titles, known: list[LawMention]) -> list[LawMention]:
    mentions = []
    for match in rules.titled.finditer(text):
        code = rules.names[plain(match["kind"])]
        if _overlaps(match.span(), known):
            continue
        stop = rules.title_stop.search(text, match.end())
        words = list(_WORD.finditer(text, match.end(), stop.start() if stop else len(text)))[:_MOST_TITLE_WORDS]
        if not words:
            continue
        span = (match.start(), words[-1].end())
        mention = LawMention(code, title_words=tuple(word.group().lower() for word in words), span=span)
        mentions.append(_resolved(mention, text, match.end(), titles))
    return mentions


def _resolved(mention: LawMention, text: str, start: int, titles: Titles) -> LawMention:
    """Look for the longest known title that the text goes on with, wherever a title would usually stop."""
    words = list(_WORD.finditer(text, start))[:_MOST_TITLE_WORDS]
    for length in range(len(words), 0, -1):
        key = tuple(word.group().lower() for word in words[:length])
        found = titles.get((mention.kind, key))
        if found:
            span = (mention.span[0], words[length - 1].end())
            return replace(mention, doc_id=found[0], candidates=found, title_words=key, span=span)
    return mention


def _with_articles(text: str, rules: LegalRules, laws: list[LawMention]) -> list[LawMention]:
    taken: set[int] = set()
    result: list[LawMention] = []
    for match in rules.article.finditer(text):
        if _overlaps(match.span(), [law for law in laws if not law.title_words]):
            continue
        article, paragraph = rules.number(match["article"]), match["paragraph"] or ""
        index = _beside(match.span(), laws, taken)
        if index is None:
            result.append(LawMention(article=article, paragraph=paragraph, span=match.span()))
            continue
        law = laws[index]
        taken.add(index)
        span = (min(law.span[0], match.start()), max(law.span[1], match.end()))
        result.append(replace(law, article=article, paragraph=paragraph, span=span))
    result += [law for index, law in enumerate(laws) if index not in taken]
    return sorted(result, key=lambda mention: mention.span)


def _beside(span: tuple[int, int], laws: list[LawMention], taken: set[int]) -> int | None:
    for index, law in enumerate(laws):
        after, before = law.span[0] - span[1], span[0] - law.span[1]
        near = 0 <= after <= _NEAR or 0 <= before <= _NEAR
        if index not in taken and (near or (law.span[0] <= span[0] and span[1] <= law.span[1])):
            return index
    return None


def _from_id(identifier: str, rules: LegalRules, span: tuple[int, int]) -> LawMention:
    code, _, rest = identifier.partition("-")
    number, _, year = rest.rpartition("-")
    kind = code if code in rules.kinds else ""
    return LawMention(kind, number, int(year) if year.isdigit() else None, identifier, span=span)


def _overlaps(span: tuple[int, int], mentions: list[LawMention]) -> bool:
    return any(span[0] < mention.span[1] and mention.span[0] < span[1] for mention in mentions)


def _words(title: str) -> tuple[str, ...]:
    return tuple(_WORD.findall(title.lower()))
