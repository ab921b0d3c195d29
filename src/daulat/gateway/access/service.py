# SPDX-License-Identifier: Apache-2.0
"""Access as one part of a running service: made at once, filled when the database is there, emptied in order.

Settings in; an `Admission` and the routes of administration out. Until the database is open, citizens' questions are
answered and everything else waits. At the end what was used is settled and written before the database closes.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Callable, Collection, Coroutine, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import psycopg

from daulat.gateway._asgi import Routes
from daulat.gateway.access.admission import KeyAdmission, Rules
from daulat.gateway.access.anonymous import CALLS_A_MINUTE, AnonymousLimit
from daulat.gateway.access.directory import Directory
from daulat.gateway.access.errors import AccessError
from daulat.gateway.access.records import SERVICE_CLASS, named_class, named_priority
from daulat.gateway.access.tokens import PREFIX
from daulat.gateway.defaults import OpenGrant
from daulat.gateway.errors import NotReady
from daulat.gateway.ports import Call, Caller, Grant
from daulat.gateway.quota.counters import Counters, CountersUnavailableError
from daulat.gateway.quota.leases import Leases
from daulat.gateway.quota.postgres import PostgresCounters
from daulat.gateway.quota.prices import Price
from daulat.gateway.quota.valkey import ValkeyCounters
from daulat.ledger import delete_receipts, delete_usage, open_usage
from daulat.store import Store, StoreError, end_tasks

if TYPE_CHECKING:
    from daulat.gateway.access.oidc import ProviderSettings

PATIENCE_S = 5.0
_SWEEP_S = 3600.0

_COUNTED_IN = "UPDATE access_version SET counted_in = %s"

_LOG = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class AccessSettings:
    """What a nation declares about access.

    Attributes
    ----------
    zone : ZoneInfo
        Whose days and months limits count in.
    is_private : bool
        Only this machine can reach the service, so raw models answer without a key until the first one is made, and its
        own questions are not counted.
    valkey_url : str
        Where counters are, if not in PostgreSQL. May hold a password; never shown.
    prices, contexts, output_limits, templates : mapping
        By model: price per million tokens; tokens of prompt and answer together; as in `Rules`.
    anonymous_a_minute : int
        Calls without a key, per network and minute, all workers together.
    workers : int
        How many processes serve.
    keep_days : int
        How long rows of usage and receipts are kept.
    sign_in : ProviderSettings, optional
        Where people sign in.
    is_secure : bool
        People reach the service over TLS.
    services : collection of str, optional
        The declared services, for which keys may be made. None: it is not known here which there are.
    """

    zone: ZoneInfo
    is_private: bool
    valkey_url: str = field(default="", repr=False)
    prices: Mapping[str, Price] = field(default_factory=dict)
    contexts: Mapping[str, int] = field(default_factory=dict)
    output_limits: Mapping[str, int] = field(default_factory=dict)
    templates: Mapping[str, int] = field(default_factory=dict)
    anonymous_a_minute: int = CALLS_A_MINUTE
    workers: int = 1
    keep_days: int = 365
    sign_in: ProviderSettings | None = None
    is_secure: bool = False
    services: Collection[str] | None = None


@dataclass(frozen=True, slots=True)
class Opened:
    """What is there while the database is."""

    store: Store
    leases: Leases
    directory: Directory
    admission: KeyAdmission


class Access:
    """Who may call, and how much; see `daulat.gateway.ports.Admission`.

    Parameters
    ----------
    settings : AccessSettings
        What the nation declares.
    wall_clock, clock : callable
        Seconds since 1970 UTC, and monotonic seconds.
    """

    def __init__(
        self,
        settings: AccessSettings,
        *,
        wall_clock: Callable[[], float] = time.time,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._settings, self._wall, self._clock = settings, wall_clock, clock
        a_minute = max(1, settings.anonymous_a_minute // settings.workers)
        self._anonymous = AnonymousLimit(a_minute, clock=clock, is_private=settings.is_private)
        self._opened: Opened | None = None
        self._is_open = asyncio.Event()

    def admit(self, call: Call) -> Coroutine[None, None, Grant]:
        """Admit a call, or raise what its caller gets."""
        return self._admit_early(call) if self._opened is None else self._opened.admission.admit(call)

    def recognise(self, call: Call) -> None:
        """Refuse a key of ours that is no good; until the keys are known, none is."""
        if self._opened is not None:
            self._opened.admission.recognise(call)

    def reaches(self, call: Call) -> bool:
        """Say whether a model is shown to whoever calls; all of them are, until the keys are known."""
        return self._opened is None or self._opened.admission.reaches(call)

    async def identify(self, call: Call) -> Caller:
        """Say who calls, or raise what the caller gets."""
        return await (await self.opened()).admission.identify(call)

    async def _admit_early(self, call: Call) -> Grant:
        """Admit a call before the database is open."""
        if call.service and not call.credential.startswith(PREFIX):
            named_class(call.data_class)
            named_priority(call.priority)
            self._anonymous.admit(call.client)
            return OpenGrant(data_class=SERVICE_CLASS, priority="interactive")
        return await (await self.opened()).admission.admit(call)

    def routes(self) -> Routes:
        """List the addresses of signing in, of administration, and of a key's own usage."""
        # Read here: the libraries of sign-in take memory that a worker in front of engines does without.
        from daulat.gateway.access.admin import AdminRoutes, Office
        from daulat.gateway.access.own_usage import OwnUsageRoute
        from daulat.gateway.access.sessions import Sessions
        from daulat.gateway.access.sign_in import SignInRoutes

        settings = self._settings
        provider = None
        if settings.sign_in is not None:
            from daulat.gateway.access.oidc import Provider

            provider = Provider(settings.sign_in, wall_clock=self._wall)

        async def sessions() -> Sessions:
            return Sessions((await self.opened()).store, now=self._now)

        async def office() -> Office:
            opened = await self.opened()
            return Office(opened.store, opened.leases, settings.zone, self._now, settings.services)

        async def own() -> tuple[Store, KeyAdmission, Leases]:
            opened = await self.opened()
            return opened.store, opened.admission, opened.leases

        sign_in = SignInRoutes(sessions, provider, is_secure=settings.is_secure)
        usage: Routes = {"/v1/usage": {"GET": OwnUsageRoute(own, settings.zone, self._now).show}}
        return {**sign_in.routes(), **AdminRoutes(sign_in, office).routes(), **usage}

    def _now(self) -> datetime:
        return datetime.fromtimestamp(self._wall(), UTC)

    async def opened(self) -> Opened:
        """Return what the database brings; wait a little while it is being opened.

        Raises
        ------
        NotReady
            If it is not there in time.
        """
        with suppress(TimeoutError):
            await asyncio.wait_for(self._is_open.wait(), PATIENCE_S)
        if self._opened is None:
            raise NotReady(
                "the database that holds keys and accounts is not there yet",
                why="Without it nobody can be let in on an account.",
                fix="try again in a few seconds; GET /v1/status says what is loading.",
                code="loading",
            )
        return self._opened

    @asynccontextmanager
    async def open(self, store: Store) -> AsyncIterator[Opened]:
        """Let callers in for as long as the block lasts."""
        settings = self._settings
        counters = await open_counters(store, settings.valkey_url)
        await store.execute(_COUNTED_IN, [_place_of(settings.valkey_url)])
        if isinstance(counters, ValkeyCounters):
            await _warn_if_forgetful(counters)
        leases = Leases(counters, settings.zone, wall_clock=self._wall, clock=self._clock)
        directory = Directory(store.conninfo, leases, clock=self._clock)
        rules = Rules(
            settings.is_private, settings.prices, settings.contexts, settings.output_limits, settings.templates
        )
        async with open_usage(store.conninfo) as ledger:
            admission = KeyAdmission(directory, leases, ledger, self._anonymous, rules, wall_clock=self._wall)
            works = leases.run(), directory.run(), _sweep(store, leases, settings.keep_days, self._now)
            tasks = [asyncio.create_task(work, name="access") for work in works]
            try:
                await directory.loaded(PATIENCE_S * 4)
                self._opened = Opened(store, leases, directory, admission)
                self._is_open.set()
                yield self._opened
            finally:
                self._opened = None
                self._is_open.clear()
                await end_tasks(*tasks)
                await leases.close()


