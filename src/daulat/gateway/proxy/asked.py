# SPDX-License-Identifier: Apache-2.0
"""What is read of a request's body before it travels on: bytes in; the few fields that admission and routing need out.

Every other field stays as it was written: tools, grammars, sampling, what engines will invent next year.
"""

from __future__ import annotations

from typing import Annotated
from zlib import crc32

import msgspec
from msgspec import Meta

from daulat.gateway._asgi import Request
from daulat.gateway._decode import LANGUAGE_HEADER, explained, require_language
from daulat.gateway.errors import BadRequest
from daulat.gateway.ports import Call
from daulat.gateway.proxy.media import MACHINES, SETTINGS, Address, Found, has_parts, other_machine, require_bytes
from daulat.models import several_prompts

# A token is a byte at least and some four bytes of English; three lie on the safe side for most writing.
BYTES_PER_TOKEN = 3
# What an image or a recording is taken to come to each time that a prompt names it, which OpenAI's clients do twice a
# part; and the most: 16,384 a part is what Qwen2-VL makes of the largest image that it takes as it is.
TOKENS_PER_PART, MOST_PER_PART = 2_048, 8_192
_PARTS = (b'_url"', b'"input_', b'"image"', b'"audio"', b'"video"')
# A letter that is written as an escape, which nobody's encoder does, may hide one of these names.
_HIDDEN = (b"\\u004", b"\\u005", b"\\u006", b"\\u007")
# The most bytes that a service has a model read beside what it was asked: rules and passages.
MOST_EVIDENCE = 16_384
AFFINITY_BYTES = 2_048
MOST_TOKENS = 10_000_000
MOST_CHOICES = 1_024
CHAT = "chat/completions"
RERANK = "rerank"
WRITTEN = frozenset({CHAT, "completions"})

_EMPTY = msgspec.Raw(b"")
_NOTHING = Found()
_Number = Annotated[float, Meta(ge=0)]


class _StreamOptions(msgspec.Struct):
    include_usage: bool | None = None


class _Head(msgspec.Struct):
    model: Annotated[str, Meta(min_length=1, max_length=256)]
    stream: bool | None = None
    stream_options: _StreamOptions | None = None
    max_tokens: _Number | None = None
    max_completion_tokens: _Number | None = None
    n: _Number | None = None
    best_of: _Number | None = None
    messages: msgspec.Raw = _EMPTY
    prompt: msgspec.Raw = _EMPTY
    input: msgspec.Raw = _EMPTY
    tools: msgspec.Raw = _EMPTY
    query: msgspec.Raw = _EMPTY
    documents: msgspec.Raw = _EMPTY
    n_predict: msgspec.Raw = _EMPTY
    n_cmpl: msgspec.Raw = _EMPTY


_read_head = msgspec.json.Decoder(_Head).decode
_read_fields = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode
_read_each = msgspec.json.Decoder(list[msgspec.Raw]).decode
_READ = frozenset(_Head.__struct_fields__)
_HARMLESS = _READ | SETTINGS
_USAGE_TOO = msgspec.Raw(b'{"include_usage":true}')


