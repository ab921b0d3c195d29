# SPDX-License-Identifier: Apache-2.0
"""The pages over the parts of a service: a nation and its parts in, the web room's ASGI app out.

Whatever the pages look up is asked of the parts anew for each request, so that they follow a swap of releases.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from daulat.assistant.types import Answer, Question
from daulat.cli._answering import declared_contacts
from daulat.gateway import ASGIApp, OpenLibrary, Parts, answer_whole
from daulat.gateway.chat import NO_OFFICIAL_TEXT, STILL_LOADING
from daulat.gateway.errors import NotReady, Overloaded, retry_after_s
from daulat.gateway.plans import PlanRoutes
from daulat.knowledge.legal import PassageStatus
from daulat.knowledge.types import Document, Passage, plain_name
from daulat.nation import Nation, pack_of
from daulat.web import ComeBackError, LoadingError, NoTextError, Site, Standing, WebParts, create_web, load_messages


class PageLibrary:
    """The open library as the pages read it; empty while none is open."""

    def __init__(self, library: OpenLibrary | None) -> None:
        self._library = library

    def documents(self) -> Sequence[Document]:
        """Return every document."""
        return self._library.documents() if self._library else ()

    def document(self, doc_id: str) -> Document | None:
        """Return a document, or None."""
        return self._library.document(doc_id) if self._library else None

    def passage(self, passage_id: str) -> Passage | None:
        """Return a passage, or None."""
        return self._library.passage_of(passage_id) if self._library else None

    def changed(self, passage_id: str) -> PassageStatus | None:
        """Say what became of a passage, where something did."""
        return self._library.changed(passage_id) if self._library else None

    def act_name(self, doc_id: str, title: str) -> str:
        """Name an act for people."""
        return self._library.act_name(doc_id, title) if self._library else plain_name(doc_id, title)

    def named(self, text: str) -> Sequence[str]:
        """Return the ids of the acts that a text names."""
        return self._library.named(text) if self._library else ()

    def cuts(self, passage: Passage) -> Sequence[int]:
        """Return where something begins in a passage that is not of its article."""
        return self._library.cuts(passage) if self._library else ()

    def passages_of(self, doc_id: str) -> Sequence[Passage]:
        """Return a document's passages in reading order."""
        return self._library.passages_of(doc_id) if self._library else ()


def make_pages(nation: Nation, parts: Parts) -> ASGIApp:
    """Build the pages of a nation over its parts."""
    pack = pack_of(nation)
    folders = (pack.path("messages"),) if pack and pack.has("messages") else ()
    model_id, service = next(iter(parts.services.items()))
    plans = PlanRoutes(nation.model_dump_json(), parts.new_id, parts.admission)
    parts.routes |= plans.routes()

    def library() -> PageLibrary:
        return PageLibrary(parts.library if isinstance(parts.library, OpenLibrary) else None)

    def standing() -> Standing:
        opened = parts.library if isinstance(parts.library, OpenLibrary) else None
        if opened is None:
            return Standing(loading="knowledge" in parts.readiness.waiting_for())
        return Standing(
            release=opened.release,
            coverage_date=opened.as_of,
            documents=len(opened.documents()),
            passages=opened.passages,
            writer=parts.writes_with,
        )

    async def ask(question: Question, client: str) -> Answer:
        with _later():
            return await answer_whole(question, parts, client)

    async def plan(asked: Mapping[str, Any], client: str) -> dict[str, Any]:
        with _later():
            return await plans.page(asked, client)

    return create_web(
        WebParts(
            site=Site(nation.country, model_id, service, declared_contacts(nation, pack).names_an_office),
            messages=load_messages(folders, nation.language_tags),
            library=library,
            standing=standing,
            ask=ask,
            changed=lambda passage_id: library().changed(passage_id),
            act_name=lambda doc_id, title: library().act_name(doc_id, title),
            named=lambda text: library().named(text),
            cuts=lambda passage: library().cuts(passage),
            plan=plan,
        )
    )


@contextmanager
def _later() -> Iterator[None]:
    """Tell the pages when to come back, where more is asked than can be answered now, and when waiting is of no use."""
    try:
        yield
    except Overloaded as error:
        raise ComeBackError(error, retry_after_s(error)) from error
    except NotReady as error:
        if error.code == NO_OFFICIAL_TEXT:
            raise NoTextError(error.what, why=error.why, fix=error.fix, code=error.code) from error
        if error.code == STILL_LOADING:
            raise LoadingError(error.what, why=error.why, fix=error.fix, code=error.code) from error
        raise
