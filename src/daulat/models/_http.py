# SPDX-License-Identifier: Apache-2.0
"""The one door to the outside: an address comes in, a checked, bounded stream of bytes goes out.

Every address that weights are fetched from passes here, and every one that a caller of the gateway names: https only,
to public machines only, with the name resolved once and the connection held to what was checked, and the same again for
each redirect. An address is read by the parser of the client that opens it, and by no other: two that differ over where
a host ends are a way in. This machine itself is reached only when the caller says so (`allow_loopback`, for a mirror or
a test), and never by a redirect from elsewhere. Credentials go to the first host only. It asks no proxy, keeps no
cookie and never unpacks a body.
"""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Literal

from pyreqwest.client import SyncClientBuilder
from pyreqwest.exceptions import PyreqwestError
from pyreqwest.http import Url
from pyreqwest.response import SyncResponse

from daulat.models.errors import SourceError, SourceUnreachable

_REDIRECTS = (301, 302, 303, 307, 308)
_MOST_REDIRECTS = 5
# IPv6 that reaches IPv4 through a translator (RFC 6052); the address behind it stands in the last 32 bits.
_TRANSLATED = ipaddress.IPv6Network("64:ff9b::/96")
_GLOBAL_UNICAST = ipaddress.IPv6Network("2000::/3")

Resolve = Callable[[str, int], list[str]]
Address = ipaddress.IPv4Address | ipaddress.IPv6Address


def resolve(host: str, port: int) -> list[str]:
    """Return the IP addresses of a host, as text."""
    return [str(entry[4][0]) for entry in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]


@dataclass(frozen=True, slots=True)
class Door:
    """What may be reached, and how patiently.

    Parameters
    ----------
    allow_loopback : bool
        Also reach this machine itself, over http too.
    connect_timeout_s, read_timeout_s : float
        Longest wait for a connection, and longest silence, in seconds.
    resolve : callable
        Looks a host up.
    hosts : set of str, optional
        The only ones that are reached, as ``host`` or ``host:port`` in lower case, redirects included. None: every
        public one.
    """

    allow_loopback: bool = False
    connect_timeout_s: float = 10.0
    read_timeout_s: float = 60.0
    resolve: Resolve = field(default=resolve, repr=False)
    hosts: frozenset[str] | None = None

    @contextmanager
    def open(
        self,
        url: str,
        headers: Mapping[str, str] | None = None,
        *,
        method: Literal["GET", "HEAD"] = "GET",
        authorization: str = "",
        within_host: bool = False,
    ) -> Iterator[SyncResponse]:
        """Open an address, following redirects; the response streams, and closes with the context.

        With `within_host`, a redirect to another host is not followed but returned.

        Raises
        ------
        SourceError
            If an address on the way may not be reached.
        SourceUnreachable
            If it cannot be reached, or breaks off.
        """
        parts = first = _read(url)
        loopback = self.allow_loopback
        for _ in range(_MOST_REDIRECTS + 1):
            secret = authorization if _origin(parts) == _origin(first) else ""
            try:
                address = self._checked_address(parts, allow_loopback=loopback)
                with self._send(method, parts, address, headers or {}, secret) as response:
                    location = response.get_header("location")
                    if response.status not in _REDIRECTS or not location:
                        yield response
                        return
                    following = _read(location, parts)
                    if within_host and _origin(following) != _origin(first):
                        yield response
                        return
            except PyreqwestError as error:
                raise _unreachable(parts, type(error).__name__) from error
            parts, loopback = following, loopback and address.is_loopback
        raise _refused(parts, "redirects do not come to an end")

    @contextmanager
    def _send(
        self, method: str, parts: Url, address: Address, headers: Mapping[str, str], authorization: str
    ) -> Iterator[SyncResponse]:
        client = (
            SyncClientBuilder()
            .follow_redirects(False)
            .no_proxy()
            .gzip(False)
            .brotli(False)
            .zstd(False)
            .deflate(False)
            .connect_timeout(timedelta(seconds=self.connect_timeout_s))
            .read_timeout(timedelta(seconds=self.read_timeout_s))
            # Hold the connection to the address that was checked: a second look-up could give another.
            .resolve(parts.host_str or "", str(address), _port(parts))
            .build()
        )
        with client:
            request = client.request(method, parts).headers({"accept-encoding": "identity", **headers})
            if authorization:
                request = request.header("authorization", authorization, is_sensitive=True)
            # Nothing waits in a buffer: what came before a cut is written, and not fetched again.
            with request.streamed_read_buffer_limit(1).build_streamed() as response:
                yield response

    def _checked_address(self, parts: Url, *, allow_loopback: bool) -> Address:
        schemes = ("https", "http") if allow_loopback else ("https",)
        if parts.scheme not in schemes or not parts.host_str:
            raise _refused(parts, "only https addresses are fetched")
        if parts.username or parts.password is not None:
            raise _refused(parts, "the address holds a password")
        if self.hosts is not None and not self.hosts & _names_of(parts):
            raise _refused(parts, "its host is not among those that are declared")
        try:
            addresses = [ipaddress.ip_address(text) for text in self.resolve(parts.host_str.strip("[]"), _port(parts))]
        except (OSError, ValueError, UnicodeError) as error:
            raise _unreachable(parts, "the name is not known") from error
        loopback = bool(addresses) and all(address.is_loopback for address in addresses)
        if loopback and allow_loopback:
            return addresses[0]
        if parts.scheme != "https":
            raise _refused(parts, "only https addresses are fetched")
        if not addresses or not all(_is_public(address) for address in addresses):
            raise _refused(parts, "it names a machine that is not on the public network")
        return addresses[0]


