# SPDX-License-Identifier: Apache-2.0
"""`daulat nation`: check and show the declaration, and the tags and codes that it may use."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from daulat.cli._declaration import file_option
from daulat.cli._output import counted, emit, emit_json, hint, json_option, say, table
from daulat.language import contact_faults
from daulat.nation import NationError, check_nation, json_schema, load_nation, pack_at, pack_of
from daulat.nation.reference import find_country, jurisdictions_of, languages_of

Command = TypeVar("Command", bound=Callable[..., Any])


@click.group("nation")
def command() -> None:
    """Check and show the declaration of the nation."""


@command.command()
@file_option
@json_option
@click.pass_context
def check(context: click.Context, path: Path, as_json: bool) -> None:
    """Tell every fault of nation.yaml at once. Exit code 1 if any.

    Each comes with its line and value, why it matters and what to write.

    Where nation.yaml is right, the contacts.yaml beside it is read too.
    """
    faults = check_nation(path) or _contact_faults(path)
    if as_json:
        emit_json({"file": str(path), "valid": not faults, "faults": [fault.as_dict() for fault in faults]})
    elif faults:
        say("\n\n".join(str(fault) for fault in faults))
        at_fault = path.with_name(Path(faults[0].file or path).name)
        say(f"\n{counted(len(faults), 'fault')} in {at_fault}")
    else:
        nation = load_nation(path)
        say(f"{path} is valid: {nation.country}, languages: {len(nation.languages)}, services: {len(nation.services)}")
        hint("start the service with `daulat up`")
    if faults:
        context.exit(1)


def _contact_faults(path: Path) -> list[NationError]:
    """Return the faults of whom a person can call or ask; a pack that cannot be opened is one too."""
    try:
        nation = load_nation(path)
        return contact_faults(pack_of(nation), pack_at(nation.directory, nation.country))
    except NationError as fault:
        return [fault]


@command.command()
@file_option
@json_option
def show(path: Path, as_json: bool) -> None:
    """Show what the declaration amounts to. Defaults that it does not state are shown too."""
    nation = load_nation(path)
    pack = pack_of(nation)
    if as_json:
        emit_json({**nation.model_dump(mode="json"), "pack": str(pack) if pack else None})
        return
    rows = [
        ("country", f"{nation.country} {next(iter(nation.names.values()))}"),
        ("pack", str(pack) if pack else "none installed"),
        ("languages", ", ".join(nation.language_tags)),
        ("jurisdictions", str(len(nation.jurisdictions))),
        ("services", ", ".join(f"{nation.country.lower()}/{service.id}" for service in nation.services)),
        ("models", ", ".join(model.id for model in nation.models) or "none: answers are the official text, quoted"),
        ("personal data in", _places(nation.residency.personal)),
        ("questions kept", f"{nation.retention.questions_days} days"),
        ("releases", str(nation.path(nation.knowledge.releases))),
        ("database", str(nation.path(nation.store.directory))),
        ("address", nation.gateway.public_url or f"http://{nation.gateway.listen}"),
    ]
    emit(table(("key", "value"), rows))


def _places(rule: str | list[str]) -> str:
    return rule if isinstance(rule, str) else ", ".join(rule)


@command.command()
def schema() -> None:
    """Print the JSON Schema of nation.yaml, for editors."""
    emit_json(json_schema())
    hint("save it, and name it on the first line of nation.yaml: `# yaml-language-server: $schema=nation.schema.json`")


def _country_argument(function: Command) -> Command:
    return click.argument("country", metavar="[ISO-CODE]", required=False)(function)


@command.command()
@_country_argument
@file_option
@json_option
def languages(country: str | None, path: Path, as_json: bool) -> None:
    """List the languages of a country by CLDR. Their tags are those of nation.yaml."""
    rows = languages_of(_code(country, path))
    keys = ("tag", "name", "english_name", "role", "speakers_percent")
    _print_rows(keys, [tuple(getattr(row, key) for key in keys) for row in rows], as_json=as_json)


@command.command()
@_country_argument
@file_option
@json_option
def jurisdictions(country: str | None, path: Path, as_json: bool) -> None:
    """List the jurisdictions of a country by ISO 3166-2. They are those of the first level."""
    rows = jurisdictions_of(_code(country, path))
    keys = ("code", "name", "kind")
    _print_rows(keys, [tuple(getattr(row, key) for key in keys) for row in rows], as_json=as_json)


def _code(country: str | None, path: Path) -> str:
    return find_country(country).code if country else load_nation(path).country


def _print_rows(keys: tuple[str, ...], rows: list[tuple[object, ...]], *, as_json: bool) -> None:
    if as_json:
        emit_json([dict(zip(keys, row, strict=True)) for row in rows])
    else:
        emit(table(keys, rows))
