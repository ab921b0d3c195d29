# SPDX-License-Identifier: Apache-2.0
"""`daulat bench`: figures of retrieval and of answers on one folder; no declaration, server, database or network."""

from __future__ import annotations

import asyncio
import os
import platform
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import asdict, replace
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, TypeVar

import click

from daulat.cli._measured_model import declared_model, declared_reranker, write_results
from daulat.cli._output import Advance, emit, emit_json, hint, json_option, progress, say, table
from daulat.errors import DaulatError
from daulat.files import kind_of

if TYPE_CHECKING:  # these rooms load NumPy: `--help` is quick without
    from collections.abc import Callable

    from daulat.evaluation import AnswersReport, Bench, Corpus, KnownQuestion, RetrievalReport
    from daulat.knowledge.reranker import RemoteReranker
    from daulat.nation import Pack

Command = TypeVar("Command", bound="Callable[..., Any]")
_UNITS = {"encode": "segments", "encode questions": "questions", "index": "passages", "propose": "questions"}


def _bench_options(function: Command) -> Command:
    function = json_option(function)
    function = click.option("--country", default="", help="ISO 3166-1 code; the one installed pack by default.")(
        function
    )
    function = click.option(
        "--reranked", is_flag=True, help="Let `knowledge.reranker` of nation.yaml order the first passages."
    )(function)
    function = click.option(
        "--file",
        "path",
        type=click.Path(path_type=Path),
        default=Path("nation.yaml"),
        help="The declaration that --reranked and --model read.",
    )(function)
    function = click.option(
        "--limit", type=click.IntRange(min=0), default=0, help="Ask a fixed sample of so many questions; 0 asks all."
    )(function)
    return click.option(
        "--data",
        "folder",
        type=click.Path(path_type=Path, exists=True, file_okay=False),
        required=True,
        help="Folder of passages and questions; docs/reference/bench.md names the two shapes.",
    )(function)


@click.group("bench")
def command() -> None:
    """Measure retrieval and answers on a folder of passages and questions.

    A temporary release is built from the folder. Vectors are kept by the hash of their text below XDG_CACHE_HOME, so a
    run that was interrupted goes on where it stopped, and the next one is quick.
    """


@command.command()
@_bench_options
def retrieval(folder: Path, limit: int, country: str, as_json: bool, path: Path, reranked: bool) -> None:
    """How often is a passage that answers found first, or among five?

    With --reranked all is searched twice, and the figures without the reranker stand beside those with it.

    \b
    daulat bench retrieval --data folder --json | jq .recall_at_5
    daulat bench retrieval --data folder --reranked
    """
    started = time.monotonic()
    reranker = declared_reranker(path) if reranked else None
    with _opened(folder, limit, country) as (bench, corpus, questions):
        from daulat.evaluation import measure_retrieval, with_languages
        from daulat.knowledge.search import Searcher, load_ranking

        ranking = load_ranking()
        asked = with_languages(bench, questions)

        def measure(reranker: RemoteReranker | None) -> RetrievalReport:
            searcher = Searcher(corpus.release, corpus.encoder, corpus.reader, ranking, reranker)
            return measure_retrieval(searcher, asked, _counter(bench, "search", questions))

        report = measure(None)
        result: dict[str, Any] = {}
        if reranker is not None:
            result = {"reranker": reranker.name, "without_reranker": asdict(report.figures)}
            report = measure(reranker)
        result |= asdict(report.figures) | {
            "questions": len(questions),
            "by_kind": {name: asdict(figures) for name, figures in report.by_kind.items()},
            "by_language": {name: asdict(figures) for name, figures in report.by_language.items()},
            "gold_not_in_release": report.unknown_gold,
            **_circumstances(bench, corpus, started),
            "ranking": ranking.about,
        }
    _show(result, as_json, ("n", "recall_at_1", "recall_at_5", "mrr"))


@command.command()
@click.option("--model", default="", help="Let this model of nation.yaml write; by default answers are quotations.")
@click.option("--service", default="", help="Whose gate this is; the first that is declared by default.")
@click.option("--gates", type=click.Path(path_type=Path), help="Write what --model has passed, and its score, here.")
@_bench_options
def answers(
    folder: Path, limit: int, country: str, as_json: bool, model: str, service: str, path: Path, reranked: bool,
    gates: Path | None,
) -> None:  # fmt: skip
    """Does it decline what no passage answers, and cite what does?

    Answers are quotations, unless a model is named: then it writes, whatever it has passed before.

    \b
    daulat bench answers --data folder --json | jq .gold_cited
    daulat bench answers --data folder --model writer --gates .daulat/gates/writer.json
    """
    if gates is not None and not model:
        raise click.UsageError("--gates needs --model: quotations pass no gate, and need none")
    started = time.monotonic()
    measured = declared_model(model, service, path) if model else None
    reranker = declared_reranker(path) if reranked else None
    with _opened(folder, limit, country) as (bench, corpus, questions):
        from daulat.assistant import open_assistant
        from daulat.evaluation import find_questions, measure_answers, with_languages

        assistant = open_assistant(corpus.release, corpus.encoder, bench.pack, bench.languages, reranker=reranker)
        tell = _counter(bench, "answer", questions)
        asked = with_languages(bench, questions)
        if measured is not None:
            assistant = replace(assistant, writer_for=measured.writer())

        async def measure() -> AnswersReport:
            async with measured.engines if measured is not None else nullcontext():
                return await measure_answers(assistant.answer, corpus.release, asked, tell)

        report = asyncio.run(measure())
        if measured is not None and gates is not None:
            today = datetime.now(UTC).date()
            write_results(measured, find_questions(folder), report.by_language, today, gates)
        result = asdict(report.figures) | {
            "by_kind": {name: asdict(figures) for name, figures in report.by_kind.items()},
            "by_language": {name: asdict(figures) for name, figures in report.by_language.items()},
            **_circumstances(bench, corpus, started),
        }
        if reranker is not None:
            result["reranker"] = reranker.name
    keys = ("n", "refusal_of_unanswerable", "false_refusals", "valid_citations", "gold_cited", "marked")
    _show(result, as_json, (*keys, "written", "score") if model else keys)


