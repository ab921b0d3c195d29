# SPDX-License-Identifier: Apache-2.0
"""`daulat status`: ask a running service how it is; its own words come back, as a table or as JSON."""

from __future__ import annotations

import http.client
import json
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import click

from daulat.cli._declaration import file_option
from daulat.cli._output import ADD_SOURCES, counted, emit, emit_json, hint, json_option, table
from daulat.errors import DaulatError
from daulat.files import write_whole
from daulat.nation import Nation, load_nation

TIMEOUT_S = 5.0
NOTE = ".daulat/address"
_UNREACHABLE = "unreachable"
_TROUBLES = {
    _UNREACHABLE: "it does not answer, or its server does not list it; ",
    "open": "not asked for a while, since requests failed; ",
    "half-open": "tried again, since requests failed; ",
}


@click.command("status")
@click.option("--url", help="Address of the service; by default that of the service of this folder.")
@file_option
@json_option
def command(url: str | None, path: Path, as_json: bool) -> int:
    """Say how a running service is. Exit code 0 while it answers questions, 1 when it does not.

    \b
    daulat status                                    the service of this folder, whatever its port
    daulat status --url https://ask.example          another one
    daulat status --json | jq .pulse.p95_ms          one figure of it
    """
    report, address = (fetch_status(url), url) if url else _own(load_nation(path))
    if as_json:
        emit_json(report)
    else:
        emit(render(report, address))
        hint(_next_step(report, address))
    return 1 if report["level"] == "red" else 0


def _own(nation: Nation) -> tuple[dict[str, Any], str]:
    """Return what the service of a folder says, and its address; another nation's at that address is none of it."""
    address = address_in_use(nation)
    report = fetch_status(address)
    if report.get("country", nation.country) != nation.country:
        raise DaulatError(
            f"at {address} runs the service of {report['country']}, and none of {nation.country}",
            why="What it says of itself is not so of the service of this folder.",
            fix=f"start this one with `daulat up --port {nation.gateway.port + 1}`, "
            f"or ask that one: `daulat status --url {address}`.",
            code="status.another",
        )
    return report, address


def address_in_use(nation: Nation) -> str:
    """Return the address at which `daulat up` noted that this service listens, else the declared one.

    A service that was killed could not take its note away, so whoever is named there is asked first.
    """
    with suppress(OSError, UnicodeDecodeError, DaulatError, click.BadParameter):
        noted = nation.path(NOTE).read_text("utf-8").strip()
        if fetch_status(noted).get("country") == nation.country:
            return noted
    return address_of(nation, nation.gateway.port)


@contextmanager
def noted_address(nation: Nation, port: int) -> Iterator[None]:
    """Keep a note of where the service of a folder listens, as long as it does. Where none can be written, none is."""
    note, address = nation.path(NOTE), address_of(nation, port).encode()
    with suppress(OSError):
        note.parent.mkdir(parents=True, exist_ok=True)
        write_whole(note, address + b"\n")
    try:
        yield
    finally:
        with suppress(OSError):
            if note.read_bytes().strip() == address:  # and not that of another service of the same folder
                note.unlink()


def address_of(nation: Nation, port: int) -> str:
    """Return the address of a service that listens on the declared host, as this machine reaches it."""
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(nation.gateway.host, nation.gateway.host)  # noqa: S104 - read here, not bound
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def fetch_status(address: str, *, timeout_s: float = TIMEOUT_S) -> dict[str, Any]:
    """Read `/v1/status` of a service.

    Raises
    ------
    DaulatError
        If nobody answers there, or what answers is not Daulat.
    click.BadParameter
        If it is not an address.
    """
    connection, path = _connection(address, timeout_s)
    try:
        connection.request("GET", f"{path}/v1/status", headers={"Accept": "application/json"})
        body = connection.getresponse().read(1 << 20)
    except (UnicodeError, http.client.InvalidURL) as error:
        raise _no_address(address, error) from error
    except OSError as error:
        raise DaulatError(
            f"nobody answers at {address} ({error.strerror or type(error).__name__})",
            why="The service is not running there, or this machine cannot reach it.",
            fix="start it with `daulat up`, or name its address with `--url`.",
            code="status.unreachable",
        ) from error
    except http.client.HTTPException as error:
        raise _not_daulat(address) from error
    finally:
        connection.close()
    try:
        report = json.loads(body)
    except ValueError as error:
        raise _not_daulat(address) from error
    if not isinstance(report, dict) or "level" not in report:
        raise _not_daulat(address)
    return report


def _connection(address: str, timeout_s: float) -> tuple[http.client.HTTPConnection, str]:
    """Return a connection, not yet open, and the path below which the service lies."""
    try:
        parts = urlsplit(address)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise _no_address(address, "it names no scheme and host as `https://host` does")
        kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
        return kind(parts.hostname, parts.port, timeout=timeout_s), parts.path.rstrip("/")
    except (ValueError, http.client.InvalidURL) as error:
        raise _no_address(address, error) from error


