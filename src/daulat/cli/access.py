# SPDX-License-Identifier: Apache-2.0
"""`daulat access`: organisations, projects and keys; limits and roles; on the machine that holds the database.

Options in, calls to `daulat.gateway.access` out; it decides nothing and keeps nothing. A key is printed once.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar
from zoneinfo import ZoneInfo

import click

from daulat.cli._output import emit, emit_json, hint, json_option, say, table
from daulat.nation import Nation, load_nation
from daulat.store import Store, StoreSettings, open_store

if TYPE_CHECKING:
    from daulat.gateway.access.registry import NewKey, Registry
    from daulat.gateway.quota.counters import Reading

Command = TypeVar("Command", bound=Callable[..., Any])
Result = TypeVar("Result")

_file = click.option(
    "--file", "path", type=click.Path(path_type=Path), default=Path("nation.yaml"), show_default=True,
    help="The declaration.",
)  # fmt: skip
_dry_run = click.option("--dry-run", is_flag=True, help="Do everything, then take it back.")


@dataclass(frozen=True, slots=True)
class Desk:
    """What a command works with."""

    nation: Nation
    store: Store
    registry: Registry


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


@command.group()
def organisations() -> None:
    """Ministries, agencies, courts: whoever answers for what is used."""


@organisations.command("create")
@click.argument("organisation")
@click.option("--name", default="", help="What people call it.")
@_dry_run
@_file
@json_option
def create_organisation(organisation: str, name: str, dry_run: bool, path: Path, as_json: bool) -> None:
    """Add an organisation; its id is small letters, digits and hyphens."""
    _run(path, lambda desk: desk.registry.create_organisation(organisation, name), dry_run)
    _told({"organisation": organisation, "dry_run": dry_run}, f"organisation {organisation} is there", as_json)
    hint(f"`daulat access projects create {organisation}/...` adds a project to it")


@organisations.command("list")
@_file
@json_option
def list_organisations(path: Path, as_json: bool) -> None:
    """List organisations."""
    rows = _run(path, lambda desk: desk.registry.organisations())
    _show(rows, ["id", "name", "projects", "keys", "closed_at"], as_json,
          "no organisation yet; `daulat access organisations create ID` adds one")  # fmt: skip


@organisations.command("close")
@click.argument("organisation")
@_dry_run
@_file
@json_option
def close_organisation(organisation: str, dry_run: bool, path: Path, as_json: bool) -> None:
    """Close an organisation: all its keys stop at once, and its accounts stay."""
    _run(path, lambda desk: desk.registry.close("organisation", organisation), dry_run)
    _told({"organisation": organisation, "closed": True, "dry_run": dry_run}, f"{organisation} is closed", as_json)


@command.group()
def projects() -> None:
    """Applications of an organisation."""


@projects.command("create")
@click.argument("project")
@click.option("--name", default="", help="What people call it.")
@_dry_run
@_file
@json_option
def create_project(project: str, name: str, dry_run: bool, path: Path, as_json: bool) -> None:
    """Add a project, named ORGANISATION/PROJECT."""
    _run(path, lambda desk: desk.registry.create_project(project, name), dry_run)
    _told({"project": project, "dry_run": dry_run}, f"project {project} is there", as_json)
    hint(f"`daulat access keys create {project}` makes a key for it")


@projects.command("list")
@click.option("--within", default="", metavar="ORGANISATION", help="Only of this organisation.")
@_file
@json_option
def list_projects(within: str, path: Path, as_json: bool) -> None:
    """List projects."""
    rows = _run(path, lambda desk: desk.registry.projects(within))
    _show(rows, ["id", "name", "keys", "closed_at"], as_json,
          "no project here; `daulat access projects create ORGANISATION/PROJECT` adds one")  # fmt: skip


@projects.command("close")
@click.argument("project")
@_dry_run
@_file
@json_option
def close_project(project: str, dry_run: bool, path: Path, as_json: bool) -> None:
    """Close a project: all its keys stop at once, and its accounts stay."""
    _run(path, lambda desk: desk.registry.close("project", project), dry_run)
    _told({"project": project, "closed": True, "dry_run": dry_run}, f"{project} is closed", as_json)


@command.group()
def keys() -> None:
    """API keys of projects: shown once, kept as a hash."""


@keys.command("create")
@click.argument("project")
@click.option("--name", default="", help="What it is for.")
@click.option("--model", "models", multiple=True, metavar="PATTERN", help="Only these models: `qwen*`; repeat.")
@click.option("--service", "services", multiple=True, metavar="ID", help="Only these services; repeat.")
@click.option("--network", "networks", multiple=True, metavar="CIDR", help="Only from here: 10.20.0.0/16; repeat.")
@click.option("--data-class", type=click.Choice(["public", "internal", "personal"]), default="internal",
              show_default=True, help="What its calls carry, at least.")  # fmt: skip
@click.option("--priority", type=click.Choice(["emergency", "interactive", "batch"]), default="interactive",
              show_default=True, help="The highest that its calls may ask for.")  # fmt: skip
@click.option("--expires-in", type=click.FloatRange(0, 36_500, min_open=True), metavar="DAYS", help="Its end.")
@_dry_run
@_file
@json_option
def create_key(project: str, name: str, models: tuple[str, ...], services: tuple[str, ...], networks: tuple[str, ...],
               data_class: str, priority: str, expires_in: float | None, dry_run: bool, path: Path,
               as_json: bool) -> None:  # fmt: skip
    """Make a key for a project, and show it once."""
    from daulat.gateway.access.registry import KeyRules

    ends = datetime.now(UTC) + timedelta(days=expires_in) if expires_in else None
    rules = KeyRules(models, services, networks, data_class, priority, ends)
    new = _run(path, lambda desk: desk.registry.create_key(project, name, rules), dry_run)
    _show_key(new, dry_run, as_json)


@keys.command("list")
@click.option("--within", default="", metavar="ID", help="Only of this organisation or project.")
@_file
@json_option
def list_keys(within: str, path: Path, as_json: bool) -> None:
    """List keys, by what may be known of them."""
    rows = _run(path, lambda desk: desk.registry.keys(within))
    _show(rows, ["id", "project_id", "name", "shown", "expires_at", "revoked_at"], as_json,
          "no key here; `daulat access keys create ORGANISATION/PROJECT` makes one")  # fmt: skip


@keys.command("revoke")
@click.argument("key")
@_dry_run
@_file
@json_option
def revoke_key(key: str, dry_run: bool, path: Path, as_json: bool) -> None:
    """Stop a key, named by its id, at once and on every worker."""
    _run(path, lambda desk: desk.registry.revoke_key(key), dry_run)
    _told({"key": key, "revoked": True, "dry_run": dry_run}, f"{key} is revoked", as_json)


@keys.command("rotate")
@click.argument("key")
@click.option(
    "--overlap", type=click.FloatRange(0, 2160), default=0, metavar="HOURS", help="The old one goes on so long."
)
@_dry_run
@_file
@json_option
def rotate_key(key: str, overlap: float, dry_run: bool, path: Path, as_json: bool) -> None:
    """Make another key with the same rules and limits; the old one stops, after an overlap if there is one."""
    new = _run(path, lambda desk: desk.registry.rotate_key(key, timedelta(hours=overlap)), dry_run)
    _show_key(new, dry_run, as_json)


@command.group()
def limits() -> None:
    """How much an organisation, a project or a key may use."""


@limits.command("set")
@click.argument("scope", type=click.Choice(["organisation", "project", "key"]))
@click.argument("of")
@click.argument("metric", type=click.Choice(["requests", "tokens_in", "tokens_out", "concurrent", "money"]))
@click.argument("period", type=click.Choice(["minute", "day", "month", "at-once"]))
@click.argument("amount")
@click.option("--currency", default="", metavar="ISO4217", help="For money: USD, EUR, ...")
@_dry_run
@_file
@json_option
def set_a_limit(scope: str, of: str, metric: str, period: str, amount: str, currency: str, dry_run: bool, path: Path,
                as_json: bool) -> None:  # fmt: skip
    """Set a limit, or with `none` as the amount take it away; running workers hear of it at once.

    \b
    daulat access limits set project health-ministry/portal requests minute 600
    daulat access limits set organisation health-ministry money month 2500.00 --currency USD
    daulat access limits set key key_0123456789abcdef concurrent at-once 20
    """
    from daulat.gateway.access.limits import parse_amount, set_limit

    over = "" if period == "at-once" else period
    most = None if amount == "none" else parse_amount(amount)
    _run(path, lambda desk: set_limit(desk.registry, scope, of, metric, over, most, currency), dry_run)
    said = {"scope": scope, "of": of, "metric": metric, "period": over, "currency": currency, "dry_run": dry_run}
    _told({**said, "amount": None if most is None else amount}, f"{metric} of {scope} {of}: {amount}", as_json)


@limits.command("show")
@click.option("--of", default="", metavar="ID", help="Only of this organisation, project or key.")
@_file
@json_option
def show_limits(of: str, path: Path, as_json: bool) -> None:
    """Show limits, and what is used and left, from the rows that refuse."""
    from daulat.gateway.access.limits import reading_as_data

    readings = [reading_as_data(reading) for reading in _run(path, lambda desk: _readings(desk, of))]
    columns = ["scope", "of", "metric", "period", "currency", "limit", "used", "reserved", "available"]
    _show_data(readings, columns, as_json, "no limit here; `daulat access limits set --help` says how to set one")


@command.group()
def roles() -> None:
    """Who of the people that sign in may do what: docs/reference/roles.md."""


@roles.command("grant")
@click.argument("role", type=click.Choice(["owner", "operator", "editor", "auditor", "member"]))
@click.argument("principal")
@click.option("--organisation", default="", metavar="ID", help="For a member: theirs.")
@_dry_run
@_file
@json_option
def grant(role: str, principal: str, organisation: str, dry_run: bool, path: Path, as_json: bool) -> None:
    """Give a role to a person, named `subject:...` or `email:...` as the provider names them; also the first owner."""
    from daulat.gateway.access.limits import grant_role

    number = _run(path, lambda desk: grant_role(desk.registry, principal, role, organisation), dry_run)
    _told({"id": number, "role": role, "dry_run": dry_run}, f"{number}: {role}", as_json)
    hint("it holds from their next request on; they sign in at /auth/sign-in")


@roles.command("list")
@_file
@json_option
def list_roles(path: Path, as_json: bool) -> None:
    """List who has which role."""
    from daulat.gateway.access.limits import roles as held

    rows = _run(path, lambda desk: held(desk.store))
    _show(rows, ["id", "role", "organisation_id", "principal", "granted_at"], as_json,
          "nobody has a role yet; `daulat access roles grant owner email:...` names the first owner")  # fmt: skip


@roles.command("revoke")
@click.argument("number")
@_dry_run
@_file
@json_option
def revoke(number: str, dry_run: bool, path: Path, as_json: bool) -> None:
    """Take a role away, named by its id."""
    from daulat.gateway.access.limits import revoke_role

    _run(path, lambda desk: revoke_role(desk.registry, number), dry_run)
    _told({"id": number, "revoked": True, "dry_run": dry_run}, f"{number} is taken away", as_json)


async def _readings(desk: Desk, of: str) -> list[Reading]:
    from daulat.gateway.access.errors import AccessError
    from daulat.gateway.access.limits import limits_of
    from daulat.gateway.quota.counters import Counters, CountersUnavailableError
    from daulat.gateway.quota.model import period_bounds
    from daulat.gateway.quota.postgres import PostgresCounters
    from daulat.gateway.quota.valkey import ValkeyCounters

    found = [limit for limit in await limits_of(desk.store) if of in ("", limit.scope_id)]
    zone, now = ZoneInfo(desk.nation.time_zones[0]), datetime.now(UTC).timestamp()
    url = os.environ.get("VALKEY_URL", "")
    counters: Counters = ValkeyCounters(url) if url else PostgresCounters(desk.store.conninfo)
    try:
        return counters.read([(limit, period_bounds(limit.period, now, zone)[0]) for limit in found]) if found else []
    except CountersUnavailableError:
        raise AccessError(
            "the counters do not answer",
            why="They hold what was used.",
            fix="check VALKEY_URL, or the database.",
            code="access.counters",
        ) from None
    finally:
        counters.close()


def _run(path: Path, work: Callable[[Desk], Awaitable[Result]], dry_run: bool = False) -> Result:
    async def running() -> Result:
        async with _desk(path, dry_run) as desk:
            return await work(desk)

    return asyncio.run(running())


@asynccontextmanager
async def _desk(path: Path, dry_run: bool) -> AsyncIterator[Desk]:
    from daulat.gateway.access.registry import Registry

    nation = load_nation(path)
    settings = StoreSettings.from_environment(nation.path(nation.store.directory), os.environ)
    async with open_store(settings) as store:
        yield Desk(nation, store, Registry(store, by="operator", dry_run=dry_run))


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


def _told(data: dict[str, object], sentence: str, as_json: bool) -> None:
    if as_json:
        emit_json(data)
    else:
        say(f"{sentence}{' (a dry run: nothing has been changed)' if data.get('dry_run') else ''}")


def _show(rows: list[Any], columns: list[str], as_json: bool, empty: str) -> None:
    from daulat.gateway.access.registry import as_data

    _show_data([as_data(row) for row in rows], columns, as_json, empty)


def _show_data(rows: list[dict[str, Any]], columns: list[str], as_json: bool, empty: str) -> None:
    if as_json:
        emit_json(rows)
    elif rows:
        shown = [["" if row[column] is None else row[column] for column in columns] for row in rows]
        emit(table([column.removesuffix("_at").removesuffix("_id") for column in columns], shown))
    else:
        hint(empty)
