# SPDX-License-Identifier: Apache-2.0
"""Whose word counts on where a call comes from: that of the proxies that the nation declares, and nobody else's.

An app and the proxies' networks in; the same app out where there are none. Behind a proxy every call seems to come
from the proxy; `X-Forwarded-For` says from where it really came, and anybody can write that header. So it is read from
its end, as far as proxies of ours have written it, and no further.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Collection

from daulat.gateway._asgi import ASGIApp, Receive, Scope, Send

Network = ipaddress.IPv4Network | ipaddress.IPv6Network


def with_trusted_proxies(app: ASGIApp, networks: Collection[str]) -> ASGIApp:
    """Take the address of a caller from proxies in these networks.

    Parameters
    ----------
    app : ASGI app
        The gateway; it finds the address where servers put it, in ``scope["client"]``.
    networks : collection of str
        Where our proxies are: ``10.0.0.0/24``.
    """
    trusted = [ipaddress.ip_network(network) for network in networks]
    if not trusted:
        return app

    async def placed(scope: Scope, receive: Receive, send: Send) -> None:
        peer = (scope.get("client") or ("", 0))[0]
        said = b",".join(value for name, value in scope.get("headers", ()) if name == b"x-forwarded-for")
        if said:
            scope = {**scope, "client": (origin_of(peer, said.decode("latin-1"), trusted), 0)}
        await app(scope, receive, send)

    return placed


def origin_of(peer: str, forwarded: str, trusted: Collection[Network]) -> str:
    """Return the address that a call came from.

    Parameters
    ----------
    peer : str
        Who is connected to us.
    forwarded : str
        The header as it came, oldest first.
    trusted : collection of network
        Where our proxies are.

    Examples
    --------
    >>> ours = [ipaddress.ip_network("10.0.0.0/24")]
    >>> origin_of("10.0.0.1", "1.1.1.1, 192.0.2.7, 10.0.0.2", ours)  # the caller itself wrote the first
    '192.0.2.7'
    >>> origin_of("198.51.100.9", "10.0.0.5", ours)  # not one of our proxies, so what it says is only said
    '198.51.100.9'
    """
    address = peer
    hops = [hop.strip() for hop in forwarded.split(",")]
    while hops and _is_trusted(address, trusted):
        hop = hops.pop()
        if _parsed(hop) is None:
            break  # a name, a port or nonsense: the last address that was certain stands
        address = hop
    return address


def _is_trusted(address: str, trusted: Collection[Network]) -> bool:
    parsed = _parsed(address)
    return parsed is not None and any(parsed in network for network in trusted if network.version == parsed.version)


def _parsed(address: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return None
    mapped = parsed.ipv4_mapped if isinstance(parsed, ipaddress.IPv6Address) else None
    return mapped or parsed
