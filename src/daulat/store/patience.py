# SPDX-License-Identifier: Apache-2.0
"""Connections that do not wait for ever: a database that hangs takes what it is sent, and says nothing.

A connection string in; connections whose every statement has a limit out. Asking such a server to cancel would hang as
the statement does, so what took too long is broken off at the socket: an `OperationalError`, and a connection that is
not used again. A server that is merely gone is noticed by TCP, for which the string says how soon.
"""

from __future__ import annotations

import asyncio
import os
import socket
import threading
from contextlib import suppress
from typing import Any, TypeVar

import psycopg
from psycopg.abc import PQGen
from psycopg.conninfo import conninfo_to_dict, make_conninfo

Row = tuple[Any, ...]
Result = TypeVar("Result")

# A statement that somebody waits for, locks included. Nothing on the way of a request takes a tenth of it.
STATEMENT_S = 30.0
# A report over years of usage, or the size of all tables.
REPORT_S = 600.0
# What the kernel does where the other machine is silent: ask after 15 s, 3 times; give up what was sent after 30 s.
# libpq leaves these aside for a socket of this machine.
_TCP = {"keepalives_idle": 15, "keepalives_interval": 5, "keepalives_count": 3, "tcp_user_timeout": 30_000}


class PatientConnection(psycopg.AsyncConnection[Row]):
    """A connection that gives up a statement after `limit_s` seconds of silence; None waits as long as it takes."""

    limit_s: float | None = STATEMENT_S

    async def wait(self, gen: PQGen[Result], *words: Any, **more: Any) -> Result:
        """Wait for the server, as psycopg does, and no longer than the limit."""
        if self.limit_s is None:
            return await super().wait(gen, *words, **more)
        ended = asyncio.Event()
        limit = asyncio.get_running_loop().call_later(self.limit_s, _break_off, self, ended)
        try:
            return await super().wait(gen, *words, **more)
        except psycopg.OperationalError as error:
            raise (_silent(self.limit_s) if ended.is_set() else error) from error.__cause__
        finally:
            limit.cancel()


class PatientThreadConnection(psycopg.Connection[Row]):
    """The same for a thread; another thread may break it off at any time."""

    limit_s: float = STATEMENT_S

    def wait(self, gen: PQGen[Result], *words: Any, **more: Any) -> Result:
        """Wait for the server, as psycopg does, and no longer than the limit."""
        ended = threading.Event()
        limit = threading.Timer(self.limit_s, _break_off, (self, ended))
        limit.daemon = True
        limit.start()
        try:
            return super().wait(gen, *words, **more)
        except psycopg.OperationalError as error:
            raise (_silent(self.limit_s) if ended.is_set() else error) from error.__cause__
        finally:
            limit.cancel()

    def break_off(self) -> None:
        """End whatever waits for the server now."""
        _break_off(self, threading.Event())


def patient_conninfo(conninfo: str) -> str:
    """Return a connection string that also says when a silent machine is given up, unless it says so itself.

    Examples
    --------
    >>> sorted(patient_conninfo("host=db tcp_user_timeout=1 keepalives_idle=2").split())
    ['host=db', 'keepalives_count=3', 'keepalives_idle=2', 'keepalives_interval=5', 'tcp_user_timeout=1']
    """
    said = conninfo_to_dict(conninfo)
    return make_conninfo(conninfo, **{name: value for name, value in _TCP.items() if name not in said})


def _break_off(connection: PatientConnection | PatientThreadConnection, ended: asyncio.Event | threading.Event) -> None:
    """Shut the socket down: whoever waits at it wakes up, while closing it under them would not wake them."""
    ended.set()
    with suppress(OSError, psycopg.Error), socket.socket(fileno=os.dup(connection.fileno())) as same:
        same.shutdown(socket.SHUT_RDWR)


def _silent(limit_s: float) -> psycopg.OperationalError:
    return psycopg.OperationalError(f"it said nothing for {limit_s:g} s")