def _is_public(address: Address) -> bool:
    """Say whether an address is on the public network, also when it is an IPv4 address in an IPv6 coat."""
    if isinstance(address, ipaddress.IPv6Address):
        if address in _TRANSLATED:
            return _is_public(ipaddress.IPv4Address(int(address) & 0xFFFF_FFFF))
        inner = address.ipv4_mapped or address.sixtofour
        if inner is not None:
            return _is_public(inner)
        if address not in _GLOBAL_UNICAST:
            return False
    return address.is_global and not address.is_multicast


def _read(url: str, base: Url | None = None) -> Url:
    try:
        return Url(url) if base is None else base.join(url)
    except ValueError as error:
        raise _refused(None, "it is not an address") from error


def _origin(parts: Url) -> tuple[str, str | None, int]:
    return parts.scheme, parts.host_str, _port(parts)


def _names_of(parts: Url) -> set[str]:
    """Return the ways in which a host may be declared: alone, where the port is the scheme's own, or with its port."""
    named = f"{parts.host_str}:{_port(parts)}"
    return {named} if parts.port is not None else {named, parts.host_str or ""}


def _port(parts: Url) -> int:
    return parts.port_or_known_default or 0


def _refused(parts: Url | None, reason: str) -> SourceError:
    """Make the error for an address that is not fetched. Its query, which may hold a token, is left out."""
    return SourceError(
        f"`{_shown(parts)}` is not fetched: {reason}",
        why="An address that can point anywhere could be made to reach machines inside this network.",
        fix="Use an https address of the publisher, or fetch the file yourself and pull it from file://.",
        code="models.source.refused",
    )


def _unreachable(parts: Url, reason: str) -> SourceUnreachable:
    return SourceUnreachable(
        f"`{_shown(parts)}` was not reached: {reason}",
        why="The file is not here, or not whole; what was fetched so far is kept.",
        fix="Check the network and run the same command again: it goes on where it stopped.",
        code="models.source.unreachable",
    )


def _shown(parts: Url | None) -> str:
    return f"{parts.scheme}://{parts.host_str or ''}{parts.path}"[:200] if parts is not None else "the address"
