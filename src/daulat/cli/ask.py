# SPDX-License-Identifier: Apache-2.0
"""`daulat ask`: one question to the official text, answered in this process: no server, no database, no network."""

from __future__ import annotations

import asyncio
import os
import textwrap
import time
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click

from daulat.assistant import Assistant, OneWriter, Why, Writer, WriterFor, explain, nobody
from daulat.assistant.types import Answer, Citation, Question
from daulat.cli._answering import Opened, build_due, no_text_yet, open_answering
from daulat.cli._declaration import declared_or_only_pack, file_option, is_named
from daulat.cli._options import language_tag
from daulat.cli._output import emit, emit_json, has_colour, hint, json_option, say
from daulat.cli._passages import mark_answers, page_words, status_word
from daulat.language import Phrases
from daulat.models import GATES, WEIGHTS, EngineSet, declare_engines, kept_gates
from daulat.nation import Nation, pack_of


@click.command("ask")
@click.argument("question")
@click.option("--service", default="", help="Which public service; the first that is declared by default.")
@click.option(
    "--language",
    callback=language_tag,
    default="",
    metavar="TAG",
    help="BCP 47 tag of the answer's language; recognised by default.",
)
@click.option("--why", "is_explained", is_flag=True, help="Tell what decided, and which words the best passage lacks.")
@file_option
@json_option
def command(question: str, service: str, language: str, is_explained: bool, path: Path, as_json: bool) -> None:
    """Ask one question and read the answer with its sources. A declined question is an answer too.

    \b
    daulat ask "When must a birth be registered?"
    daulat ask "When must a birth be registered?" --language en
    daulat ask "When must a birth be registered?" --why
    daulat ask "..." --json | jq -r '.citations[].article'
    """
    text = question.strip()
    if not text:
        raise click.BadParameter("the question is empty", param_hint="QUESTION")
    nation = declared_or_only_pack(path, named=is_named())
    known = [each.id for each in nation.services]
    if service and service not in known:
        raise click.BadParameter(f"`{service}` is not declared; use {', '.join(known)}", param_hint="--service")
    asked = Question(text, service or known[0], language)
    answer, opened = answer_once(nation, asked)
    why = explain(opened.assistant, asked) if is_explained else None
    if as_json:
        emit_json(as_json_object(answer) | ({"why": asdict(why)} if why else {}))
    else:
        pack = pack_of(nation)
        show(answer, Phrases.for_language(answer.language, pack), page_words(nation, answer.language))
        if why:
            say(told_why(why))
        elif answer.mode == "declined":
            hint("`--why` tells what decided, and which of the question's words the nearest passage lacks")
        if due := build_due(nation, pack, opened.release, opened.assistant.searcher.reader):
            hint(f"{opened.release.release_id} answered; {due}")
        elif first := no_text_yet(opened.release):
            hint(first)


def answer_once(nation: Nation, question: Question) -> tuple[Answer, Opened]:
    """Open what answers, and answer one question."""
    engines = declare_engines(
        nation.models, base=nation.directory, weights=nation.path(WEIGHTS), environment=os.environ
    )
    # Opened before any loop runs: a first start builds for half a minute, and in a loop Ctrl-C would wait for its end.
    opened = _open(nation, engines)
    return asyncio.run(_answered(opened.assistant, engines, question)), opened


async def _answered(assistant: Assistant, engines: EngineSet, question: Question) -> Answer:
    async with engines:
        return await assistant.answer(question)


def _open(nation: Nation, engines: EngineSet) -> Opened:
    told: set[str] = set()

    def report(stage: str, _done: int, total: int) -> None:
        if stage not in told:
            told.add(stage)
            say(f"{stage}: {total:,} to do" if total else f"{stage} ...")

    return open_answering(nation, pack_of(nation), report, _writers(nation, engines))


def _writers(nation: Nation, engines: EngineSet) -> WriterFor:
    """Say who may write, by the gates and the rule of residency as a service does; nobody where no model has passed."""
    gates = kept_gates(nation.path(GATES))
    if not any(result.passed for result in gates.results()):
        return nobody
    from daulat.gateway.routing import declared_router  # it brings the server; without a writer nobody needs it

    router = declared_router(nation, engines, clock=time.monotonic, gates=gates)

    async def find(service: str, language: str) -> Writer | None:
        fit = router.writers(service, language)
        return OneWriter(fit[0], engines.engine_for(fit[0])) if fit else None

    return find


