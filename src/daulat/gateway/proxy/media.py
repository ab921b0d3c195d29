# SPDX-License-Identifier: Apache-2.0
r"""Pictures, recordings and films in a request: its body in; the addresses that an engine would fetch them from, out.

vLLM, SGLang and llama.cpp's server fetch what a prompt names by address, from where they stand, and some open files of
their own machine (`file://`, or a bare path). A caller must not choose what an engine reaches, so only the bytes
themselves, as a ``data:`` URL, travel on. What stands where such an address may stand is judged by its value, every
value of a name that is written twice, and names as JSON means them, however they are escaped. Fetches nothing itself.

Sources: chat_utils.py of vLLM, `load_image` of SGLang, `handle_media` of llama.cpp, openai.go of Ollama.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import msgspec

from daulat.gateway._decode import explained
from daulat.gateway.errors import BadRequest

# Names under which engines take an address: `image_url`, `url`, `image`, `input_audio`, `ref_audio`, `videos`...
_TAKES_ADDRESS = re.compile(r"(?:\w*_)?(?:url|uri|image|audio|video)s?", re.IGNORECASE)
# Names under which bytes stand in base64, which newer servers take an address under too: `input_audio.data`.
_TAKES_BYTES = re.compile(r"(?:\w*_)?(?:data|b64|base64)", re.IGNORECASE)
# Names whose text is a person's words or an application's own, and never looked up by an engine.
_WORDS = frozenset({
    "arguments", "content", "documents", "id", "input", "instructions", "model", "name", "output", "prompt",
    "prompt_cache_key", "query", "reasoning", "reasoning_content", "refusal", "safety_identifier", "stop", "suffix",
    "text", "thinking", "title", "user",
})  # fmt: skip
# Names of what an application describes to a model, or was given by one: schemas, calls, citations.
_APART = frozenset({
    "annotations", "chat_template", "chat_template_kwargs", "citations", "ebnf", "function_call", "functions",
    "grammar", "guided_choice", "guided_grammar", "guided_json", "guided_regex", "json_schema", "logit_bias",
    "metadata", "regex", "response_format", "structural_tag", "structured_outputs", "tool_calls", "tool_choice",
    "tools",
})  # fmt: skip
# Fields of a request that hold none either, and are common: a body with these alone is not looked through.
SETTINGS = _APART | frozenset({
    "encoding_format", "frequency_penalty", "logprobs", "modalities", "parallel_tool_calls", "presence_penalty",
    "prompt_cache_key", "reasoning_effort", "safety_identifier", "seed", "service_tier", "stop", "suffix",
    "temperature", "top_logprobs", "top_p", "user", "verbosity",
})  # fmt: skip
# Fields by which an engine is told of another machine to get its cache from (SGLang, vLLM).
MACHINES = frozenset({"bootstrap_host", "bootstrap_port", "bootstrap_room", "kv_transfer_params"})

_DATA_URL = re.compile(r"data:[^,;\s]*(?:; ?[^,;\s]*)*?;base64,[A-Za-z0-9+/=_\s-]*", re.IGNORECASE)
_BASE64 = re.compile(r"[A-Za-z0-9+/=_\s-]*")
# Readers of addresses drop the white space before them, and line ends and tabs within.
_ADDRESS = re.compile(r"[\x00-\x20]*+(?:[a-z][a-z0-9+.\t\r\n-]{0,63}+:[\t\r\n]*+/|file:)", re.IGNORECASE)
_FETCHED = re.compile(r"https?://", re.IGNORECASE)

# The most lists and objects that are looked through, in some 30 ms: far more than any conversation has parts.
MOST_LOOKED_THROUGH = 20_000


class Address(NamedTuple):
    """An address in a request.

    Attributes
    ----------
    where : str
        The path of the field that holds it.
    url : str
    may_be_fetched : bool
        It is one of the web, in a place where its bytes would do as well.
    """

    where: str
    url: str
    may_be_fetched: bool


class Found(NamedTuple):
    """What a request names: addresses, and what travels in it as bytes.

    Attributes
    ----------
    addresses : tuple of Address
    carried, carried_bytes : int
        How many parts travel as a ``data:`` URL, or as the data of a recording, and how much of the body they take: an
        engine makes of them what it makes of a picture, and never reads them as text.
    """

    addresses: tuple[Address, ...] = ()
    carried: int = 0
    carried_bytes: int = 0


class _Message(msgspec.Struct):
    content: msgspec.Raw = msgspec.Raw(b"")


_read_messages = msgspec.json.Decoder(list[_Message]).decode


class _Members(list[tuple[str, Any]]):
    """The members of an object in their order, those with the same name too: which of them counts is the engine's."""