@contextmanager
def _opened(folder: Path, limit: int, country: str) -> Iterator[tuple[Bench, Corpus, list[KnownQuestion]]]:
    from daulat.evaluation import (
        cache_folder,
        find_questions,
        open_bench,
        open_corpus,
        read_questions,
        sample_questions,
    )
    from daulat.knowledge.search import load_ranking
    from daulat.knowledge.sources import folder_sources

    questions = sample_questions(read_questions(find_questions(folder)), limit)
    pack = _pack(country)
    with TemporaryDirectory(prefix="daulat-bench-") as work, _Stages() as stages:
        cache = cache_folder(os.environ)
        bench = open_bench(pack, cache, now=lambda: datetime.now(UTC), progress=stages.tell)
        passages = _copied(folder, Path(work))
        sources = folder_sources(passages, language=bench.languages[0], jurisdiction=bench.country)
        yield bench, open_corpus(bench, sources, questions, load_ranking(), Path(work)), questions


def _copied(folder: Path, work: Path) -> Path:
    """Copy the passages: a source follows no link out of its folder; a folder to be measured may be made of links."""
    copy = work / (folder.resolve().name or "folder")
    copy.mkdir()
    for pattern in ("contexts.jsonl*", "passages_*.jsonl*", "documents_*.csv"):
        for path in folder.glob(pattern):
            if kind := kind_of(path):
                raise DaulatError(
                    f"{path} is {kind} and no file",
                    why="A figure over a part of the passages would not be the figure of this folder.",
                    fix="Put the file itself there, or a link to it.",
                    code="evaluation.passages",
                )
            shutil.copy(path, copy)
    return copy


def _pack(country: str) -> Pack:
    from daulat.nation import find_pack, installed_packs

    found = find_pack(country) if country else None
    packs = installed_packs()
    if found is None and not country and len(packs) == 1:
        [found] = packs
    if found is None:
        here = ", ".join(pack.country for pack in packs) or "none"
        raise DaulatError(
            f"no pack for {country} is installed"
            if country
            else f"it is not clear which country's pack to use ({here})",
            why="Questions are read and passages cut by the words of a country's pack.",
            fix=f"Pass --country with one of: {here}." if packs else "Install a pack, e.g. `pip install daulat-id`.",
            code="bench.country",
        )
    return found


class _Stages:
    """Shows one progress bar a stage, each with rate and time left."""

    def __init__(self) -> None:
        self._stage = ""
        self._done = 0
        self._bar: Any = None
        self._advance: Advance | None = None

    def __enter__(self) -> _Stages:
        return self

    def __exit__(self, *_: object) -> None:
        self._close()

    def tell(self, stage: str, done: int, total: int) -> None:
        """Move the bar of a stage, opening it when the stage is new."""
        if stage != self._stage or done < self._done:
            self._close()
            self._stage, self._done = stage, 0
            if not total:
                say(f"{stage} ...")
            else:
                self._bar = progress(stage, total, unit=_UNITS.get(stage, "questions"))
                self._advance = self._bar.__enter__()
        if self._advance:
            self._advance(done - self._done)
        self._done = done

    def _close(self) -> None:
        if self._bar is not None:
            self._bar.__exit__(None, None, None)
        self._bar = self._advance = None


def _counter(bench: Bench, stage: str, questions: list[KnownQuestion]) -> Callable[[int], None]:
    total = sum(question.answerable for question in questions) if stage == "search" else len(questions)
    return lambda done: bench.progress(stage, done, total)


def _circumstances(bench: Bench, corpus: Corpus, started: float) -> dict[str, Any]:
    import numpy

    return {
        "dense": corpus.dense,
        "documents": corpus.release.manifest.documents,
        "passages": len(corpus.release),
        "segments": corpus.release.manifest.segments,
        "encoded": corpus.encoded,
        "not_read": corpus.failures,
        "seconds": round(time.monotonic() - started, 1),
        "versions": {
            "daulat": bench.version,
            "pack": str(bench.pack),
            "encoder": corpus.encoder.name,
            "python": platform.python_version(),
            "numpy": numpy.__version__,
        },
    }


def _show(result: dict[str, Any], as_json: bool, keys: tuple[str, ...]) -> None:
    if as_json:
        emit_json(result)
        return
    without = {"without the reranker": result["without_reranker"]} if "without_reranker" in result else {}
    groups = {"all": result} | without | {f"kind {name}": row for name, row in result["by_kind"].items()}
    groups |= {f"language {name}": row for name, row in result["by_language"].items()}
    emit(table(("questions", *keys), [(name, *(_cell(row[key]) for key in keys)) for name, row in groups.items()]))
    hint(f"vectors: {result['dense']}; in {result['seconds']:.0f} s; the same with `--json` for programs")


def _cell(value: float | None) -> float | str:
    return "-" if value is None else round(value, 4)
