# SPDX-License-Identifier: Apache-2.0
"""One address of the operator's own that takes JSON: a body in, the body of the reply out, within bounds.

The address is used as declared: no redirect is followed, no proxy is asked, nothing is sent twice. What went wrong is
said in words of our own, never in the server's, which may quote a text.
"""

from __future__ import annotations

from datetime import timedelta
from functools import cached_property
from urllib.parse import urlsplit

from pyreqwest.client import SyncClient, SyncClientBuilder
from pyreqwest.exceptions import PyreqwestError
from pyreqwest.http import Url

_CONNECT_S = 5.0


class NotAnsweredError(Exception):
    """The endpoint gave no reply that can be read; the message says how, as the end of a sentence."""


def is_plain_address(url: str) -> bool:
    """Say whether an address can be asked, is http or https, and holds neither a password nor a query.

    Examples
    --------
    >>> is_plain_address("http://10.0.0.5:8000/v1"), is_plain_address("http://me:secret@host/v1")
    (True, False)
    """
    try:
        parts, _ = urlsplit(url), Url(url)  # the second is what asks, and knows more that no address may be
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and bool(parts.hostname) and not parts.username and not parts.query


def place_of(url: str) -> str:
    """Return scheme and host of an address, which may be told; of what is none, nothing.

    Examples
    --------
    >>> place_of("http://me:secret@host:80/v1?key=1")
    'http://host'
    """
    try:
        parts = urlsplit(url)
    except ValueError:
        return "..."
    return f"{parts.scheme}://{parts.hostname or ''}"


def as_utf8(text: str) -> str:
    """Return a text without lone surrogates, which have no UTF-8 and would not reach a server."""
    return text.encode("utf-8", "replace").decode()


class Endpoint:
    """Posts JSON to one address. Safe to share between threads.

    Parameters
    ----------
    url : str
        A plain address; see `is_plain_address`.
    api_key : str
        Sent as a bearer token; empty sends none.
    patience_s : float
        Longest time from the beginning to the last byte of the reply, in seconds.
    limit_bytes : int
        The most that is read of a reply.
    """

    def __init__(self, url: str, api_key: str, patience_s: float, limit_bytes: int) -> None:
        self.url = url
        self._api_key, self._patience, self._limit_bytes = api_key, timedelta(seconds=patience_s), limit_bytes

    def post(self, body: bytes) -> bytes:
        """Return what the endpoint answers to a body.

        Raises
        ------
        NotAnsweredError
            If it is not reached, refuses, takes too long, or says too much.
        """
        request = self._client.post(self.url).header("content-type", "application/json").body_bytes(body)
        if self._api_key:
            request = request.header("authorization", f"Bearer {self._api_key}", is_sensitive=True)
        said = bytearray()
        try:
            with request.build_streamed() as response:
                if response.status != 200:
                    raise NotAnsweredError(f"answered with status {response.status}")
                while (piece := response.body_reader.read_chunk()) is not None:
                    said += bytes(piece)
                    if len(said) > self._limit_bytes:
                        raise NotAnsweredError(f"answered with more than {self._limit_bytes:,} bytes")
        except PyreqwestError as error:
            raise NotAnsweredError(f"was not reached ({type(error).__name__})") from error
        return bytes(said)

    @cached_property
    def _client(self) -> SyncClient:
        builder = SyncClientBuilder().follow_redirects(False).no_proxy().timeout(self._patience)
        return builder.connect_timeout(min(self._patience, timedelta(seconds=_CONNECT_S))).build()