def as_json_object(answer: Answer) -> dict[str, Any]:
    """Return the answer as `daulat ask --json` prints it: the promised fields first, then what else is known."""
    return {
        "answered": answer.answered,
        "text": answer.text,
        "citations": [_citation(each) for each in answer.citations],
        "language": answer.language,
        "as_of": answer.as_of,
        "mode": answer.mode,
        "confidence": answer.confidence,
        "spoken": [{"start": each.start, "end": each.end, "language": each.language} for each in answer.spoken],
        "notice": answer.notice,
        "notice_language": answer.notice_language,
        "related": [_citation(each) for each in answer.related],
        "is_urgent": answer.is_urgent,
        "call": [asdict(each) for each in answer.call],
        "contacts": [asdict(each) for each in answer.contacts],
        "release": answer.release,
        "model": answer.model,
    }


def _citation(citation: Citation) -> dict[str, Any]:
    return {
        "passage_id": citation.passage_id,
        "title": citation.title,
        "article": citation.article,
        "quote": citation.quote,
        "status": citation.status,
        "url": citation.url,
        "as_of": citation.as_of,
        "successor": citation.successor,
        "standing": citation.standing,
        "answer_span": list(citation.answer_span),
    }


def show(answer: Answer, phrases: Phrases, words: Mapping[str, str]) -> None:
    """Print the answer for a reader: the words on stdout, and beneath them where they stand, or what comes nearest.

    `words` are those of the page in the answer's language, for statuses and successors.
    """
    emit(mark_answers(answer, lambda citation: citation.standing != "history", bold=has_colour()))
    if answer.citations:
        emit()
    for number, citation in enumerate(answer.citations, start=1):
        emit(f"[{number}] {_shown(citation, words)}")
    if answer.related:
        emit(f"\n{phrases.get('nearest')}")
    for citation in answer.related:
        quote = textwrap.indent(citation.quote, "  > ", lambda line: bool(line.strip()))
        emit(f"- {_shown(citation, words)}\n{quote}")
    if answer.notice:
        say(answer.notice)
    hint(f"as of {answer.as_of}; the same with `--json` for programs" if answer.as_of else "`--json` for programs")


def told_why(why: Why) -> str:
    """Return what decided about a question, and what whoever keeps the sources can do about it."""
    if why.decided_by == "at once":
        return "why: decided by the message itself; no text was searched for it"
    if why.decided_by == "ruled elsewhere":
        return "why: declined; an act that is not here rules on it, so what is near would be the rule of another matter"
    if why.decided_by == "nothing found":
        return "why: declined, for no text was found for it; is its source declared, built and published?"
    place = " / ".join(dict.fromkeys(filter(None, (why.title, why.heading))))
    may = why.probability >= why.threshold
    surely = f"it answers with a probability of {why.probability:.2f}; {why.threshold:.2f} is enough"
    decided = {
        "another law": "the question names a law, and no text that was found is of it",
        "no such article": "the law that the question names has no such article here",
        "rule": "the question names it, is its heading, or asks for what it defines",
    }.get(why.decided_by, surely)
    lines = [f"why: {'answered' if may else 'declined'}; {decided}", f"  best passage: {why.passage_id} ({place})"]
    if why.missing:
        lines.append(f"  not in it, its heading or title: {', '.join(why.missing)}")
    if not may and why.decided_by == "weighed":
        lines.append(
            "  If it answers, let its heading say what people ask, in their words,\n"
            "  or write everyday questions for it: docs/guides/write-everyday-questions.md"
        )
    return "\n".join(lines)


def _shown(citation: Citation, words: Mapping[str, str]) -> str:
    after = words["successor"].format(name=citation.successor) if citation.successor else ""
    place = ", ".join(filter(None, (citation.title, citation.article)))
    return f"{place} ({status_word(citation.status, words)}){after and f'. {after}'}"
