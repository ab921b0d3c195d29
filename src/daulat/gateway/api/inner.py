# SPDX-License-Identifier: Apache-2.0
"""One route calling another inside this process: a request made here in; what the other route sends out.

A response in the newer shape, and each line of a batch, is answered by the route that everybody else calls, so it is
admitted, routed, thought through and settled in one place. Nothing goes over the network.
"""

from __future__ import annotations

from msgspec.structs import replace

from daulat.gateway._asgi import JSON_TYPE, Message, Receive, Request


def inner_request(outer: Request, path: str, body: bytes, recorded_as: str) -> Request:
    """Return a request to another path on behalf of the same caller, who may leave in the middle of it."""
    headers = outer.headers | {b"content-type": JSON_TYPE, b"content-length": str(len(body)).encode()}
    return replace(
        outer, path=path, rest="", headers=headers, receive=_once(body, outer.receive), recorded_as=recorded_as
    )


def _once(body: bytes, then: Receive) -> Receive:
    given = False

    async def receive() -> Message:
        nonlocal given
        if given:
            return await then()
        given = True
        return {"type": "http.request", "body": body, "more_body": False}

    return receive


class Kept:
    """Takes what a route sends, whole.

    Attributes
    ----------
    status : int
        0 until the route has begun to answer.
    headers : list
        As they were sent.
    """

    def __init__(self) -> None:
        self.status = 0
        self.headers: list[tuple[bytes, bytes]] = []
        self._body = bytearray()

    @property
    def body(self) -> bytes:
        """Everything that was sent so far."""
        return bytes(self._body)

    def header(self, name: bytes) -> str:
        """Return a header's text, empty where it is absent."""
        return next((value.decode("latin-1") for key, value in self.headers if key == name), "")

    async def send(self, message: Message) -> None:
        """Take one message."""
        if message["type"] == "http.response.start":
            self.status, self.headers = message["status"], list(message["headers"])
        else:
            self._body += message.get("body", b"")