def _no_address(address: str, reason: object) -> click.BadParameter:
    return click.BadParameter(f"`{address}` is not an http or https address: {reason}", param_hint="--url")


def _not_daulat(address: str) -> DaulatError:
    return DaulatError(
        f"what answers at {address} is not Daulat",
        why="Another program has this address.",
        fix="name the address of the service with `--url`.",
        code="status.not_daulat",
    )


def render(report: dict[str, Any], address: str) -> str:
    """Lay out a report for people.

    Examples
    --------
    >>> pulse = {"answers": 0, "answered": 0, "declined": 0, "failed": 0, "in_progress": 0, "p95_ms": None}
    >>> part = {"name": "knowledge", "state": "ready", "detail": "9 passages"}
    >>> report = {"level": "green", "name": "Exampland", "release": "r1", "as_of": "2023-02-01", "writes_with": "",
    ...           "passages": 9, "pulse": pulse, "parts": [part]}
    >>> print(render(report, "http://127.0.0.1:8080"))
    green: Exampland at http://127.0.0.1:8080
    official text as of 2023-02-01 (release r1), quoted
    no answers yet
    <BLANKLINE>
    part       state  detail
    knowledge  ready  9 passages
    """
    pulse = report["pulse"]
    answers = "no answers yet"
    if pulse["answers"]:
        answers = f"{counted(pulse['answers'], 'answer')}; of the last ones {pulse['answered']} answered, "
        answers += f"{pulse['declined']} declined, {pulse['failed']} failed, 95 % within {pulse['p95_ms'] / 1000:.2g} s"
        answers += _besides(pulse)
    rows = [(part["name"], part["state"], part["detail"]) for part in report["parts"]]
    lines = [f"{report['level']}: {report['name']} at {address}"]
    lines += [
        _text_of(report),
        answers,
        "",
        table(("part", "state", "detail"), rows),
    ]
    if engines := report.get("engines"):
        rows = [(engine["model"], engine["level"], _how(engine)) for engine in engines]
        lines += ["", table(("model", "level", "detail"), rows)]
    return "\n".join(lines)


def _how(engine: dict[str, Any]) -> str:
    """Tell how an engine did in its last five minutes.

    >>> engine = {"position": "closed", "place": "ID", "requests": 4, "failed": 1, "in_flight": 0, "ttft_p95_s": 0.42}
    >>> _how(engine)
    '4 requests, 1 failed, first token within 0.42 s (95 %), in ID'
    >>> _how(engine | {"position": "unreachable", "requests": 0, "failed": 0, "ttft_p95_s": None, "place": ""})
    'it does not answer, or its server does not list it; no requests'
    """
    told = [counted(engine["requests"], "request") if engine["requests"] else "no requests"]
    told += [f"{engine['failed']} failed"] if engine["failed"] else []
    told += [f"{engine['in_flight']} under way"] if engine["in_flight"] else []
    told += [f"first token within {engine['ttft_p95_s']:.2g} s (95 %)"] if engine["ttft_p95_s"] is not None else []
    told += [f"in {engine['place']}"] if engine["place"] else []
    return _TROUBLES.get(engine["position"], "") + ", ".join(told)


def _besides(pulse: dict[str, Any]) -> str:
    """Tell of what was neither answered nor declined.

    >>> _besides({"notices": 2, "left": 1})
    '; 2 answered in its own words (greetings, dangers), 1 not waited for'
    """
    notices, left = pulse.get("notices", 0), pulse.get("left", 0)  # services of before did not count them
    told = [f"{notices} answered in its own words (greetings, dangers)"] if notices else []
    told += [f"{left} not waited for"] if left else []
    return f"; {', '.join(told)}" if told else ""


def _text_of(report: dict[str, Any]) -> str:
    if not report["release"]:
        return "no official text yet"
    if _is_empty(report):
        return f"no official text: release {report['release']} is empty, and every question is declined"
    as_of = f"as of {report['as_of']}" if report["as_of"] else "of unknown date"
    writer = f"written by {report['writes_with']}" if report["writes_with"] else "quoted"
    return f"official text {as_of} (release {report['release']}), {writer}"


def _is_empty(report: dict[str, Any]) -> bool:
    return bool(report["release"]) and not report.get("passages", 1)  # services of before did not count them


def _next_step(report: dict[str, Any], address: str) -> str:
    if report["level"] == "red":
        return "`daulat doctor`, on the machine of the service, says what is missing"
    if _is_empty(report):
        return ADD_SOURCES
    if away := [engine["model"] for engine in report.get("engines", ()) if engine["position"] == _UNREACHABLE]:
        return (
            f"see that the server of {', '.join(away)} runs, and that `url` and `upstream` in nation.yaml are its own"
        )
    return f"ask it something: open {address}, or `daulat ask`"
