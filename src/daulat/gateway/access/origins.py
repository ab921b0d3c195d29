# SPDX-License-Identifier: Apache-2.0
"""Whose pages act through a browser, and by which names a service of this machine alone is called.

A request in; nothing, or a refusal, out. Whoever brings a key may call from anywhere: no browser adds one by itself.
Without, a page of another site could have the browser of whoever looks at it change something here; and where only this
machine can reach the service, such a page could let a name of its own lead here, and then read as one of ours.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Collection, Iterable
from urllib.parse import urlsplit

from daulat.gateway._asgi import Header, Request
from daulat.gateway.access.errors import Forbidden
from daulat.gateway.errors import Misdirected

# Methods that change nothing.
READING = frozenset({"GET", "HEAD", "OPTIONS"})
_DEFAULT_PORTS = {"http": 80, "https": 443}
_SHOWN_CHARS = 100
_LOCAL_NAMES = (
    "ask at 127.0.0.1 or localhost. If people reach it through a proxy, declare the address that they use as"
    " `gateway.public_url` in nation.yaml."
)


def own_origins(allowed: Collection[str], public_url: str) -> frozenset[str]:
    """Return the origins whose pages may call: those that are declared, and that of the public address.

    Examples
    --------
    >>> sorted(own_origins(["https://portal.example"], "https://Tanya.example:443/"))
    ['https://portal.example', 'https://tanya.example']
    """
    origins = {origin.lower() for origin in allowed}
    if public_url:
        address = urlsplit(public_url.lower())
        host = address.netloc.removesuffix(f":{_DEFAULT_PORTS.get(address.scheme)}")
        origins.add(f"{address.scheme}://{host}")
    return frozenset(origins)


def require_own_page(request: Request, origins: Collection[str] = ()) -> None:
    """Refuse what a page of another site asks for, as browsers tell it; others tell nothing, and are let pass.

    Parameters
    ----------
    request : Request
        `Sec-Fetch-Site` of it counts, which a browser writes and no page can. Where there is none, as in old browsers
        and without TLS, `Origin` has to be that of `Host`.
    origins : collection of str
        Further origins whose pages may ask.

    Raises
    ------
    Forbidden
        If the page is of another site.
    """
    site, origin = request.header(b"sec-fetch-site"), request.header(b"origin").lower()
    if origin in origins:
        return
    is_of_host = not origin or origin.partition("://")[2] == request.header(b"host").lower()
    is_own = site in ("same-origin", "none") if site else is_of_host
    if not is_own:
        raise Forbidden(
            "this request comes from a page of another site",
            why="Only this site's own pages may act through the browser of whoever looks at them.",
            fix="send a key, or have the page's origin declared as one of `gateway.allowed_origins` in nation.yaml.",
            code="foreign_origin",
        )


def require_local_name(headers: Iterable[Header], fix: str = _LOCAL_NAMES) -> None:
    """Refuse a request to a name that leads to this machine, and is not one of its own; `fix` says what to do then.

    Raises
    ------
    Misdirected
        If `Host` names neither loopback nor ``localhost``. A request that names none comes from no browser.
    """
    for name, value in headers:
        if name == b"host" and not is_local_name(value.decode("latin-1")):
            shown = value[:_SHOWN_CHARS].decode("ascii", "replace")
            raise Misdirected(
                f"this service does not go by the name `{shown}`",
                why="Only this machine can reach it, and by other names a page of another site could read along.",
                fix=fix,
                code="wrong_host",
            )


def is_local_name(host: str) -> bool:
    """Say whether a name, with its port if it has one, means this machine wherever it is looked up.

    >>> [is_local_name(host) for host in ("127.0.0.1:8080", "localhost", "[::1]:8080", "app.localhost:80", "127.1.2.3")]
    [True, True, True, True, True]
    >>> [is_local_name(host) for host in ("a.example", "localhost.example", "127.0.0.1.a.example", "10.0.0.1", "")]
    [False, False, False, False, False]
    """
    name = host.strip().lower()
    name = name[1:].partition("]")[0] if name.startswith("[") else name.partition(":")[0]
    name = name.removesuffix(".")
    if name == "localhost" or name.endswith(".localhost"):  # RFC 6761, section 6.3
        return True
    try:
        return ipaddress.ip_address(name).is_loopback
    except ValueError:
        return False
