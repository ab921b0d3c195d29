# SPDX-License-Identifier: Apache-2.0
"""Sign-in with an OpenID Connect provider: the code flow, with PKCE, state and nonce.

An address to send a browser to goes out; the code that it comes back with goes in; out comes who the provider says that
this is, from an ID token whose signature, issuer, audience, time and nonce were checked. Asks the declared issuer and
what its metadata name, nobody else; follows no redirect, asks no proxy; keeps no token.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from urllib.parse import quote, urlsplit

import msgspec
from authlib.oauth2.rfc6749.parameters import prepare_grant_uri  # type: ignore[import-untyped]
from authlib.oauth2.rfc7636 import create_s256_code_challenge  # type: ignore[import-untyped]
from authlib.oidc.core import CodeIDToken  # type: ignore[import-untyped]
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet
from pyreqwest.client import Client, ClientBuilder
from pyreqwest.exceptions import PyreqwestError

from daulat.gateway.access.errors import Unauthorised
from daulat.gateway.errors import NotReady

# Signatures by the provider's private key only: with a shared secret, whoever holds ours could sign as the provider.
_ALGORITHMS = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"]
_PATIENCE = timedelta(seconds=10)
_METADATA_KEPT_S = 3600.0
_LEEWAY_S = 60
_MOST_BYTES = 1024 * 1024


class Metadata(msgspec.Struct):
    """What a provider says of itself, as far as it is used here."""

    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str
    userinfo_endpoint: str = ""


@dataclass(frozen=True, slots=True)
class ProviderSettings:
    """How this service is registered with its provider. The secret is never shown when the settings are printed."""

    issuer: str
    client_id: str
    client_secret: str = field(repr=False)
    redirect_uri: str


@dataclass(frozen=True, slots=True)
class Identity:
    """Who the provider says that somebody is. `email` is empty unless it has verified it."""

    subject: str
    email: str


class Provider:
    """The provider of a nation's sign-in.

    Parameters
    ----------
    settings : ProviderSettings
        How this service is registered there.
    wall_clock : callable
        Seconds since 1970 UTC.
    """

    def __init__(self, settings: ProviderSettings, *, wall_clock: Callable[[], float] = time.time) -> None:
        self._settings, self._wall = settings, wall_clock
        self._client: Client | None = None
        self._metadata: Metadata | None = None
        self._keys: KeySet | None = None
        self._read_at = 0.0
        self._turn = asyncio.Lock()

    async def sign_in_address(self, state: str, nonce: str, code_verifier: str) -> str:
        """Return where to send a browser.

        Raises
        ------
        NotReady
            If the provider cannot be asked.
        """
        metadata, _ = await self._known()
        return str(
            prepare_grant_uri(
                metadata.authorization_endpoint,
                self._settings.client_id,
                "code",
                redirect_uri=self._settings.redirect_uri,
                scope="openid email",
                state=state,
                nonce=nonce,
                code_challenge=create_s256_code_challenge(code_verifier),
                code_challenge_method="S256",
            )
        )

    async def identify(self, code: str, code_verifier: str, nonce: str) -> Identity:
        """Turn the code that a browser came back with into who it belongs to.

        Raises
        ------
        Unauthorised
            If the provider does not take the code, or its ID token does not hold.
        NotReady
            If it cannot be asked.
        """
        metadata, keys = await self._known()
        answer = await self._exchange(metadata, code, code_verifier)
        try:
            try:
                token = jwt.decode(str(answer.get("id_token", "")), keys, algorithms=_ALGORITHMS)
            except JoseError:
                # The provider may have changed its keys since they were read.
                _, keys = await self._known(again=True)
                token = jwt.decode(str(answer.get("id_token", "")), keys, algorithms=_ALGORITHMS)
            wanted = {
                "iss": {"essential": True, "value": metadata.issuer},
                "aud": {"essential": True, "value": self._settings.client_id},
                "nonce": {"essential": True, "value": nonce},
                "sub": {"essential": True},
            }
            parameters = {
                "client_id": self._settings.client_id,
                "nonce": nonce,
                "access_token": answer.get("access_token"),
            }
            claims = CodeIDToken(token.claims, token.header, wanted, parameters)
            claims.validate(now=int(self._wall()), leeway=_LEEWAY_S)
        except (JoseError, ValueError) as error:
            raise _not_signed_in(f"its ID token does not hold ({type(error).__name__})") from error
        said = dict(claims)
        if "email" not in said and metadata.userinfo_endpoint:
            said = await self._userinfo(metadata.userinfo_endpoint, str(answer.get("access_token", "")), said)
        email = str(said.get("email", "")) if said.get("email_verified") is True else ""
        return Identity(str(claims["sub"]), email.lower())

    async def _userinfo(self, address: str, access_token: str, known: dict[str, Any]) -> dict[str, Any]:
        """Ask for what the ID token leaves out, as many providers do."""
        try:
            response = await self._http().get(address).bearer_auth(access_token).build().send()
            said = msgspec.json.decode(await response.bytes(), type=dict[str, Any]) if response.status == 200 else {}
        except (PyreqwestError, msgspec.DecodeError):
            return known
        # OpenID Connect Core, 5.3.2: an answer about anybody else must not be used.
        return {**known, **said} if said.get("sub") == known["sub"] else known

    async def _exchange(self, metadata: Metadata, code: str, code_verifier: str) -> dict[str, Any]:
        fields = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": self._settings.redirect_uri,
            "code_verifier": code_verifier,
        }
        # RFC 6749, 2.3.1: both are form-encoded before they become a user and a password.
        who = quote(self._settings.client_id, safe=""), quote(self._settings.client_secret, safe="")
        try:
            request = self._http().post(metadata.token_endpoint).basic_auth(*who).form(fields).build()
            response = await request.send()
            if response.status != 200:
                raise _not_signed_in(f"it did not take the code (HTTP {response.status})")
            return msgspec.json.decode(await response.bytes(), type=dict[str, Any])
        except PyreqwestError as error:
            raise self._away(error) from error
        except msgspec.DecodeError as error:
            raise _not_signed_in("its answer makes no sense") from error

    async def _known(self, *, again: bool = False) -> tuple[Metadata, KeySet]:
        async with self._turn:
            fresh = self._wall() - self._read_at < _METADATA_KEPT_S
            if self._metadata is None or self._keys is None or again or not fresh:
                issuer = self._settings.issuer.rstrip("/")
                metadata = await self._read(f"{issuer}/.well-known/openid-configuration", Metadata)
                if metadata.issuer.rstrip("/") != issuer:
                    raise self._away(ValueError("it names another issuer"))
                used = metadata.authorization_endpoint, metadata.token_endpoint, metadata.jwks_uri
                for address in (*used, metadata.userinfo_endpoint or metadata.jwks_uri):
                    if urlsplit(address).scheme != urlsplit(issuer).scheme:
                        raise self._away(ValueError("it names an address without TLS"))
                self._keys = KeySet.import_key_set(await self._read(metadata.jwks_uri, dict[str, Any]))
                self._metadata, self._read_at = metadata, self._wall()
            return self._metadata, self._keys

    async def _read(self, url: str, kind: Any) -> Any:
        try:
            response = await self._http().get(url).build().send()
            if response.status != 200:
                raise self._away(ValueError(f"HTTP {response.status}"))
            return msgspec.json.decode((await response.bytes())[:_MOST_BYTES], type=kind)
        except (PyreqwestError, msgspec.DecodeError) as error:
            raise self._away(error) from error

    def _http(self) -> Client:
        if self._client is None:
            builder = ClientBuilder().follow_redirects(False).no_proxy()
            self._client = builder.timeout(_PATIENCE).connect_timeout(_PATIENCE).build()
        return self._client

    def _away(self, error: Exception) -> NotReady:
        return NotReady(
            f"the sign-in provider {urlsplit(self._settings.issuer).netloc} cannot be used ({type(error).__name__})",
            why="It says who you are; nobody can be signed in without it.",
            fix="try again in a minute; the operator can check `gateway.sign_in.issuer`.",
            code="provider_unavailable",
        )


def _not_signed_in(reason: str) -> Unauthorised:
    return Unauthorised(
        f"the sign-in provider was asked who you are, and {reason}",
        why="Without its word nobody is signed in.",
        fix="begin again at /auth/sign-in.",
        code="sign_in_failed",
    )
