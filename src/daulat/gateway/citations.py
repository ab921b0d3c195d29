# SPDX-License-Identifier: Apache-2.0
"""Citations of an answer as annotations of a message: `daulat.assistant` types in, the API's structs out.

A pure translation; it neither checks nor invents. Addresses that start with ``/`` get the beginning that is given as
`public_url` (see `daulat.gateway.links`), and stay relative without one.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from daulat.gateway.schema import Annotation, AnnotationDelta, AnswerDetails, Contact, Spoken, Stretch, UrlCitation
from daulat.language import tells_date

if TYPE_CHECKING:  # a gateway without services does without the assistant
    from daulat.assistant.types import Answer, Citation
    from daulat.assistant.types import Contact as Office


def absolute(url: str, public_url: str) -> str:
    """Return the address as a client elsewhere can open it.

    Examples
    --------
    >>> absolute("/p/UU-1-1974", "https://tanya.example")
    'https://tanya.example/p/UU-1-1974'
    >>> absolute("/p/UU-1-1974", "")
    '/p/UU-1-1974'
    """
    return public_url.rstrip("/") + url if url.startswith("/") and not url.startswith("//") else url


def url_citation(citation: Citation, public_url: str) -> UrlCitation:
    """Translate one citation."""
    return UrlCitation(
        url=absolute(citation.url, public_url),
        title=citation.title,
        start_index=citation.start,
        end_index=citation.end,
        passage_id=citation.passage_id,
        article=citation.article,
        quote=citation.quote,
        status=citation.status,
        answer_start=citation.answer_span[0],
        answer_end=citation.answer_span[1],
        as_of=citation.as_of,
        successor=citation.successor,
        publisher=citation.publisher,
        licence=citation.licence,
        retrieved=citation.retrieved,
        language=citation.language,
        standing=citation.standing,
        jurisdiction=citation.jurisdiction,
        successor_url=absolute(citation.successor_url, public_url),
        quote_start=citation.quote_start,
    )


def annotation(citation: Citation, public_url: str) -> Annotation:
    """Translate one citation into an annotation of a message."""
    return Annotation(url_citation(citation, public_url))


def annotation_delta(citation: Citation, public_url: str, index: int) -> AnnotationDelta:
    """Translate one citation into the annotation that a stream brings, `index` being its place."""
    return AnnotationDelta(index, url_citation(citation, public_url))


def details(answer: Answer, public_url: str) -> AnswerDetails:
    """Return what a service says of its answer beside the words."""
    return AnswerDetails(
        mode=answer.mode,
        answered=answer.answered,
        as_of=answer.as_of,
        as_of_told=tells_date(answer.text, answer.as_of, answer.languages),
        language=answer.language,
        notice=answer.notice,
        notice_language=answer.notice_language,
        spoken=[Spoken(each.start, each.end, each.language) for each in answer.spoken],
        confidence=answer.confidence,
        related=[url_citation(each, public_url) for each in answer.related],
        is_urgent=answer.is_urgent,
        call=_contacts(answer.call),
        contacts=_contacts(answer.contacts),
        listed=[Stretch(start, end) for start, end in answer.listed],
        release=answer.release,
        model=answer.model,
    )


def _contacts(offices: Iterable[Office]) -> list[Contact]:
    return [Contact(each.name, each.about, each.phone, each.url) for each in offices]
