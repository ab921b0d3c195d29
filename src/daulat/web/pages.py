# SPDX-License-Identifier: Apache-2.0
"""The pages: a request in, a `Response` with a whole HTML page out, in the reader's language.

Every page works without script. Answers come from `WebParts.ask`, texts from `WebParts.library`; nothing is stored, and
a question is never logged.
"""

from __future__ import annotations

import logging
import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from typing import Any
from urllib.parse import quote as percent_encode
from urllib.parse import urlencode

from babel import Locale, UnknownLocaleError
from babel.numbers import format_decimal
from jinja2 import Environment, PackageLoader, StrictUndefined

from daulat.assistant.types import Citation, Question
from daulat.errors import DaulatError
from daulat.knowledge.types import Document, Passage, Relation, document_path, passage_path, said_in
from daulat.language import long_date
from daulat.web.assets import Assets
from daulat.web.errors import ComeBackError, LoadingError, NoTextError
from daulat.web.http import Request, Response
from daulat.web.messages import Texts
from daulat.web.parts import WebParts
from daulat.web.views import (
    article_label,
    citation_address,
    dial,
    one_of_each,
    opening_words,
    quoted_lines,
    status_of,
    title_beside,
    view_answer,
    view_passage,
)

# Shorter than the assistant's own: in any script, percent-encoded in a form, it must fit into `BODY_LIMIT_BYTES`.
QUESTION_LIMIT = 2_000
OTHERS = ("early", "plan")  # scripts that the conversation does not load
KEPT = frozenset(
    {"q", "at", "find", "page", "scenario"}
)  # in the address when the language changes; and `s.…` of a plan
DOCUMENTS_A_PAGE = 100
MISREAD_BELOW = 0.9
LOADING_RETRY_S = "5"
_WORD = re.compile(r"[^\W_]+")
_STRETCH = re.compile(r"([0-9]{1,8})(?:-([0-9]{1,8}))?")

log = logging.getLogger("daulat.web")