def has_parts(messages: msgspec.Raw, body: bytes) -> bool:
    """Say whether a message of a conversation is more than a text.

    Engines take pictures from a list in its content, and from nowhere else in it. A name that is written twice is taken
    for one.

    >>> said = b'[{"role": "user", "content": "[1]"}, {"role": "assistant", "content": null}]'
    >>> has_parts(msgspec.Raw(said), b'{"messages": %b}' % said)
    False
    """
    if body.count(b"[") == 1:  # the messages themselves: no list stands in them
        return False
    try:
        read = _read_messages(messages)
    except msgspec.MsgspecError:
        return True  # its engine will say what is wrong, or read it in a way of its own
    if body.count(b'"messages"') != 1 or body.count(b'"content"') > len(read):
        return True
    return any(bytes(message.content)[:1] not in (b'"', b"n", b"") for message in read)


def find_media(body: bytes, *, is_conversation: bool) -> Found:
    """Return what an engine might fetch of a request, and how much of it is the bytes of pictures and recordings.

    Raises
    ------
    BadRequest
        If the body is not JSON.

    Examples
    --------
    >>> part = '{"type": "image_url", "image_url": {"url": "http://10.0.0.1/"}}'
    >>> body = '{"model": "m", "messages": [{"role": "user", "content": ["see http://x.example", %s]}]}' % part
    >>> find_media(body.encode(), is_conversation=True).addresses
    (Address(where='messages[0].content[1].image_url.url', url='http://10.0.0.1/', may_be_fetched=True),)
    >>> find_media(body.replace("http://10.0.0.1/", "data:;base64,AAAA").encode(), is_conversation=True)
    Found(addresses=(), carried=1, carried_bytes=17)
    """
    # Texts to answer from are written into a conversation; what a reranker is given may be pictures.
    search = _Search(_APART | {"documents"} if is_conversation else _APART)
    with explained():
        try:
            members = json.loads(body, object_pairs_hook=search.members, strict=False)
        except ValueError as error:  # no JSON, no text, or a number of more digits than Python reads
            raise msgspec.DecodeError from error
        # Infinity takes each input for an address where it is told to.
        search.looks = any(name == "modality" and value != "text" for name, value in members)
        addresses = tuple(search.below(members, "", ""))
        return Found(addresses, search.carried, search.carried_bytes)


class _Search:
    """One walk through a body; `looks` says that its input are addresses. Adds up what is carried as bytes."""

    def __init__(self, apart: frozenset[str]) -> None:
        self.looks = False
        self.carried = self.carried_bytes = 0
        self._apart = apart
        self._objects = self._walked = 0

    def members(self, pairs: list[tuple[str, Any]]) -> _Members:
        """Take an object as it is read."""
        self._objects += 1
        _require_few(self._objects)
        return _Members(pairs)

    def below(self, value: list[Any], name: str, where: str) -> Iterator[Address]:
        """Yield the addresses below a list or an object; `name` is the nearest above it, and `where` its path."""
        self._walked += 1
        _require_few(self._walked)
        is_object = isinstance(value, _Members)
        for index, each in enumerate(value):
            if is_object:
                name, each = each  # a member is a name and what it holds
            if not isinstance(each, str | list) or (is_object and name in self._apart):
                continue
            if isinstance(each, str) and not self._takes(name, each):
                self._carry(name, each, where)
                continue
            here = f"{where}[{index}]" if not is_object else f"{where}.{name[:40]}" if where else name[:40]
            if isinstance(each, list):
                yield from self.below(each, name, here)
            else:
                may = _FETCHED.match(each) is not None and _TAKES_ADDRESS.fullmatch(name) is not None
                yield Address(here, each, may)

    def _carry(self, name: str, text: str, where: str) -> None:
        is_recording = name == "data" and where.endswith("input_audio")
        if is_recording or (text[:5].lower() == "data:" and name not in _WORDS and _TAKES_ADDRESS.fullmatch(name)):
            self.carried += 1
            self.carried_bytes += len(text)  # letters of the body: base64 has no others

    def _takes(self, name: str, text: str) -> bool:
        return is_address("url" if self.looks and name == "input" else name, text)


