# SPDX-License-Identifier: Apache-2.0
"""`daulat access`: organisations, projects and keys; limits and roles; on the machine that holds the database.

Options in, calls to `daulat.gateway.access` out; it decides nothing and keeps nothing. A key is printed once. Limits,
roles and sessions are in `daulat.cli._access_rules`.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from fnmatch import fnmatchcase
from math import isfinite
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from daulat.cli._access_rules import limits, roles, sessions
from daulat.cli._declaration import file_option
from daulat.cli._desk import dry_run_option, run_at_desk, show, told
from daulat.cli._options import OneOf
from daulat.cli._output import emit, emit_json, hint, json_option, say
from daulat.nation import Nation, load_nation

if TYPE_CHECKING:
    from daulat.gateway.access.registry import NewKey


class Span(click.FloatRange):
    """A length of time; `nan`, which is outside of no range, is none."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Return the number, or refuse what is none."""
        number = super().convert(value, param, ctx)
        if not isfinite(number):
            self.fail(f"{value!r} is not a length of time", param, ctx)
        return number


@click.group("access")
def command() -> None:
    """Say who may call the API, and how much.

    \b
    daulat access organisations create health-ministry
    daulat access projects create health-ministry/portal
    daulat access keys create health-ministry/portal
    daulat access limits set project health-ministry/portal tokens_out day 1000000
    daulat access limits show
    daulat access roles grant owner email:ani@example.org
    """


command.add_command(limits)
command.add_command(roles)
command.add_command(sessions)


@command.group()
def organisations() -> None:
    """Ministries, courts, agencies: who answers for what is used."""


@organisations.command("create")
@click.argument("organisation")
@click.option("--name", default="", help="What people call it.")
@dry_run_option
@file_option
@json_option
def create_organisation(organisation: str, name: str, dry_run: bool, path: Path, as_json: bool) -> None:
    """Add an organisation; its id is small letters, digits and hyphens."""
    run_at_desk(path, lambda desk: desk.registry.create_organisation(organisation, name), dry_run)
    told({"organisation": organisation, "dry_run": dry_run}, f"organisation {organisation} is there", as_json)
    hint(f"`daulat access projects create {organisation}/...` adds a project to it")


@organisations.command("list")
@file_option
@json_option
def list_organisations(path: Path, as_json: bool) -> None:
    """List organisations."""
    rows = run_at_desk(path, lambda desk: desk.registry.organisations())
    show(rows, ["id", "name", "projects", "keys", "closed_at"], as_json,
          "no organisation yet; `daulat access organisations create ID` adds one")  # fmt: skip


@organisations.command("close")
@click.argument("organisation")
@dry_run_option
@file_option
@json_option
def close_organisation(organisation: str, dry_run: bool, path: Path, as_json: bool) -> None:
    """Close an organisation: all its keys stop at once. Its accounts stay."""
    run_at_desk(path, lambda desk: desk.registry.close("organisation", organisation), dry_run)
    told({"organisation": organisation, "closed": True, "dry_run": dry_run}, f"{organisation} is closed", as_json)


@command.group()
def projects() -> None:
    """Applications of an organisation."""


@projects.command("create")
@click.argument("project")
@click.option("--name", default="", help="What people call it.")
@dry_run_option
@file_option
@json_option
def create_project(project: str, name: str, dry_run: bool, path: Path, as_json: bool) -> None:
    """Add a project, named ORGANISATION/PROJECT."""
    run_at_desk(path, lambda desk: desk.registry.create_project(project, name), dry_run)
    told({"project": project, "dry_run": dry_run}, f"project {project} is there", as_json)
    hint(f"`daulat access keys create {project}` makes a key for it")


@projects.command("list")
@click.option("--within", default="", metavar="ORGANISATION", help="Only of this organisation.")
@file_option
@json_option
def list_projects(within: str, path: Path, as_json: bool) -> None:
    """List projects."""
    rows = run_at_desk(path, lambda desk: desk.registry.projects(within))
    show(rows, ["id", "name", "keys", "closed_at"], as_json,
          "no project here; `daulat access projects create ORGANISATION/PROJECT` adds one")  # fmt: skip


@projects.command("close")
@click.argument("project")
@dry_run_option
@file_option
@json_option
def close_project(project: str, dry_run: bool, path: Path, as_json: bool) -> None:
    """Close a project: all its keys stop at once. Its accounts stay."""
    run_at_desk(path, lambda desk: desk.registry.close("project", project), dry_run)
    told({"project": project, "closed": True, "dry_run": dry_run}, f"{project} is closed", as_json)


@command.group()
def keys() -> None:
    """API keys of projects: shown once, kept as a hash."""


