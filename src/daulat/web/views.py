# SPDX-License-Identifier: Apache-2.0
"""What the templates show: an `Answer` or a `Passage` in, a view out, each text in its place.

Pure: no request, no template, no HTML but the rendered words of an answer.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple, get_args
from urllib.parse import quote as percent_encode

from markupsafe import Markup

from daulat.assistant.evidence import standing_of
from daulat.assistant.types import Answer, Citation
from daulat.knowledge.legal import PassageStatus
from daulat.knowledge.types import Document, LegalStatus, Passage, Relation, passage_path
from daulat.language import tells_date
from daulat.web.markdown import (
    LISTED,
    before_introduction,
    fence_quotes,
    own_words,
    place_again,
    place_marks,
    quotations,
    to_html,
    without_marks,
)
from daulat.web.quoting import Line, Stretch, excerpt, find_span, lines_of, stretches_of, unmarked

OPENING_IN_ADDRESS = 60
_LAST_WORD = re.compile(r"\s\S*\Z")
_LAW_STATUSES = frozenset(get_args(LegalStatus))
_EXTENSION = re.compile(r"\s*\bext\b\.?\s*", re.IGNORECASE)
_UNDIALLED = re.compile(r"[^\d+*#,]")
_NOTHING = Markup()
_LONGEST_LABEL = 56  # a heading on a phone


def opening_of(words: str) -> str:
    """Return how words begin, short enough for an address that somebody passes on: cut at a word, or anywhere in a
    script that puts no space between words.

    >>> opening_of("Satu dua. " * 9)
    'Satu dua. Satu dua. Satu dua. Satu dua. Satu dua. Satu dua.'
    """
    return words if len(words) <= OPENING_IN_ADDRESS else _LAST_WORD.sub("", words[:OPENING_IN_ADDRESS])


def citation_address(citation: Citation) -> str:
    """Return the address of a citation's passage, at the words that answer, which are marked there: `q` is how they
    begin, `at` their first character and the one after their last."""
    start, end = citation.answer_span
    words, at = citation.quote[start:end] or citation.quote, citation.quote_start + start
    opening = percent_encode(opening_of(words), safe="")
    return f"{passage_path(citation.passage_id)}?q={opening}&at={at}-{at + len(words)}#quote"


def dial(phone: str) -> str:
    """Return the address that dials a number; an extension is dialled after a pause, as telephones read a comma.

    >>> dial("1500 537"), dial("119 ext. 8")
    ('tel:1500537', 'tel:119,8')
    """
    return "tel:" + _UNDIALLED.sub("", _EXTENSION.sub(",", phone))


def article_label(article: str | None, live: Mapping[str, str]) -> str:
    """Name an article in the reader's language; a source that already spells it out is left alone.

    Examples
    --------
    >>> article_label("28H", {"article": "Article {n}"}), article_label("Annex I", {}), article_label(None, {})
    ('Article 28H', 'Annex I', '')
    """
    if not article:
        return ""
    return live["article"].format(n=article) if article[0].isdigit() else article


def opening_words(text: str) -> str:
    """Name a passage without article and heading by how it begins.

    >>> opening_words("A market stall costs\\nKES 50 a day."), opening_words("A fee is paid. " * 9)
    ('A market stall costs KES 50 a day.', 'A fee is paid. A fee is paid. A fee is paid. A fee is…')
    """
    words = " ".join(text.split())
    if len(words) <= _LONGEST_LABEL:
        return words
    cut = words[:_LONGEST_LABEL]
    return (cut.rpartition(" ")[0] or cut) + "…"  # some scripts put no spaces between words


def title_beside(document: Document) -> str:
    """Return the title of a document, where its citation does not hold it already.

    >>> births = Document("CAP149", "Births Act", citation="Cap. 149")
    >>> title_beside(births), title_beside(replace(births, citation="Births Act (Cap. 149)"))
    ('Births Act', '')
    """
    citation, title = document.citation.casefold(), document.title.casefold()
    return document.title if citation and title not in citation and document.title != document.doc_id else ""


@dataclass(frozen=True, slots=True)
class Figure:
    """A quotation with its source: shown as what it is, the official text.

    `is_further`: law beside the one that answers best; its source says all that introduces it, and `caution` what must
    be known of its standing. `is_history`: old text, in a frame of its own and without a mark.
    """

    number: int
    citation: Citation
    lines: tuple[Line, ...]
    is_further: bool = False
    is_history: bool = False
    caution: Markup = _NOTHING


@dataclass(frozen=True, slots=True)
class AnswerView:
    """An answer in blocks: our own words as markup, quotations as figures; then the sources that no figure shows.

    `alarm` are the words that send somebody for help, before the numbers to call. `mode` is what the reader is told of
    it: the answer's own, ``history`` where it leads with old text, or ``message`` where it quotes nothing and sends
    nobody for help, such as a greeting or what became of a law.
    `as_of_told`: its words tell up to which day the texts go. `unknown` is the number of the first source whose
    standing nobody knows, where it is told what that means.
    """

    answer: Answer
    alarm: Markup
    blocks: tuple[Markup | Figure, ...]
    sources: tuple[tuple[int, Citation], ...]
    mode: str
    as_of_told: bool
    unknown: int


def _figure(number: int, citation: Citation, *, is_further: bool = False, caution: Markup = _NOTHING) -> Figure:
    lines = excerpt(lines_of(citation.quote, citation.answer_span))
    old = is_history(citation)
    return Figure(number, citation, tuple(unmarked(lines) if old else lines), is_further, old, caution)


def view_answer(
    answer: Answer, live: Mapping[str, str], address: Callable[[Citation], str] = citation_address
) -> AnswerView:
    """Lay out an answer; `address` says where a citation leads.

    A quoted stretch whose words stand in a citation is shown as that citation, whole and marked; so a quotation on the
    page is always the official text, never a model's memory of it. The line that introduces a further quotation is left
    out, unless it is history: its source says the same. What is said before that line stays with it.
    """
    citations, shown = answer.citations, set[int]()
    blocks: list[Markup | Figure] = []

    def draw_mark(number: int) -> Markup:
        citation = citations[number - 1]
        label = f"{live['source'].format(n=number)}: {citation.title}"
        link = Markup('<a class="cite" href="{}" aria-label="{}">{}</a>')
        return link.format(address(citation), label, number)

    # Offices are drawn as what they are; their lists in the text are for clients that show text only.
    text = place_marks(answer.text, citations, answer.spoken, answer.listed)
    alarm, _, text = text.partition(LISTED) if answer.call and LISTED in text else ("", "", text)
    text = text.replace(LISTED, "")
    is_quotation = answer.mode == "quotation"
    introduction = ""
    for quoted, stretch in quotations(fence_quotes(text, citations) if is_quotation else place_again(text)):
        number = _quoted_citation(without_marks(stretch), citations, shown) if quoted else None
        if number is None:
            introduction = "" if quoted else stretch
            html = to_html(stretch, draw_mark)
            blocks.append(Markup("<blockquote>{}</blockquote>").format(html) if quoted else html)
        elif number not in shown:
            is_further = is_quotation and bool(shown) and not is_history(citations[number - 1])
            before = before_introduction(introduction, number) if is_further else None
            if before is not None:
                blocks.pop()
            caution = to_html(before or "", draw_mark)
            introduction = ""
            shown.add(number)
            blocks.append(_figure(number, citations[number - 1], is_further=is_further, caution=caution))
    if is_quotation:
        answering = [number for number, each in enumerate(citations, start=1) if _is_answering(each)]
        missing = [number for number in answering if number not in shown]
        blocks += [_figure(number, citations[number - 1]) for number in missing]
        shown.update(missing)
    rest = tuple((number, citation) for number, citation in enumerate(citations, start=1) if number not in shown)
    as_of_told, unknown = tells_date(answer.text, answer.as_of, answer.languages), _first_unknown(citations)
    drawn = to_html(alarm, draw_mark)
    return AnswerView(answer, drawn, tuple(blocks), rest, _shown_mode(answer), as_of_told, unknown)


def _shown_mode(answer: Answer) -> str:
    """Return what a reader is told of an answer's making."""
    if answer.mode == "notice":
        return "notice" if answer.is_urgent else "message"
    if answer.mode != "quotation" or not answer.citations:
        return answer.mode
    if not any(map(_is_answering, answer.citations)):
        return "message"
    return "history" if is_history(answer.citations[0]) else "quotation"


