# SPDX-License-Identifier: Apache-2.0
"""`daulat access limits|roles|sessions`: how much may be used, who may do what, and who is signed in.

Options in, calls to `daulat.gateway.access` out; what is shown of a limit is the row that refuses.
"""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import click

from daulat.cli._declaration import file_option
from daulat.cli._desk import Desk, dry_run_option, run_at_desk, show, show_data, told
from daulat.cli._options import OneOf
from daulat.cli._output import counted, hint, json_option

if TYPE_CHECKING:
    from daulat.gateway.quota.counters import Reading


@click.group()
def limits() -> None:
    """How much an organisation, a project or a key may use."""


@limits.command("set")
@click.argument("scope", metavar="SUBJECT", type=OneOf(["organisation", "project", "key"]))
@click.argument("of", metavar="ID")
@click.argument("metric", metavar="WHAT", type=OneOf(["requests", "tokens_in", "tokens_out", "concurrent", "money"]))
@click.argument("period", metavar="PER", type=OneOf(["minute", "day", "month", "at-once"]))
@click.argument("amount")
@click.option("--currency", default="", metavar="ISO4217", help="For money: USD, EUR, ...")
@dry_run_option
@file_option
@json_option
def set_a_limit(scope: str, of: str, metric: str, period: str, amount: str, currency: str, dry_run: bool, path: Path,
                as_json: bool) -> None:  # fmt: skip
    """Set a limit, or take it away. Running workers hear of it at once.

    \b
    SUBJECT  whose limit: organisation, project or key
    ID       which one, as `daulat access projects list` and the others name it
    WHAT     requests, tokens_in, tokens_out, money, or concurrent: requests at once
    PER      minute, day or month; at-once for concurrent
    AMOUNT   the most that is let through; none takes the limit away

    \b
    daulat access limits set project health-ministry/portal requests minute 600
    daulat access limits set organisation health-ministry money month 2500.00 --currency USD
    daulat access limits set key key_0123456789abcdef concurrent at-once 20
    """
    from daulat.gateway.access.limits import parse_amount, set_limit

    over = "" if period == "at-once" else period
    most = None if amount == "none" else parse_amount(amount)
    run_at_desk(path, lambda desk: set_limit(desk.registry, scope, of, metric, over, most, currency), dry_run)
    said = {"scope": scope, "of": of, "metric": metric, "period": over, "currency": currency, "dry_run": dry_run}
    most_told = " ".join(filter(None, [amount, currency, f"a {over}" if over else "at once"]))
    told({**said, "amount": None if most is None else amount}, f"{metric} of {scope} {of}: {most_told}", as_json)


@limits.command("show")
@click.option("--of", default="", metavar="ID", help="Only of this organisation, project or key.")
@file_option
@json_option
def show_limits(of: str, path: Path, as_json: bool) -> None:
    """Show limits, and what is used and left, from the rows that refuse."""
    from daulat.gateway.access.limits import reading_as_data

    readings = [reading_as_data(reading) for reading in run_at_desk(path, lambda desk: _readings(desk, of))]
    columns = ["scope", "of", "metric", "period", "currency", "limit", "used", "reserved", "available"]
    show_data(readings, columns, as_json, "no limit here; `daulat access limits set --help` says how to set one")


@click.group()
def roles() -> None:
    """Who of the people that sign in may do what. All of it: docs/reference/roles.md."""


@roles.command("grant")
@click.argument("role", metavar="ROLE", type=OneOf(["owner", "operator", "editor", "auditor", "member"]))
@click.argument("principal")
@click.option("--organisation", default="", metavar="ID", help="For a member: theirs.")
@dry_run_option
@file_option
@json_option
def grant(role: str, principal: str, organisation: str, dry_run: bool, path: Path, as_json: bool) -> None:
    """Give a role to a person, also to the first owner.

    PRINCIPAL is `subject:...` or `email:...`, as the provider of sign-in names them. What each role reaches is in
    docs/reference/roles.md.

    \b
    ROLE is one of these:
      owner     answers for the service: everything, and who has which role
      operator  runs it: organisations, projects, keys and limits of all
      editor    answers for the official text; sees what is used, opens no door
      auditor   reads everything, changes nothing
      member    works in one organisation: its keys, limits and usage
    """
    from daulat.gateway.access.limits import grant_role

    number = run_at_desk(path, lambda desk: grant_role(desk.registry, principal, role, organisation), dry_run)
    told({"id": number, "role": role, "dry_run": dry_run}, f"{number}: {role}", as_json)
    hint("it holds from their next request on; they sign in at /auth/sign-in")


@roles.command("list")
@file_option
@json_option
def list_roles(path: Path, as_json: bool) -> None:
    """List who has which role."""
    from daulat.gateway.access.limits import roles as held

    rows = run_at_desk(path, lambda desk: held(desk.store))
    show(rows, ["id", "role", "organisation_id", "principal", "granted_at"], as_json,
          "nobody has a role yet; `daulat access roles grant owner email:...` names the first owner")  # fmt: skip


@roles.command("revoke")
@click.argument("number")
@dry_run_option
@file_option
@json_option
def revoke(number: str, dry_run: bool, path: Path, as_json: bool) -> None:
    """Take a role away, named by its id."""
    from daulat.gateway.access.limits import revoke_role

    run_at_desk(path, lambda desk: revoke_role(desk.registry, number), dry_run)
    told({"id": number, "revoked": True, "dry_run": dry_run}, f"{number} is taken away", as_json)


@click.group()
def sessions() -> None:
    """People who are signed in."""


@sessions.command("end")
@click.argument("subject")
@file_option
@json_option
def end_sessions(subject: str, path: Path, as_json: bool) -> None:
    """Sign a person out everywhere: their next request is refused. They are named by the provider's `sub`."""
    from daulat.gateway.access.sessions import Sessions

    ended = run_at_desk(path, lambda desk: Sessions(desk.store).end_all(subject))
    told({"subject": subject, "ended": ended}, f"{counted(ended, 'session')} ended", as_json)


async def _readings(desk: Desk, of: str) -> list[Reading]:
    from daulat.gateway.access.errors import AccessError
    from daulat.gateway.access.limits import limits_of
    from daulat.gateway.access.service import open_counters, require_counted_here
    from daulat.gateway.quota.counters import CountersUnavailableError
    from daulat.gateway.quota.model import period_bounds

    found = [limit for limit in await limits_of(desk.store) if of in ("", limit.scope_id)]
    zone, now = ZoneInfo(desk.nation.time_zones[0]), datetime.now(UTC).timestamp()
    valkey_url = os.environ.get("VALKEY_URL", "")
    if found:
        await require_counted_here(desk.store, valkey_url)
    counters = await open_counters(desk.store, valkey_url)
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
