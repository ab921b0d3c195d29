# SPDX-License-Identifier: Apache-2.0
"""The one door to the outside: an address comes in, a checked, bounded stream of bytes goes out.

Every address that weights are fetched from passes here: https only, to public machines only, with the name resolved
once and the connection held to what was checked, and the same again for each redirect. This machine itself is reached
only when the caller says so (`allow_loopback`, for a mirror or a test), and never by a redirect from elsewhere.
Credentials go to the first host only. It asks no proxy, keeps no cookie and never unpacks a body.
"""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Literal
from urllib.parse import SplitResult, urljoin, urlsplit

from pyreqwest.client import SyncClientBuilder
from pyreqwest.exceptions import PyreqwestError
from pyreqwest.response import SyncResponse

from daulat.models.errors import SourceError, SourceUnreachable

_REDIRECTS = (301, 302, 303, 307, 308)
_MOST_REDIRECTS = 5

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
    """

    allow_loopback: bool = False
    connect_timeout_s: float = 10.0
    read_timeout_s: float = 60.0
    resolve: Resolve = field(default=resolve, repr=False)

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
        origin = _origin(_split(url))
        loopback = self.allow_loopback
        for _ in range(_MOST_REDIRECTS + 1):
            parts = _split(url)
            secret = authorization if _origin(parts) == origin else ""
            try:
                address = self._checked_address(parts, allow_loopback=loopback)
                with self._send(method, parts, address, headers or {}, secret) as response:
                    location = response.get_header("location")
                    if response.status not in _REDIRECTS or not location:
                        yield response
                        return
                    url = urljoin(url, _split(location).geturl())
                    if within_host and _origin(_split(url)) != origin:
                        yield response
                        return
                loopback = loopback and address.is_loopback
            except PyreqwestError as error:
                raise _unreachable(parts, type(error).__name__) from error
        raise _refused(_split(url), "redirects do not come to an end")

    @contextmanager
    def _send(
        self, method: str, parts: SplitResult, address: Address, headers: Mapping[str, str], authorization: str
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
            .resolve(parts.hostname or "", str(address), _port(parts))
            .build()
        )
        with client:
            request = client.request(method, parts.geturl()).headers({"accept-encoding": "identity", **headers})
            if authorization:
                request = request.header("authorization", authorization, is_sensitive=True)
            # Nothing waits in a buffer: what came before a cut is written, and not fetched again.
            with request.streamed_read_buffer_limit(1).build_streamed() as response:
                yield response

    def _checked_address(self, parts: SplitResult, *, allow_loopback: bool) -> Address:
        if parts.scheme not in ("https", "http") or not parts.hostname:
            raise _refused(parts, "only https addresses are fetched")
        if parts.username is not None or parts.password is not None:
            raise _refused(parts, "the address holds a password")
        try:
            addresses = [ipaddress.ip_address(text) for text in self.resolve(parts.hostname, _port(parts))]
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
        inner = address.ipv4_mapped or address.sixtofour
        if inner is not None:
            return _is_public(inner)
    return address.is_global and not address.is_multicast


def _split(url: str) -> SplitResult:
    try:
        return urlsplit(url)
    except ValueError as error:
        raise _refused(SplitResult("", "", "", "", ""), "it is not an address") from error


def _origin(parts: SplitResult) -> tuple[str, str | None, int]:
    return parts.scheme, parts.hostname, _port(parts)


def _port(parts: SplitResult) -> int:
    try:
        return parts.port or (443 if parts.scheme == "https" else 80)
    except ValueError as error:
        raise _refused(parts, "its port is not a number") from error


def _refused(parts: SplitResult, reason: str) -> SourceError:
    """Make the error for an address that is not fetched. Its query, which may hold a token, is left out."""
    return SourceError(
        f"`{_shown(parts)}` is not fetched: {reason}",
        why="An address that can point anywhere could be made to reach machines inside this network.",
        fix="Use an https address of the publisher, or fetch the file yourself and pull it from file://.",
        code="models.source.refused",
    )


def _unreachable(parts: SplitResult, reason: str) -> SourceUnreachable:
    return SourceUnreachable(
        f"`{_shown(parts)}` was not reached: {reason}",
        why="The file is not here, or not whole; what was fetched so far is kept.",
        fix="Check the network and run the same command again: it goes on where it stopped.",
        code="models.source.unreachable",
    )


def _shown(parts: SplitResult) -> str:
    return f"{parts.scheme}://{parts.hostname or ''}{parts.path}"[:200]