def _require_few(count: int) -> None:
    if count > MOST_LOOKED_THROUGH:
        raise BadRequest(
            f"more than {MOST_LOOKED_THROUGH:,} lists and objects stand in the request",
            why="Each may name a picture or a recording, and one request may not hold this process while others ask.",
            fix="send fewer parts at once.",
            code="too_many_parts",
        )


def is_address(name: str, text: str) -> bool:
    """Say whether a text, under this name, is something that an engine would look up.

    >>> is_address("url", "data:image/png;base64,AAAA"), is_address("url", "/etc/passwd"), is_address("text", "file:///")
    (False, True, False)
    """
    if name in _WORDS:
        return False
    if _TAKES_ADDRESS.fullmatch(name):
        return _DATA_URL.fullmatch(text) is None
    if _TAKES_BYTES.fullmatch(name):
        return _BASE64.fullmatch(text) is None and _DATA_URL.fullmatch(text) is None
    return _ADDRESS.match(text) is not None


def require_bytes(body: bytes, *, is_conversation: bool, may_fetch: bool) -> Found:
    """Return what a request names. Its addresses are fetched before an engine is asked; without `may_fetch` none is.

    Raises
    ------
    BadRequest
        If one stands in it that is not to be fetched.
    """
    found = find_media(body, is_conversation=is_conversation)
    for address in found.addresses:
        if not (may_fetch and address.may_be_fetched):
            raise refused(address.where, may_fetch=may_fetch)
    return found


def refused(where: str, *, may_fetch: bool) -> BadRequest:
    """Return the refusal of the address in a field; it is not repeated, for it may hold a token."""
    fix = "send the bytes themselves as a `data:` URL in base64: `data:image/png;base64,...`"
    fix += "." if may_fetch else ", or ask the operator to declare its host under `gateway.media.fetch_from`."
    return BadRequest(
        f"`{where}` is an address, or a file, and not the bytes themselves",
        why="An engine would fetch it from inside this network, and no caller may choose what is reached from there.",
        fix=fix,
        code="address_refused",
        param=where,
    )


def other_machine(name: str) -> BadRequest:
    """Return the refusal of a field that would lead an engine to another machine."""
    return BadRequest(
        f"`{name}` is not taken from a caller",
        why="It names a machine that the engine would turn to, and no caller may choose what is reached from there.",
        fix=f"leave `{name}` out.",
        code="unsupported_field",
        param=name,
    )


def with_data(body: bytes, addresses: Sequence[Address], fetched: Mapping[str, str]) -> bytes:
    """Return a body with addresses replaced by what was fetched; fields that hold none stay as they were written.

    Examples
    --------
    >>> body = b'{"top_p": 0.50, "input": [{"image": "https://x.example/a"}]}'
    >>> found = find_media(body, is_conversation=False)
    >>> with_data(body, found.addresses, {"https://x.example/a": "data:,"})
    b'{"top_p":0.50,"input":[{"image":"data:,"}]}'
    """
    named = {re.split(r"[.\[]", address.where, maxsplit=1)[0] for address in addresses}
    with explained():
        fields = msgspec.json.decode(body, type=dict[str, msgspec.Raw])
        for name in named & fields.keys():
            # Written anew, each name stands once: what was judged is what travels.
            value = _replaced(msgspec.json.decode(fields[name]), name, fetched)
            fields[name] = msgspec.Raw(msgspec.json.encode(value))
        return msgspec.json.encode(fields)


def _replaced(value: Any, name: str, fetched: Mapping[str, str]) -> Any:
    if isinstance(value, dict):
        return {member: _replaced(each, member, fetched) for member, each in value.items()}
    if isinstance(value, list):
        return [_replaced(each, name, fetched) for each in value]
    return fetched.get(value, value) if isinstance(value, str) and _TAKES_ADDRESS.fullmatch(name) else value