def _is_answering(citation: Citation) -> bool:
    """Say whether words of a citation answer; what became of a law is not said in that law's."""
    start, end = citation.answer_span
    return start < end


def _first_unknown(citations: Sequence[Citation]) -> int:
    """Return the number of the first source whose standing nobody knows and that nothing was named for; 0: none."""
    told = (each.successor or each.successor_url or status_of(each.status) != "unknown" for each in citations)
    return next((number for number, is_told in enumerate(told, start=1) if not is_told), 0)


def status_of(status: str) -> str:
    """Tell the legal statuses we have words for from any other.

    >>> status_of("in_force"), status_of("repealed")
    ('in_force', 'unknown')
    """
    return status if status in _LAW_STATUSES else "unknown"


def quoted_lines(citation: Citation) -> list[Line]:
    """Return the lines of a quote that answers nothing, without a mark."""
    return excerpt(lines_of(citation.quote))


def is_history(citation: Citation) -> bool:
    """Say whether a citation is old text, which never wears the dress of an answer."""
    return citation.standing == "history"


def _quoted_citation(words: str, citations: Sequence[Citation], shown: Collection[int]) -> int | None:
    """Return the number of the citation that has these words, one that is not shown yet before the others."""
    having = [
        number
        for number, citation in enumerate(citations, start=1)
        if find_span(own_words(citation.quote), words) != (0, 0)
    ]
    return min(having, key=lambda number: (number in shown, number), default=None)