class Asked(msgspec.Struct, frozen=True):
    """A request as far as it was read.

    Attributes
    ----------
    body : bytes
        As it came.
    include_usage : bool
        The caller wants the usage at the end of its stream.
    prompt_tokens, prompt_bound : int
        What the prompt is taken to come to, and the most that it may, but for what a template adds by itself.
    max_tokens : int
        The most of all answers together; 0 where the caller set no bound.
    affinity : int
        Made from the beginning of the prompt.
    is_conversation : bool
        There is a list of messages.
    choices : int
        How many answers are asked for: `n` for each prompt.
    generated : int
        How many are made for it, of which the best are given.
    addresses : tuple of Address
        Pictures and recordings to fetch before an engine is asked; empty unless that was allowed for.
    """

    route: str
    body: bytes
    model: str
    stream: bool
    include_usage: bool
    prompt_tokens: int
    prompt_bound: int
    max_tokens: int
    affinity: int
    is_conversation: bool
    choices: int
    generated: int = 1
    addresses: tuple[Address, ...] = ()

    def body_for(self, upstream_id: str, output_limit: int = 0) -> bytes:
        """Return the body to send: the same bytes, unless the engine knows the model by another name, has to be asked
        to count, or has to be told where an answer ends whose caller set no bound (`output_limit`).

        Examples
        --------
        >>> body = b'{"model":"writer", "stream":true, "top_k": 4.50}'
        >>> read_asked(body, CHAT).body_for("Org/Writer-7B")
        b'{"model":"Org/Writer-7B","stream":true,"top_k":4.50,"stream_options":{"include_usage":true}}'
        >>> read_asked(b'{"model": "m", "seed": 1}', CHAT).body_for("m")
        b'{"model": "m", "seed": 1}'
        >>> read_asked(b'{"model":"m","seed":1}', CHAT).body_for("m", output_limit=512)
        b'{"model":"m","seed":1,"max_tokens":512}'
        """
        count = self.stream and not self.include_usage
        limit = output_limit if not self.max_tokens and self.route in WRITTEN else 0
        # A field that is written twice is read one way here and perhaps another way there: then it is written once.
        if not count and not limit and upstream_id == self.model and self.body.count(b'"model"') == 1:
            return self.body
        fields = _read_fields(self.body)
        fields["model"] = msgspec.Raw(msgspec.json.encode(upstream_id))
        if limit:
            fields["max_tokens"] = msgspec.Raw(b"%d" % limit)
        if count:
            fields["stream_options"] = _with_usage(fields.get("stream_options"))
        return msgspec.json.encode(fields)

    def call(self, request: Request, service: str = "") -> Call:
        """Return what admission and routing know about this request.

        Raises
        ------
        BadRequest
            If the header of the language holds none.
        """
        headers = request.headers
        if b"x-daulat-language" in headers:
            require_language(request.header(b"x-daulat-language"), LANGUAGE_HEADER)
        data_class, priority = headers.get(b"x-daulat-data-class", b""), headers.get(b"x-daulat-priority", b"")
        return Call(
            model=self.model,
            route=request.recorded_as or self.route,
            prompt_tokens=self.prompt_tokens,
            prompt_bound=self.prompt_bound + (MOST_EVIDENCE if service and self.route == CHAT else 0),
            max_tokens=self.max_tokens,
            choices=self.generated,
            client=request.client,
            credential=request.credential,
            data_class=data_class.decode("latin-1").strip() if data_class else "",
            priority=priority.decode("latin-1").strip() if priority else "",
            affinity=self.affinity,
            stream=self.stream,
            service=service,
            request_id=request.request_id,
            on_behalf_of=request.on_behalf_of,
            trace_parent=headers[b"traceparent"].decode("latin-1") if b"traceparent" in headers else "",
            gone=None if request.on_behalf_of else request.disconnected,
        )


def _with_usage(options: msgspec.Raw | None) -> msgspec.Raw:
    """Return stream options that ask for the usage, keeping what else they say."""
    if options is None or bytes(options) == b"null":
        return _USAGE_TOO
    fields = _read_fields(options)
    fields["include_usage"] = msgspec.Raw(b"true")
    return msgspec.Raw(msgspec.json.encode(fields))


def read_asked(body: bytes, route: str, *, may_fetch: bool = False) -> Asked:
    """Read a request's body. With `may_fetch`, pictures and recordings on the web may be named by their address.

    Raises
    ------
    BadRequest
        If it is not JSON, one of the few fields is not of its type, a name stands in it that an engine would take for
        another, an address that an engine would look up, or more answers are asked for than a call may have; `param`
        names the field.

    Examples
    --------
    >>> asked = read_asked(b'{"model": "m", "messages": [], "max_tokens": 8, "n": 2, "tools": []}', "chat/completions")
    >>> asked.model, asked.max_tokens, asked.stream
    ('m', 16, False)
    """
    try:
        head = _head_of(body)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        with explained():
            head = _head_of(body)
    prompt = bytes(head.messages or head.prompt or head.input)
    bound = max(head.max_completion_tokens or 0, head.max_tokens or 0)  # which of them an engine heeds is its own
    if head.n_predict or head.n_cmpl:
        raise _foreign("n_predict" if head.n_predict else "n_cmpl")
    prompts = max(1, len(several_prompts(prompt))) if route == "completions" else 1
    choices = prompts * int(min(head.n or 1, MOST_TOKENS))
    generated = max(choices, prompts * int(min(head.best_of or 1, MOST_TOKENS)))
    if generated > MOST_CHOICES:
        raise _too_many(generated, prompts)
    looked = _have_words(body) or (has_parts(head.messages, body) if route == CHAT else body.count(b"{") > 1)
    found = require_bytes(body, is_conversation=route == CHAT, may_fetch=may_fetch) if looked else _NOTHING
    # A list within the messages, or an object within the input: without one it is text.
    nests = prompt.find(b"[" if head.messages else b"{", 1) >= 0
    parts = _parts(body if route == RERANK else prompt) if looked and (nests or route == RERANK) else 0
    parts = max(parts, found.carried)
    return Asked(
        route=route,
        body=body,
        model=head.model,
        stream=bool(head.stream),
        include_usage=head.stream_options is not None and bool(head.stream_options.include_usage),
        prompt_tokens=(len(prompt or body) - found.carried_bytes) // BYTES_PER_TOKEN + 1 + TOKENS_PER_PART * parts,
        prompt_bound=len(body)
        - found.carried_bytes
        + _beyond(head, route, prompt if nests else b"")
        + MOST_PER_PART * parts,
        max_tokens=int(min(bound * generated, MOST_TOKENS)),
        affinity=crc32(prompt[:AFFINITY_BYTES]),
        is_conversation=prompt.startswith(b"["),
        choices=choices,
        generated=generated,
        addresses=found.addresses,
    )