def make_environment() -> Environment:
    """Make the template environment: everything is escaped, a missing name is an error."""
    return Environment(
        loader=PackageLoader("daulat.web", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def tidy(text: str) -> str:
    """Take control characters out of what somebody typed; line breaks and tabs stay.

    Examples
    --------
    >>> tidy(" Berapa\\x00 lama\\x1b?\\r\\n ")
    'Berapa lama?'
    """
    kept = "".join(sign for sign in text if sign in "\n\t" or unicodedata.category(sign) not in {"Cc", "Cs"})
    return kept.strip()


@dataclass(frozen=True, slots=True)
class Reader:
    """Who reads: the words of their language, whether they chose it by name, and whether their device saves data."""

    texts: Texts
    chosen: bool
    low_data: bool

    def link(self, path: str, **query: str) -> str:
        """Return an address that keeps the chosen language."""
        if self.chosen:
            query.setdefault("lang", self.texts.language)
        return f"{path}?{urlencode(query)}" if query else path

    def keep(self, address: str) -> str:
        """Add the chosen language to an address that may have a query already, and a place within its page."""
        if not self.chosen:
            return address
        path, mark, place = address.partition("#")
        return f"{path}{'&' if '?' in path else '?'}lang={percent_encode(self.texts.language)}{mark}{place}"

    def leads_to(self, citation: Citation) -> str:
        """Return the address of a citation's passage."""
        return self.keep(citation_address(citation))

    def count(self, number: int) -> str:
        """Write a number as the language groups its digits."""
        try:
            return str(format_decimal(number, locale=Locale.parse(self.texts.language, sep="-")))
        except (UnknownLocaleError, ValueError):
            return str(number)


class Pages:
    """Draws the pages of one site."""

    def __init__(self, parts: WebParts, assets: Assets, environment: Environment) -> None:
        self.parts, self.assets, self.environment = parts, assets, environment

    def reader(self, request: Request) -> Reader:
        """Find out in which language to answer a request."""
        wanted = request.query.get("lang") or request.form.get("lang", "")
        texts = self.parts.messages.choose(wanted, request.headers.get("accept-language", ""))
        chosen = bool(wanted) and texts.language.lower() == wanted.lower()
        return Reader(texts, chosen, request.headers.get("save-data", "").lower() == "on")

    def nation(self, language: str) -> str:
        """Name the nation in a language."""
        try:
            names = Locale.parse(language, sep="-").territories
        except (UnknownLocaleError, ValueError):
            return self.parts.site.country
        return str(names.get(self.parts.site.country, self.parts.site.country))

    def home(self, request: Request) -> Response:
        """Draw the start page, the conversation's place."""
        return self.page(request, "home.html", asked=request.query.get("q", "")[:QUESTION_LIMIT])

    async def ask(self, request: Request) -> Response:
        """Answer one question whole, for a browser without script or a link that carries a question."""
        reader = self.reader(request)
        question = tidy(request.form.get("q") or request.query.get("q", ""))
        if not question:
            return Response(b"", 303, cache="no-store", headers=(("location", reader.link("/")),))
        if len(question) > QUESTION_LIMIT:
            return self.message(request, 413, "too_large", question=question, n=str(QUESTION_LIMIT))
        language = reader.texts.language if reader.chosen else ""
        try:
            asked = Question(question, service=self.parts.site.service, language=language)
            answer = await self.parts.ask(asked, request.client)
        except ComeBackError as error:
            return self.come_back(request, error, question)
        except LoadingError:
            return self.message(request, 503, "fact_loading", (("retry-after", LOADING_RETRY_S),), question)
        except NoTextError as error:
            log.warning("question not answered: code %s; `daulat status` says why", error.code)
            return self.message(request, 503, "no_text")
        except DaulatError as error:
            reference = self.parts.new_reference()
            log.error("question failed: reference %s, code %s", reference, error.code)
            return self.message(request, 503, "failed", reference=reference)
        view = view_answer(answer, reader.texts.live, reader.leads_to)
        return self.page(request, "answer.html", cache="no-store", question=question, view=view)

    def passage(self, request: Request, passage_id: str) -> Response:
        """Draw a passage in its document; what begins with `?q=` is marked, from and to the characters of `at`."""
        library = self.parts.library()
        passage = library.passage(passage_id)
        document = library.document(passage.doc_id) if passage else None
        if passage is None or document is None:
            return self.message(request, 404, "not_found")
        siblings = library.passages_of(document.doc_id)
        changed = self.parts.changed(passage_id)
        quote, cuts = request.query.get("q", "")[:QUESTION_LIMIT], self.parts.cuts(passage)
        view = view_passage(passage, document, siblings, quote, changed, cuts, _stretch(request.query.get("at", "")))
        newer = library.passage(changed.newer_passage_id) if changed and changed.newer_passage_id else None
        newer_document = library.document(newer.doc_id) if newer else None
        return self.page(request, "passage.html", view=view, newer=newer, newer_document=newer_document)

    def document(self, request: Request, doc_id: str) -> Response:
        """Draw a document's contents."""
        library = self.parts.library()
        document = library.document(doc_id)
        if document is None:
            return self.message(request, 404, "not_found")
        chapters = [
            (heading, list(passages))
            for heading, passages in groupby(library.passages_of(doc_id), key=lambda passage: passage.heading or "")
        ]
        relations = one_of_each(document.relations)
        return self.page(request, "document.html", document=document, chapters=chapters, relations=relations)

    def sources(self, request: Request) -> Response:
        """List the documents, found by words of their citation where asked."""
        find = tidy(request.query.get("find", ""))[:200]
        found = found_documents(self.parts.library().documents(), find, self.parts.named(find))
        pages = max(1, -(-len(found) // DOCUMENTS_A_PAGE))
        page = min(max(_number(request, "page", 1), 1), pages)
        shown = found[(page - 1) * DOCUMENTS_A_PAGE : page * DOCUMENTS_A_PAGE]
        listing: dict[str, Any] = {"found": len(found), "shown": shown, "page_number": page, "pages": pages}
        return self.page(request, "sources.html", find=find, **listing)

    def about(self, request: Request) -> Response:
        """Say what this is and what it cannot do."""
        return self.page(request, "about.html")

    def message(
        self,
        request: Request,
        status: int,
        key: str,
        headers: tuple[tuple[str, str], ...] = (),
        question: str = "",
        **fields: str,
    ) -> Response:
        """Draw a page that says what went wrong, calmly; `question` stands in its field, to be sent again."""
        text = self.reader(request).texts.page.get(f"{key}_text", "").format(**fields)
        drawn = {"heading": key, "text": text, "question": question}
        response = self.page(request, "message.html", status=status, cache="no-store", **drawn)
        return replace(response, headers=(*response.headers, *headers))

    def come_back(self, request: Request, error: ComeBackError, question: str = "") -> Response:
        """Draw a page that says when to ask again."""
        seconds = str(error.retry_after_s)
        return self.message(request, 429, "busy", (("retry-after", seconds),), question, n=seconds)

    def manifest(self, request: Request) -> Response:
        """Describe the page to a device that wants it on its home screen."""
        reader = self.reader(request)
        template = self.environment.get_template("manifest.webmanifest")
        body = template.render(self._context(request, reader))
        return Response(body.encode(), media_type="application/manifest+json")

    def page(
        self, request: Request, template: str, status: int = 200, cache: str = "private, no-cache", **fields: Any
    ) -> Response:
        """Draw a template in the reader's language."""
        reader = self.reader(request)
        html = self.environment.get_template(template).render(self._context(request, reader) | fields)
        return Response(html.encode(), status, cache=cache, headers=(("content-language", reader.texts.language),))

    def _context(self, request: Request, reader: Reader) -> dict[str, Any]:
        texts, language = reader.texts, reader.texts.language
        standing = self.parts.standing()
        nation = self.nation(language)

        def label(passage: Passage) -> str:
            section = texts.page.get(f"section_{passage.section}", "")
            article = article_label(passage.article, texts.live)
            return " · ".join(filter(None, (section, article))) or passage.heading or opening_words(passage.text)

        return {
            "page": texts.page,
            "live": texts.live,
            "texts": texts,
            "reader": reader,
            "site": self.parts.site,
            "standing": standing,
            "nation": nation,
            "title": texts.page["title"].format(service=texts.page["service"], nation=nation),
            "languages": [(item, self._in_language(request, item)) for item in self.parts.messages.texts.values()],
            "asset": self.assets.url,
            "modules": sorted(one for one in self.assets.files if one.endswith(".js") and not one.startswith(OTHERS)),
            "label": label,
            "licence": lambda licence: texts.licences.get(licence, licence),
            "article": lambda article: article_label(article, texts.live),
            "parts_named": lambda parts: ", ".join(
                texts.page.get(f"section_{part}") or article_label(part, texts.live) for part in parts
            ),
            "act": self._act,
            "dial": dial,
            "title_beside": title_beside,
            "status_of": status_of,
            "date": lambda date: long_date(date, language),
            "passage_path": lambda passage_id: reader.keep(passage_path(passage_id)),
            "citation_address": reader.leads_to,
            "count": reader.count,
            "quoted_lines": quoted_lines,
            "host": request.headers.get("host", ""),
            "document_address": lambda doc_id: reader.link(document_path(doc_id)),
            "is_here": lambda doc_id: self.parts.library().document(doc_id) is not None,
            "how_read": _how_read,
            "said_in": lambda now: said_in(now, language),
            "question_limit": QUESTION_LIMIT,
        }

    def _act(self, relation: Relation) -> str:
        """Name the other act of a relation, by the title of its own document where the relation has none."""
        held = self.parts.library().document(relation.other)
        return self.parts.act_name(relation.other, relation.other_title or (held.title if held else ""))

    def _in_language(self, request: Request, texts: Texts) -> str:
        # A question that was posted is not put into an address; its page leads back to the start.
        kept = {name: value for name, value in request.query.items() if name in KEPT or name.startswith("s.")}
        # Two slashes at its beginning would make the path the name of another host.
        path = "/" if request.method == "POST" else "/" + percent_encode(request.path.lstrip("/"), safe="/")
        return f"{path}?{urlencode(kept | {'lang': texts.language})}"


def _number(request: Request, name: str, default: int) -> int:
    """Read a whole number of an address; what is none, or endless, counts as the default."""
    asked = request.query.get(name, "")
    return int(asked) if asked.isdecimal() and len(asked) < 9 else default


def _stretch(asked: str) -> tuple[int, int]:
    """Read two places of an address; what is none counts as the beginning, and the second may be left out.

    >>> _stretch("7-33"), _stretch("20"), _stretch("x"), _stretch("1-" + "9" * 99)
    ((7, 33), (20, 0), (0, 0), (0, 0))
    """
    found = _STRETCH.fullmatch(asked)
    return (int(found[1]), int(found[2] or 0)) if found else (0, 0)


def _how_read(document: Document) -> str:
    """Return the key of what a reader must know of how a text was read; empty where nothing speaks against it."""
    if document.scanned:
        return "scanned"
    return "misread" if document.quality is not None and document.quality < MISREAD_BELOW else ""


def found_documents(documents: Iterable[Document], find: str, named: Sequence[str]) -> list[Document]:
    """Return the documents that somebody looks for: those that are named, then those whose heading has every word.

    A number is looked for as a whole, since 3 is not 13; letters anywhere in a word. The parts of an id count as well:
    people write the short name of a kind of law, which the title writes out.

    Examples
    --------
    >>> births, health = Document("ACT-13-2003", "Births", number="13"), Document("ACT-3-2013", "Health", number="3")
    >>> [item.title for item in found_documents([births, health], "act 13/2003", ())]
    ['Births']
    >>> [item.title for item in found_documents([births, health], "Births", ["ACT-3-2013"])]
    ['Health', 'Births']
    """
    words = _WORD.findall(find.casefold())
    first, others = [], []
    for document in documents:
        if document.doc_id in named:
            first.append(document)
        elif _has_words(document, words):
            others.append(document)
    return first + others


def _has_words(document: Document, words: Sequence[str]) -> bool:
    heading = (
        f"{document.citation} {document.title} {document.number} {document.year or ''} {document.doc_id}".casefold()
    )
    whole = set(_WORD.findall(heading))
    return all(word in whole if word.isdecimal() else word in heading for word in words)
