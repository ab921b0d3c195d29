# SPDX-License-Identifier: Apache-2.0
"""`daulat search`: passages of the official text that bear on a question, best first. It answers nothing."""

from __future__ import annotations

import os
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, get_args

import click

from daulat.assistant.citing import Labels, load_labels
from daulat.cli._answering import build_due, no_text_yet
from daulat.cli._knowledge import KnowledgePlace, asking_place_options
from daulat.cli._options import OneOf, day, language_tag, nearest
from daulat.cli._output import counted, emit, emit_json, hint, json_option, say
from daulat.cli._passages import page_words, status_word
from daulat.knowledge.deciding import own_glossary
from daulat.knowledge.encoder import open_encoder
from daulat.knowledge.opening import open_or_build, open_searcher
from daulat.knowledge.release import Release
from daulat.knowledge.reranker import open_reranker
from daulat.knowledge.search import Filters, Searcher
from daulat.knowledge.types import Hit, LegalStatus
from daulat.nation import Nation

_WIDTH = 300  # characters of a passage that are shown to a reader


@click.command("search")
@click.argument("text")
@click.option("--top", type=click.IntRange(1, 50), default=5, show_default=True, help="How many passages.")
@click.option(
    "--language",
    callback=language_tag,
    default="",
    metavar="TAG",
    help="BCP 47 tag of the question; the nation's first by default.",
)
@click.option("--service", "services", multiple=True, help="Only texts of this service; may be repeated.")
@click.option("--jurisdiction", "jurisdictions", multiple=True, metavar="CODE", help="Only texts that hold there.")
@click.option(
    "--status",
    "statuses",
    multiple=True,
    type=OneOf(get_args(LegalStatus)),
    metavar="STANDING",
    help=f"Only passages of this standing: {', '.join(get_args(LegalStatus))}; may be repeated.",
)
@click.option("--document", "documents", multiple=True, metavar="ID", help="Only passages of this document.")
@click.option("--rank", "ranks", multiple=True, type=int, help="Only law of this rank, as the pack numbers them.")
@click.option(
    "--from",
    "from_date",
    callback=day,
    default="",
    metavar="DATE",
    help="Only documents of this day or later, ISO 8601.",
)
@click.option(
    "--until", "until_date", callback=day, default="", metavar="DATE", help="Only documents of this day or earlier."
)
@click.option("--release", default="", metavar="ID", help="Search this release instead of the one in use.")
@asking_place_options
@json_option
def command(
    place: KnowledgePlace,
    text: str,
    top: int,
    language: str,
    release: str,
    as_json: bool,
    services: tuple[str, ...],
    jurisdictions: tuple[str, ...],
    statuses: tuple[str, ...],
    documents: tuple[str, ...],
    ranks: tuple[int, ...],
    from_date: str,
    until_date: str,
) -> None:
    """Search the official text, by words and by meaning.

    \b
    daulat search "lost identity card"
    daulat search "registration of births" --language en --top 3
    daulat search "registration of births" --status in_force --json
    """
    if not text.strip():
        raise click.BadParameter("there is nothing to search for", param_hint="TEXT")
    if from_date and until_date and from_date > until_date:
        raise click.BadParameter(f"{until_date} is before {from_date}", param_hint="--until")
    filters = Filters(
        frozenset(services),
        frozenset(jurisdictions),
        frozenset(statuses),
        frozenset(documents),
        frozenset(ranks),
        from_date,
        until_date,
    )
    searcher, hits = _search(place, text, language, top, filters, release)
    opened = searcher.release
    if as_json:
        emit_json({"release": opened.release_id, "as_of": opened.as_of, "hits": [_record(hit) for hit in hits]})
        return
    labels = load_labels(place.pack)
    standings = page_words(place.nation, language or place.nation.language_tags[0])
    for number, hit in enumerate(hits, 1):
        emit(_shown(number, hit, labels, standings))
    if hits:
        hint(f"from {opened.release_id}; `daulat ask` answers with the best of these")
    else:
        say(f"nothing in {opened.release_id} ({counted(len(opened), 'passage')}) fits")
    if not release and (due := build_due(place.nation, place.pack, opened, searcher.reader)):
        hint(due)
    elif first := no_text_yet(opened):
        hint(first)


def _search(
    place: KnowledgePlace, text: str, language: str, top: int, filters: Filters, release: str
) -> tuple[Searcher, list[Hit]]:
    encoder = open_encoder(place.nation.knowledge.encoder, os.environ)
    told: set[str] = set()

    def report(stage: str, _done: int, _total: int) -> None:
        if stage not in told:
            told.add(stage)
            say(f"{stage} ...")

    if release:
        opened = place.shelf.open(release)
    else:
        opened = open_or_build(
            place.nation, place.pack, encoder, report, now=lambda: datetime.now(UTC), place=place.place
        )
    _require_known(filters, opened, place.nation)
    nation, glossary = place.nation, own_glossary(place.nation.path(place.nation.knowledge.sources))
    reranker = open_reranker(nation.knowledge.reranker, os.environ, time.monotonic)
    searcher = open_searcher(opened, encoder, place.pack, nation.language_tags, glossary=glossary, reranker=reranker)
    return searcher, searcher.search(text, language, top_k=top, filters=filters)


def _require_known(filters: Filters, release: Release, nation: Nation) -> None:
    """Refuse a document, service or jurisdiction that neither the release nor the nation has.

    Raises
    ------
    BadParameter
        With what was probably meant.
    """
    documents = release.documents
    services = {service.id for service in nation.services}.union(*(document.services for document in documents))
    places = {nation.country, *(part.code for part in nation.jurisdictions)}
    for option, asked, known, fix in (
        ("--document", filters.documents, release.document_rows, "a search with --json names ids before the colon."),
        ("--service", filters.services, services, f"there are {', '.join(sorted(services))}."),
        (
            "--jurisdiction",
            filters.jurisdictions,
            places.union(document.jurisdiction for document in documents),
            f"write {nation.country}, or a part of it as nation.yaml does.",
        ),
    ):
        for name in sorted(asked):
            if name not in known:
                near = nearest(name, known)
                meant = f"did you mean {' or '.join(near)}?" if near else fix
                raise click.BadParameter(f"`{name}` is not in {release.release_id}; {meant}", param_hint=option)


def _shown(number: int, hit: Hit, labels: Labels, standings: Mapping[str, str]) -> str:
    passage, document = hit.passage, hit.document
    status = status_word(passage.status or document.status, standings)
    place = ", ".join(filter(None, (document.citation or document.title, labels.part(hit.passage))))
    start, end = hit.segment
    words = " ".join((passage.text[start:end] or passage.text).split())
    shown = words if len(words) <= _WIDTH else f"{words[:_WIDTH].rsplit(' ', 1)[0]} ..."
    return f"{number}. {place} ({status})  {passage.passage_id}\n   {shown}"


def _record(hit: Hit) -> dict[str, Any]:
    passage, document = hit.passage, hit.document
    return {
        "passage_id": passage.passage_id,
        "title": document.title,
        "citation": document.citation,
        "article": passage.article or "",
        "status": passage.status or document.status,
        "score": round(hit.score, 4),
        "lexical": round(hit.lexical, 4),
        "dense": round(hit.dense, 4),
        "features": {name: round(value, 4) for name, value in hit.features.items()},
        "segment": list(hit.segment),
        "text": passage.text,
        "url": document.url,
        "publisher": document.publisher,
        "coverage_date": document.coverage_date,
    }