async def require_counted_here(store: Store, valkey_url: str) -> None:
    """Refuse to read counters that the service does not use: they stand still, and say that nothing was used.

    Raises
    ------
    AccessError
        If the service that uses this database counted elsewhere when it last started.
    """
    [(used,)] = await store.fetch("SELECT counted_in FROM access_version")
    if used in ("", _place_of(valkey_url)):
        return
    raise AccessError(
        f"the service counts in {used}, and VALKEY_URL is {'' if valkey_url else 'not '}set here",
        why="The counters that can be read from here are not those that refuse.",
        fix=f"{'unset VALKEY_URL' if valkey_url else 'set VALKEY_URL as the service has it'}; or ask the service: "
        "GET /v1/admin/limits.",
        code="access.counted_elsewhere",
    )


def _place_of(valkey_url: str) -> str:
    return "Valkey" if valkey_url else "PostgreSQL"


async def open_counters(store: Store, valkey_url: str) -> Counters:
    """Return the counters of a nation: in Valkey where there is one, else in its database."""
    if not valkey_url:
        return PostgresCounters(store.conninfo)
    [(installation,)] = await store.fetch("SELECT installation FROM access_version")
    return ValkeyCounters(valkey_url, str(installation))


async def _sweep(store: Store, leases: Leases, keep_days: int, now: Callable[[], datetime]) -> None:
    """Delete what is older than the nation keeps it, and counters of periods that are long over, once an hour."""
    while True:
        try:
            before = now() - timedelta(days=keep_days)
            await delete_usage(store, before=before)
            await delete_receipts(store, before=before)
            await leases.sweep()
        except (StoreError, psycopg.Error, CountersUnavailableError) as error:
            _LOG.info("old rows are swept an hour later: %s", type(error).__name__)
        await asyncio.sleep(_SWEEP_S)


async def _warn_if_forgetful(counters: ValkeyCounters) -> None:
    try:
        if not await asyncio.to_thread(counters.durable):
            _LOG.warning("VALKEY_URL keeps no append-only file: what was used is forgotten when it restarts")
    except CountersUnavailableError:
        _LOG.warning("VALKEY_URL does not answer yet; calls under a limit wait for it")
