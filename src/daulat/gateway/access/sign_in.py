# SPDX-License-Identifier: Apache-2.0
"""The four addresses of signing in: begin, come back, who am I, sign out.

A browser's request in; a redirect, or a session in a cookie that no script can read, out. The cookie goes to this host
only, never with a request that another site began, and over TLS only where the public address has it.
"""

from __future__ import annotations

import secrets
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING
from urllib.parse import parse_qs

from daulat.gateway._asgi import Header, Request, Routes, Send, send_bytes, send_json
from daulat.gateway.access.errors import Unauthorised
from daulat.gateway.access.origins import require_own_page
from daulat.gateway.access.sessions import LIFETIME, Person, Sessions
from daulat.gateway.access.settings import CALLBACK
from daulat.gateway.errors import NotFound

if TYPE_CHECKING:
    from daulat.gateway.access.oidc import Provider

OpenSessions = Callable[[], Awaitable[Sessions]]


class SignInRoutes:
    """Signing in and out.

    Parameters
    ----------
    sessions : coroutine function
        Gives the sessions, once the database is there.
    provider : Provider, optional
        None: the nation declares none, and there is nothing to sign in with.
    is_secure : bool
        People reach this service over TLS.
    """

    def __init__(self, sessions: OpenSessions, provider: Provider | None, *, is_secure: bool) -> None:
        self._sessions, self._provider, self._is_secure = sessions, provider, is_secure
        # The prefix makes browsers refuse the cookie unless it is for this host alone, over TLS.
        self._cookie = "__Host-daulat" if is_secure else "daulat"

    def routes(self) -> Routes:
        """List the addresses."""
        return {
            "/auth/sign-in": {"GET": self.begin},
            CALLBACK: {"GET": self.come_back},
            "/auth/session": {"GET": self.who},
            "/auth/sign-out": {"POST": self.sign_out},
        }

    async def begin(self, request: Request, send: Send) -> None:
        """Send the browser to the provider."""
        provider = self._require_provider()
        return_to = parse_qs(request.query).get("return_to", ["/"])[0]
        nonce, code_verifier = secrets.token_urlsafe(32), secrets.token_urlsafe(32)  # 256 random bits each
        # Somewhere on this site only: an address elsewhere would make this an open redirect.
        state = await (await self._sessions()).begin_sign_in(nonce, code_verifier, _path_of(return_to))
        address = await provider.sign_in_address(state, nonce, code_verifier)
        # Bound to this browser, so that nobody can be signed in as somebody else by a link.
        await _redirect(send, address, [self._set(f"{self._cookie}-state", state, 600, "Lax")])

    async def come_back(self, request: Request, send: Send) -> None:
        """Take the provider's answer, and begin a session."""
        provider = self._require_provider()
        fields = parse_qs(request.query)
        state, code = fields.get("state", [""])[0], fields.get("code", [""])[0]
        sessions = await self._sessions()
        begun = await sessions.end_sign_in(state) if state and state == self._read(request, "-state") else None
        if begun is None or not code:
            raise Unauthorised(
                "this sign-in was not begun in this browser, was refused, or took longer than ten minutes",
                why="Otherwise a link could sign you in as somebody else.",
                fix="begin again at /auth/sign-in.",
                code="sign_in_failed",
            )
        identity = await provider.identify(code, begun.code_verifier, begun.nonce)
        value = await sessions.create(identity.subject, identity.email)
        cookies = [
            self._set(self._cookie, value, int(LIFETIME.total_seconds()), "Strict"),
            self._set(f"{self._cookie}-state", "", 0, "Lax"),
        ]
        # A page of our own goes on: after a redirect from elsewhere, browsers hold a strict cookie back once.
        await _page_that_goes_on(send, begun.return_to, cookies)

    async def who(self, request: Request, send: Send) -> None:
        """Say who is signed in, and with which roles."""
        person = await self.person(request)
        held = [{"id": each.id, "role": each.role, "organisation": each.organisation} for each in person.held]
        payload = {"subject": person.subject, "email": person.email, "roles": held}
        await send_json(send, payload, request.request_id)

    async def sign_out(self, request: Request, send: Send) -> None:
        """End the session, here and in the database."""
        require_own_page(request)
        await (await self._sessions()).end(self._read(request))
        ended = self._set(self._cookie, "", 0, "Strict")
        await send_json(send, {"signed_out": True}, request.request_id, headers=(ended,))

    async def person(self, request: Request) -> Person:
        """Return who sends a request.

        Raises
        ------
        Unauthorised
            If nobody is signed in.
        """
        value = self._read(request)
        found = await (await self._sessions()).find(value) if value else None
        if found is None:
            raise Unauthorised(
                "nobody is signed in",
                why="This is for people who run the service.",
                fix="sign in at /auth/sign-in.",
                code="sign_in_required",
            )
        return found

    def _require_provider(self) -> Provider:
        if self._provider is None:
            raise NotFound(
                "no sign-in is declared here",
                why="Without a provider nobody could say who somebody is.",
                fix="declare `gateway.sign_in` in nation.yaml, or use `daulat access` at the command line.",
                code="no_sign_in",
            )
        return self._provider

    def _read(self, request: Request, suffix: str = "") -> str:
        name = self._cookie + suffix
        pairs = (pair.strip().partition("=") for pair in request.header(b"cookie").split(";"))
        return next((value for found, _, value in pairs if found == name), "")

    def _set(self, name: str, value: str, max_age_s: int, same_site: str) -> Header:
        secure = "; Secure" if self._is_secure else ""
        text = f"{name}={value}; Path=/; Max-Age={max_age_s}; HttpOnly; SameSite={same_site}{secure}"
        return b"set-cookie", text.encode()


def _path_of(address: str) -> str:
    """Return an address if it is a path of this site, else the start.

    >>> _path_of("/staff?tab=keys"), _path_of("https://elsewhere.example/"), _path_of("//elsewhere.example")
    ('/staff?tab=keys', '/', '/')
    """
    plain = address.startswith("/") and not address.startswith("//") and "\\" not in address
    return address if plain and address.isprintable() and address.isascii() and '"' not in address else "/"


async def _redirect(send: Send, address: str, headers: list[Header]) -> None:
    await send_bytes(send, 302, b"", [(b"location", address.encode("ascii")), *headers])


async def _page_that_goes_on(send: Send, path: str, headers: list[Header]) -> None:
    escaped = path.replace("&", "&amp;").replace("<", "&lt;").replace('"', "&quot;")
    body = (
        '<!doctype html><html lang="en"><meta charset="utf-8"><title>Signed in</title>'
        f'<meta http-equiv="refresh" content="0;url={escaped}"><p><a href="{escaped}">Signed in; go on</a></p></html>'
    )
    await send_bytes(send, 200, body.encode(), [(b"content-type", b"text/html; charset=utf-8"), *headers])
