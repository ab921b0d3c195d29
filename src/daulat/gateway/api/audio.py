# SPDX-License-Identifier: Apache-2.0
"""POST /v1/audio/transcriptions: a form with a recording in, what an engine that hears makes of it out.

The form passes as the caller wrote it, but for the model's name where the engine has another. No recording is kept.
"""

from __future__ import annotations

from dataclasses import dataclass
from zlib import crc32

import msgspec

from daulat.errors import DaulatError
from daulat.gateway._asgi import Request, Send, send_bytes
from daulat.gateway.api.callers import caller_of
from daulat.gateway.api.files.multipart import Form, read_form
from daulat.gateway.api.forwarded import absent, service_refuses
from daulat.gateway.api.uploads import Uploads
from daulat.gateway.errors import BadRequest
from daulat.gateway.parts import Parts
from daulat.gateway.proxy import Account, Asked, Counts, open_account
from daulat.gateway.proxy.account import settled
from daulat.gateway.proxy.media import is_address, refused
from daulat.models import EngineRefused, Whole, forwarding

ROUTE = "audio/transcriptions"
RECORDING_LIMIT_BYTES = 25 << 20
# What a recording is taken to come to, 25 tokens a second of 16-bit sound at 16 kHz; and the most: 50 a second, as many
# as Whisper has frames, of speech at 6 kbit/s, the lowest rate of Opus.
_BYTES_PER_TOKEN, _LEAST_BYTES_PER_TOKEN = 1_280, 15
_MOST_MODEL_CHARS = 256


class _TokenUsage(msgspec.Struct):
    input_tokens: int = 0
    output_tokens: int = 0


class _Heard(msgspec.Struct):
    usage: _TokenUsage | None = None


@dataclass(frozen=True, slots=True)
class _Recording:
    form: Form
    content_type: str
    body: bytes

    def body_for(self, upstream_id: str) -> bytes:
        """Return the form under the engine's own name of the model."""
        if self.form.text("model") == upstream_id:
            return self.body
        return self.form.with_value("model", upstream_id.encode())


class TranscriptionsRoute:
    """The route of recordings.

    Parameters
    ----------
    parts : Parts
        Who admits and routes.
    uploads : Uploads
        How many recordings are taken in at once.
    """

    def __init__(self, parts: Parts, uploads: Uploads) -> None:
        self._parts = parts
        self._uploads = uploads

    async def transcribe(self, request: Request, send: Send) -> None:
        """Have a recording written down."""
        caller = await caller_of(self._parts, request, ROUTE)  # whom nobody knows must not hold a place others need
        async with self._uploads.body(request, RECORDING_LIMIT_BYTES, caller.project) as body:
            await self._pass_on(request, send, body)

    async def _pass_on(self, request: Request, send: Send, body: bytes) -> None:
        content_type = request.header(b"content-type")
        recording = _Recording(read_form(content_type, body), content_type, body)
        asked = _asked(recording)
        if asked.model in self._parts.services:
            raise service_refuses(ROUTE)
        account = await open_account(self._parts, request, asked)
        with settled(account):
            whole = await self._send(account, recording)
            account.first()
            account.settle(account.measured(_counts(whole)))
        kind = whole.content_type.encode("latin-1", "replace")
        headers = [(b"content-type", kind), (b"x-request-id", request.request_id.encode()), *account.headers()]
        await send_bytes(send, 200, whole.body, headers)

    async def _send(self, account: Account, recording: _Recording) -> Whole:
        """Ask one engine after another until one answers."""
        while True:
            target = await account.route()
            engine = forwarding(target.engine)
            if engine is None:
                raise _deaf()
            try:
                return await engine.send(
                    "/" + ROUTE, recording.body_for(engine.upstream_id(target.model)), recording.content_type
                )
            except EngineRefused as error:
                raise absent(ROUTE, error) from None
            except DaulatError as error:
                if not account.failed(error):
                    raise


def _asked(recording: _Recording) -> Asked:
    form = recording.form
    model = form.text("model")
    if not 1 <= len(model) <= _MOST_MODEL_CHARS:
        raise _invalid("model", "`model` names nothing")
    if not form.value("file"):
        raise _invalid("file", "there is no recording in the form")
    if form.text("stream").lower() == "true":
        raise BadRequest(
            "`stream` is not supported",
            why="A transcript comes whole.",
            fix="leave `stream` out.",
            code="unsupported_parameter",
            param="stream",
        )
    for name, text in form.texts():
        if is_address(name, text):
            raise refused(name[:40], may_fetch=True)  # what is heard here comes as a file
    return Asked(
        route=ROUTE,
        body=recording.body,
        model=model,
        stream=False,
        include_usage=False,
        prompt_tokens=len(recording.body) // _BYTES_PER_TOKEN + 1,
        prompt_bound=len(recording.body) // _LEAST_BYTES_PER_TOKEN + 1,
        max_tokens=0,
        affinity=crc32(model.encode()),
        is_conversation=False,
        choices=1,
    )


def _counts(whole: Whole) -> Counts:
    """Return what the engine counted, if it did: many count seconds, or nothing."""
    try:
        usage = msgspec.json.decode(whole.body, type=_Heard).usage
    except (msgspec.DecodeError, UnicodeDecodeError):
        usage = None
    return Counts(usage.input_tokens, usage.output_tokens) if usage else Counts()


def _invalid(param: str, what: str) -> BadRequest:
    return BadRequest(
        f"the body is not what this path takes: {what}",
        why="A recording comes as a form with the fields `file` and `model`.",
        fix="see /openapi.json for the shape of this body.",
        code="invalid_body",
        param=param,
    )


def _deaf() -> BadRequest:
    return BadRequest(
        f"the engine of this model does not serve /v1/{ROUTE}",
        why="It runs inside this process and holds conversations only.",
        fix="use another model.",
        code="unsupported_route",
        param="model",
    )