class Note(NamedTuple):
    """What a curator wrote of an act whose text may not be here: one sentence by language, and who says so."""

    act: str
    now: tuple[tuple[str, str], ...]
    source: str


@dataclass(frozen=True, slots=True)
class PassageView:
    """A passage in its document: its text in stretches, what became of it, and where to read on.

    `is_history`: it is no longer the law.
    """

    passage: Passage
    document: Document
    status: str
    stretches: tuple[Stretch, ...]
    relations: tuple[Relation, ...]
    before: Passage | None
    after: Passage | None
    is_history: bool
    ahead: Relation | None = None
    notes: tuple[Note, ...] = ()


def view_passage(
    passage: Passage,
    document: Document,
    siblings: Sequence[Passage],
    quote: str,
    changed: PassageStatus | None = None,
    cuts: Sequence[int] = (),
    near: tuple[int, int] = (0, 0),
) -> PassageView:
    """Lay out a passage among its `siblings`, the words of `quote` marked where they stand in it, nearest to where
    `near` begins; to the end of `near`, where they begin just there.

    `changed` is what is known of this very passage; an act that it names is shown though the document does not list it.
    `cuts` are where something begins in it that is not of its article: that is drawn apart.
    """
    concerning = [_of_passage(relation, passage) for relation in document.relations if _concerns(relation, passage)]
    status = passage.status or document.status
    if changed and changed.by and all(relation.other != changed.by for relation in concerning):
        kind = f"{changed.status}_by"
        concerning.append(Relation(kind, changed.by, changed.by_title, changed.since, (), changed.note, changed.source))
    at = [sibling.passage_id for sibling in siblings].index(passage.passage_id)
    return PassageView(
        passage=passage,
        document=document,
        status=status,
        stretches=tuple(stretches_of(passage.text, cuts, _span_of(passage.text, quote, near))),
        relations=tuple(concerning),
        before=siblings[at - 1] if at else None,
        after=siblings[at + 1] if at + 1 < len(siblings) else None,
        is_history=standing_of(changed or PassageStatus(status), passage, document) == "history",
        ahead=changed.ahead if changed else None,
        notes=_notes(changed) if changed else (),
    )


def _notes(changed: PassageStatus) -> tuple[Note, ...]:
    """Return what holds in place of a passage, and what others add to it, where somebody wrote that down."""
    instead = Note(changed.by, changed.now, changed.source)
    beside = (Note(each.other, each.now, each.source) for each in changed.completed_by)
    return tuple(note for note in (instead, *beside) if note.now)


def one_of_each(relations: Iterable[Relation]) -> tuple[Relation, ...]:
    """Join what is recorded article by article of one act, as a reader of the whole document wants it: in one line."""
    joined: dict[object, Relation] = {}
    for each in relations:
        key = (each.kind, each.other, each.since)
        known = joined.get(key)
        if known is None or not (known.articles and each.articles):  # without articles it is of the whole
            joined[key if known is None else each] = each
            continue
        articles = tuple(dict.fromkeys((*known.articles, *each.articles)))
        joined[key] = replace(
            known,
            articles=articles,
            complete=known.complete and each.complete,
            source=_both(known.source, each.source),
            note=_both(known.note, each.note),
        )
    return tuple(joined.values())


def _both(said: str, more: str) -> str:
    return "; ".join(dict.fromkeys(filter(None, (*said.split("; "), *more.split("; ")))))


def _span_of(text: str, opening: str, near: tuple[int, int]) -> tuple[int, int]:
    # Another edition may have other words there: then only those that are known to be meant are marked.
    start, end = find_span(text, opening, near[0])
    return (start, max(end, min(near[1], len(text)))) if end and start == near[0] else (start, end)


def _concerns(relation: Relation, passage: Passage) -> bool:
    return relation.kind.endswith("_by") and (not relation.articles or bool(_parts_in(relation, passage)))


def _parts_in(relation: Relation, passage: Passage) -> tuple[str, ...]:
    return tuple(part for part in (passage.article, passage.section) if part and part in relation.articles)


def _of_passage(relation: Relation, passage: Passage) -> Relation:
    """Say of a relation only what it says of this passage: not the thirty other articles."""
    return replace(relation, articles=_parts_in(relation, passage))
