# SPDX-License-Identifier: Apache-2.0
"""Which law and which article a text names: a question or an official text in, `LawMention`s out.

It recognises numbers, popular names and, given the titles of a release, titles. It never looks a law up.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import islice
from types import MappingProxyType

from daulat.knowledge.legal.rules import LegalRules, plain
from daulat.knowledge.types import Document

_NEAR = 12  # characters between an article and its law: "Pasal 5 dari UU ..."
_MOST_TITLE_WORDS = 40
_MOST_TITLE_CHARS = 400
_WORD = re.compile(r"\w+")


@dataclass(frozen=True, slots=True)
class LawMention:
    """One law, one article, or both, as a text names them.

    `doc_id` is the canonical id, empty where the text gives no number and no known name; the law need not be in any
    release. `candidates` holds every document that bears the title named, newest first. `span` counts characters.
    `stands_in` is the id of the passage of another article that holds the one named, where a text was cut elsewhere.
    """

    kind: str = ""
    number: str = ""
    year: int | None = None
    doc_id: str = ""
    article: str = ""
    title_words: tuple[str, ...] = ()
    candidates: tuple[str, ...] = ()
    span: tuple[int, int] = (0, 0)
    stands_in: str = ""

    @property
    def doc_ids(self) -> tuple[str, ...]:
        """Every document that may be meant.

        >>> LawMention(doc_id="XA-3-2020", candidates=("XA-3-2020", "XA-1-1999")).doc_ids
        ('XA-3-2020', 'XA-1-1999')
        """
        return tuple(dict.fromkeys(filter(None, (self.doc_id, *self.candidates))))


Titles = Mapping[tuple[str, tuple[str, ...]], tuple[str, ...]]
NO_TITLES: Titles = MappingProxyType({})


def title_index(documents: Iterable[Document], rules: LegalRules) -> Titles:
    """Index documents by kind and words of the title, newest first where several bear one title."""
    found: dict[tuple[str, tuple[str, ...]], list[Document]] = {}
    for document in documents:
        kind = rules.kind_named(document.kind)
        words = tuple(word.group().lower() for word in _WORD.finditer(document.title))
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
    taken = bytearray(len(text))  # characters that a law already covers
    titled = list(_titled(text, rules, titles))
    known = [*_aliased(text, rules), *_numbered(text, rules), *(mention for mention in titled if mention.doc_id)]
    # The longest name wins: the title of an amending act holds the number of the law that it amends.
    known.sort(key=lambda mention: mention.span[0] - mention.span[1])
    laws = [mention for mention in known if _take(taken, mention)]
    certain = bytes(taken)
    laws += [mention for mention in titled if not mention.doc_id and _take(taken, mention)]
    laws.sort(key=lambda mention: mention.span)
    return _with_articles(text, rules, laws, certain)


def _take(taken: bytearray, mention: LawMention) -> bool:
    start, end = mention.span
    if any(taken[start:end]):
        return False
    taken[start:end] = b"\1" * (end - start)
    return True


def _numbered(text: str, rules: LegalRules) -> Iterator[LawMention]:
    for match in rules.law.finditer(text):
        code = rules.names[plain(match["kind"])]
        number, year = rules.number(match["number"]), rules.number(match["year"])
        if number[:1].isdigit() and year.isdigit():
            identifier = rules.document_id(code, number, year)
            yield LawMention(code, number, int(year), identifier, span=match.span())


def _aliased(text: str, rules: LegalRules) -> Iterator[LawMention]:
    for match in rules.alias.finditer(text) if rules.alias else ():
        yield _from_id(rules.aliases[plain(match.group())], rules, match.span())


def _titled(text: str, rules: LegalRules, titles: Titles) -> Iterator[LawMention]:
    for match in rules.titled.finditer(text):
        code, start = rules.names[plain(match["kind"])], match.end()
        stop = rules.title_stop.search(text, start, start + _MOST_TITLE_CHARS)
        words = _words(text, start, stop.start() if stop else start + _MOST_TITLE_CHARS)
        if words:
            said = tuple(word.group().lower() for word in words)
            mention = LawMention(code, title_words=said, span=(match.start(), words[-1].end()))
            yield _resolved(mention, text, start, titles)


def _resolved(mention: LawMention, text: str, start: int, titles: Titles) -> LawMention:
    """Look for the longest known title that the text goes on with, wherever a title would usually stop."""
    words = _words(text, start, start + _MOST_TITLE_CHARS) if titles else []
    for length in range(len(words), 0, -1):
        key = tuple(word.group().lower() for word in words[:length])
        found = titles.get((mention.kind, key))
        if found:
            span = (mention.span[0], words[length - 1].end())
            return replace(mention, doc_id=found[0], candidates=found, title_words=key, span=span)
    return mention


def _with_articles(text: str, rules: LegalRules, laws: list[LawMention], certain: bytes) -> list[LawMention]:
    starts = [law.span[0] for law in laws]
    joined: set[int] = set()
    result: list[LawMention] = []
    for match in rules.article.finditer(text):
        if any(certain[match.start() : match.end()]):
            continue
        article = rules.number(match["article"])
        index = _beside(match.span(), laws, starts, joined)
        if index is None:
            result.append(LawMention(article=article, span=match.span()))
            continue
        law = laws[index]
        joined.add(index)
        span = (min(law.span[0], match.start()), max(law.span[1], match.end()))
        result.append(replace(law, article=article, span=span))
    result += [law for index, law in enumerate(laws) if index not in joined]
    return sorted(result, key=lambda mention: mention.span)


def _beside(span: tuple[int, int], laws: list[LawMention], starts: list[int], joined: set[int]) -> int | None:
    """Return the law just before, around or just after an article; the one before wins."""
    following = bisect_right(starts, span[0])
    for index in (following - 1, following):
        if not 0 <= index < len(laws) or index in joined:
            continue
        law = laws[index].span
        if law[0] <= span[1] + _NEAR and span[0] <= law[1] + _NEAR:
            return index
    return None


def _from_id(identifier: str, rules: LegalRules, span: tuple[int, int]) -> LawMention:
    code, number, year = rules.parts_of(identifier)
    return LawMention(code, number, int(year) if year.isdigit() else None, identifier, span=span)


def _words(text: str, start: int, end: int) -> list[re.Match[str]]:
    return list(islice(_WORD.finditer(text, start, end), _MOST_TITLE_WORDS))
