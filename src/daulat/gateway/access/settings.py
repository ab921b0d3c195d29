# SPDX-License-Identifier: Apache-2.0
"""What a nation declares about access, read once; and a refusal to guard an open address with a secret to be guessed.

A `Nation` and the environment in; `AccessSettings` out. Opens nothing, and never repeats a secret.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit
from zoneinfo import ZoneInfo

from psycopg.conninfo import conninfo_to_dict

from daulat.gateway.access.errors import WeakSecretError
from daulat.gateway.access.service import AccessSettings
from daulat.gateway.quota.prices import FREE, Price, dearest
from daulat.nation import Nation
from daulat.nation.model import Price as Declared

if TYPE_CHECKING:
    from daulat.gateway.access.oidc import ProviderSettings

CALLBACK = "/auth/callback"
SHORTEST_SECRET = 16
_FEWEST_CHARACTERS = 6
_DEFAULTS = ("password", "passwort", "postgres", "daulat", "secret", "changeme", "admin", "default", "example", "12345")


def access_settings(nation: Nation, environ: Mapping[str, str], *, workers: int = 1) -> AccessSettings:
    """Return what holds for callers of a nation's service.

    Raises
    ------
    WeakSecretError
        If others can reach the address, and a secret that guards what is behind it is absent, a default, or short.
    """
    private = is_private(nation)
    if not private:
        require_strong_secrets(nation, environ)
    prices = {model.id: _price(model.price) if model.price else FREE for model in nation.models}
    routes = {route.id: dearest(prices[target.model] for target in route.to) for route in nation.routes}
    return AccessSettings(
        zone=ZoneInfo(nation.time_zones[0]),
        is_private=private,
        valkey_url=environ.get("VALKEY_URL", ""),
        prices=prices | routes,
        contexts={model.id: model.context_length for model in nation.models},
        templates={model.id: model.template_tokens for model in nation.models},
        output_limits={model.id: model.output_limit for model in nation.models if model.output_limit},
        workers=workers,
        keep_days=nation.retention.receipts_days,
        sign_in=_sign_in(nation, environ),
        services=tuple(service.id for service in nation.services),
        is_secure=(nation.gateway.public_url or "").startswith("https://"),
    )


def is_private(nation: Nation) -> bool:
    """Say whether only this machine can reach the service: it listens on loopback, and has no public address."""
    return ipaddress.ip_address(nation.gateway.host).is_loopback and nation.gateway.public_url is None


def require_strong_secrets(nation: Nation, environ: Mapping[str, str]) -> None:
    """Refuse secrets that others could guess.

    Raises
    ------
    WeakSecretError
        Naming where the secret stands, never what it is.
    """
    for where, secret in _secrets(nation, environ):
        reason = weakness(secret)
        if reason:
            raise WeakSecretError(
                f"the secret in {where} {reason}",
                why=f"{nation.gateway.listen} can be reached by others, and it guards keys and accounts.",
                fix=f"set one of at least {SHORTEST_SECRET} random characters: `openssl rand -base64 24`.",
                code="access.weak_secret",
            )
    public_url = nation.gateway.public_url or ""
    if nation.gateway.sign_in is not None and not public_url.startswith("https://"):
        raise WeakSecretError(
            "`gateway.public_url` is not an https address",
            why="People sign in here, and what keeps them signed in would travel in the clear.",
            fix="put a proxy with TLS in front, and declare its https address as `gateway.public_url`.",
            code="access.no_tls",
        )


def weakness(secret: str) -> str:
    """Say what is weak about a secret; empty where nothing is.

    >>> weakness("postgres"), weakness("aaaaaaaaaaaaaaaaaaaaaaaa"), weakness("3vU+9xkqZr1mW8sYp0LdQ2==")
    ('is a well-known default', 'repeats a few characters', '')
    """
    folded = secret.lower()
    if not secret:
        return "is absent"
    if any(folded.replace(word, "", 1).strip("0123456789!.-_") == "" for word in _DEFAULTS if word in folded):
        return "is a well-known default"
    if len(secret) < SHORTEST_SECRET:
        return f"is shorter than {SHORTEST_SECRET} characters"
    if len(set(secret)) < _FEWEST_CHARACTERS:
        return "repeats a few characters"
    return ""


def _secrets(nation: Nation, environ: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    database = environ.get("DATABASE_URL", "")
    if database:
        password = conninfo_to_dict(database).get("password")
        if password:  # without one, the server lets us in by certificate, by socket or from ~/.pgpass
            yield "DATABASE_URL", str(password)
    valkey = urlsplit(environ.get("VALKEY_URL", ""))
    if valkey.scheme and (valkey.password or not _is_here(valkey.hostname)):
        yield "VALKEY_URL", unquote(valkey.password or "")
    if nation.gateway.sign_in is not None:
        where = nation.gateway.sign_in.client_secret_from
        yield where, environ.get(where, "")


def _is_here(host: str | None) -> bool:
    if host in (None, "", "localhost"):
        return True
    try:
        return ipaddress.ip_address(str(host)).is_loopback
    except ValueError:
        return False


def _sign_in(nation: Nation, environ: Mapping[str, str]) -> ProviderSettings | None:
    declared = nation.gateway.sign_in
    if declared is None:
        return None
    from daulat.gateway.access.oidc import ProviderSettings

    here = (nation.gateway.public_url or f"http://{nation.gateway.listen}").rstrip("/")
    secret = environ.get(declared.client_secret_from, "")
    return ProviderSettings(declared.issuer, declared.client_id, secret, f"{here}{CALLBACK}")


def _price(declared: Declared) -> Price:
    return Price.of(declared.currency, input=declared.input, output=declared.output, cached=declared.cached)