@keys.command("create")
@click.argument("project")
@click.option("--name", default="", help="What it is for.")
@click.option("--model", "models", multiple=True, metavar="PATTERN", help="Only these models: `qwen*`; repeat.")
@click.option("--service", "services", multiple=True, metavar="ID", help="Only these services; repeat.")
@click.option("--network", "networks", multiple=True, metavar="CIDR", help="Only from here: 10.20.0.0/16; repeat.")
@click.option("--data-class", type=OneOf(["public", "internal", "personal"]), default="internal",
              metavar="CLASS", show_default=True,
              help="What its calls carry, at least: public, internal or personal data.")  # fmt: skip
@click.option("--priority", type=OneOf(["emergency", "interactive", "batch"]), default="interactive",
              metavar="PRIORITY", show_default=True,
              help="The highest that its calls may ask for: emergency, interactive or batch.")  # fmt: skip
@click.option("--expires-in", type=Span(0, 36_500, min_open=True), metavar="DAYS", help="Its end.")
@dry_run_option
@file_option
@json_option
def create_key(project: str, name: str, models: tuple[str, ...], services: tuple[str, ...], networks: tuple[str, ...],
               data_class: str, priority: str, expires_in: float | None, dry_run: bool, path: Path,
               as_json: bool) -> None:  # fmt: skip
    """Make a key for a project, and show it once."""
    from daulat.gateway.access.registry import KeyRules

    ends = datetime.now(UTC) + timedelta(days=expires_in) if expires_in else None
    rules = KeyRules(models, services, networks, data_class, priority, ends)
    require_reach(load_nation(path), models, services)
    new = run_at_desk(path, lambda desk: desk.registry.create_key(project, name, rules), dry_run)
    _show_key(new, dry_run, as_json)


def require_reach(nation: Nation, models: tuple[str, ...], services: tuple[str, ...]) -> None:
    """Refuse a service that is not declared; say which pattern matches no model, since one may be declared later.

    Raises
    ------
    AccessError
        If there is no such service: a key for it could reach nothing.
    """
    from daulat.gateway.access.records import require_services

    require_services(services, [service.id for service in nation.services])
    names = [*(model.id for model in nation.models), *(route.id for route in nation.routes)]
    for pattern in models:
        if not any(fnmatchcase(name, pattern) for name in names):
            say(f"no declared model matches `{pattern}` yet: {', '.join(names) or 'none is declared'}")


@keys.command("list")
@click.option("--within", default="", metavar="ID", help="Only of this organisation or project.")
@file_option
@json_option
def list_keys(within: str, path: Path, as_json: bool) -> None:
    """List keys, by what may be known of them."""
    rows = run_at_desk(path, lambda desk: desk.registry.keys(within))
    bound = ["models", "services", "networks"]
    show(rows, ["id", "project_id", "name", "shown", *bound, "expires_at", "revoked_at"], as_json,
          "no key here; `daulat access keys create ORGANISATION/PROJECT` makes one")  # fmt: skip


@keys.command("revoke")
@click.argument("key")
@dry_run_option
@file_option
@json_option
def revoke_key(key: str, dry_run: bool, path: Path, as_json: bool) -> None:
    """Stop a key, named by its id, at once and on every worker."""
    run_at_desk(path, lambda desk: desk.registry.revoke_key(key), dry_run)
    told({"key": key, "revoked": True, "dry_run": dry_run}, f"{key} is revoked", as_json)


@keys.command("rotate")
@click.argument("key")
@click.option("--overlap", type=Span(0, 2160), default=0, metavar="HOURS", help="The old one goes on so long.")
@dry_run_option
@file_option
@json_option
def rotate_key(key: str, overlap: float, dry_run: bool, path: Path, as_json: bool) -> None:
    """Make another key with the same rules and limits. The old one stops, after an overlap if there is one."""
    new = run_at_desk(path, lambda desk: desk.registry.rotate_key(key, timedelta(hours=overlap)), dry_run)
    _show_key(new, dry_run, as_json)


def _show_key(new: NewKey, dry_run: bool, as_json: bool) -> None:
    from daulat.gateway.access.registry import as_data

    token = "" if dry_run else new.token
    if as_json:
        emit_json({**as_data(new.key), "key": token, "dry_run": dry_run})
        return
    if dry_run:
        say(f"a key for {new.key.project_id} could be made; none has been")
        return
    emit(token)
    say(f"{new.key.id} of {new.key.project_id}: this is the only time that the key is shown")
    hint("set it as OPENAI_API_KEY, and the address of this service, with /v1, as OPENAI_BASE_URL")