def _head_of(body: bytes) -> _Head:
    """Read the few fields; refuse bytes that are no text, in the others too: an engine would fail on them."""
    if not body.isascii():
        body.decode()
    return _read_head(body)


def _have_words(body: bytes) -> bool:
    """Say whether a field that is not read here holds a text; refuse those that no caller may set.

    That is one which leads an engine to another machine, and one which reads as another where capitals do not count, as
    with engines written in Go: such an engine would heed ``Max_Tokens``, or the ``Model`` that a key may not reach.
    """
    may = False
    try:
        fields = _read_fields(body)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        with explained():
            fields = _read_fields(body)
    for name, raw in fields.items():
        if name in _HARMLESS:
            continue
        if name in MACHINES:
            raise other_machine(name)
        may = may or b'"' in bytes(raw)
        if not (name.islower() and name.isascii()) and name.casefold() in _READ:
            raise BadRequest(
                f"`{name[:40]}` is no field of this API",
                why=f"Some engines would take it for `{name.casefold()}`, others would not.",
                fix=f"write `{name.casefold()}`.",
                code="unsupported_field",
                param=name[:40],
            )
    return may


def _foreign(name: str) -> BadRequest:
    ours = {"n_predict": "max_tokens", "n_cmpl": "n"}[name]
    return BadRequest(
        f"`{name}` is no field of this API",
        why=f"It is some engines' own name of `{ours}` and would be heeded in its stead, beyond what is reserved.",
        fix=f"use `{ours}`.",
        code="unsupported_field",
        param=name,
    )


def _too_many(generated: int, prompts: int) -> BadRequest:
    return BadRequest(
        f"{generated:,} answers are asked for",
        why=f"A call may have {MOST_CHOICES:,}, its prompts times `n` or `best_of`.",
        fix="ask for fewer, in several calls or in a batch.",
        code="too_many_answers",
        param="prompt" if prompts > 1 else "n",
    )


def _beyond(head: _Head, route: str, prompt: bytes) -> int:
    """Return the bytes that what an engine reads may have beyond those of the body.

    Tools and calls of tools, which templates write with more space between; for a reranker the query, once more for
    each document. All else is shorter than its JSON, where a character is never less than its bytes, and what stands
    around each message and each text is more than a template or a tokenizer puts there.
    """
    if route == RERANK:
        try:
            return len(head.query) * len(_read_each(head.documents))
        except msgspec.MsgspecError:  # not a list: its engine will say so
            return 0
    calls = prompt.count(b",") + prompt.count(b":") if b'"tool_calls"' in prompt else 0
    return len(head.tools) + calls


def _parts(prompt: bytes) -> int:
    r"""Return how many images and recordings a prompt names at most: a part may name its kind twice.

    >>> _parts(b'[{"type":"image_url","image_url":{"url":"https://example.org/a.png"}}]'), _parts(b'["an image_url?"]')
    (2, 0)
    >>> _parts(rb'[{"type":"image\u005furl"}]'), _parts(rb'["caf\u00e9"]')
    (1, 0)
    """
    named = sum(map(prompt.count, _PARTS))
    return named + sum(map(prompt.count, _HIDDEN)) if b"\\u00" in prompt else named


def require_conversation(asked: Asked) -> None:
    """Refuse a request without a list of messages.

    Raises
    ------
    BadRequest
        If there is none.
    """
    if asked.is_conversation:
        return
    raise BadRequest(
        "the body is not what this path takes: `messages` is not a list",
        why="A conversation is a list of messages.",
        fix="see /openapi.json for the shape of this body.",
        code="invalid_body",
        param="messages",
    )
