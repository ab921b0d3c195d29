# SPDX-License-Identifier: Apache-2.0
"""Bodies of the API into calls of the rooms below: bytes in; a `Question`, or a `ChatRequest` for an engine, out.

Whatever is wrong with a body becomes a `BadRequest` that names the field. Nothing is guessed, and nothing that could
not be honoured is passed over in silence.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, TypeVar

import msgspec

from daulat.gateway.errors import BadRequest
from daulat.gateway.schema import ChatCompletionRequest
from daulat.models.engine import ChatRequest, Message

if TYPE_CHECKING:
    from daulat.assistant.types import Question

HISTORY_LIMIT_TURNS = 20

Body = TypeVar("Body")

LANGUAGE_HEADER = "X-Daulat-Language"

_LONGEST_TAG = 35  # of what RFC 5646, section 4.4.1, has everybody take
_LANGUAGE = re.compile(r"[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*")
_AT = re.compile(r"^(?P<what>.*?)(?: - at `\$\.?(?P<path>.*)`)?$", re.DOTALL)
# Control characters that no keyboard makes and no answer needs; line breaks and tabs stay.
_CONTROLS = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")

# What an answer here could not honour; to pass over it would mislead the application that asked.
_REFUSED = ("tools", "functions", "logprobs", "top_logprobs", "modalities", "audio")
# The one way in which anything answers here; whoever asks for it asks for nothing.
_ONLY_TEXT = ["text"]
# What a service could not either, and an engine may; with the values that ask for nothing.
_HARMLESS: dict[str, tuple[Any, ...]] = {
    "tool_choice": ("none", "auto"),
    "response_format": ({"type": "text"},),
    "store": (),
}
# Known by their shape, and yet an engine's to heed.
_PASSED_ON = frozenset({"top_p", "tools", "tool_choice", "response_format", "store"})
_READ_HERE = frozenset(ChatCompletionRequest.__struct_fields__) - _PASSED_ON
_TYPES = re.compile(r"(?<=`)[a-z]+( \| [a-z]+)*(?=`)")
_JSON = {"int": "integer", "float": "number", "str": "string", "bool": "boolean"}
_WHOLE = re.compile(r"([<>]=? -?\d+)\.0$")
_MISSING = re.compile(r"Object missing required field `(?P<name>.*)`$")
_MALFORMED = re.compile(r"JSON is malformed: ([a-zA-Z ]+ \(byte \d+\))$")
_PART_KIND = re.compile(r"messages\[\d+\]\.content\[\d+\]\.type$")
_NAMED_KIND = re.compile(r"Invalid value '([a-z_]{1,20})'$")


@dataclass(frozen=True, slots=True)
class ChatCall:
    """A chat request that was read and found well-formed. `options` holds the fields that only an engine knows."""

    request: ChatCompletionRequest
    options: dict[str, Any]
    language: str


@contextmanager
def explained() -> Iterator[None]:
    """Turn the decoder's errors into ours."""
    try:
        yield
    except msgspec.ValidationError as error:
        what, path = fault_of(error)
        if path and _PART_KIND.fullmatch(path):
            raise _not_text(what, path.removesuffix(".type")) from None
        raise BadRequest(
            f"the body is not what this path takes: {f'`{path}`: ' if path else ''}{what}",
            why="A request that is read otherwise than it was meant gives a wrong answer.",
            fix="see /openapi.json for the shape of this body.",
            code="invalid_body",
            param=path,
        ) from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise BadRequest(
            f"the body is not valid JSON in UTF-8: {_unreadable(error)}",
            why="It cannot be read at all.",
            fix="encode the body with a JSON library, as UTF-8 and without a byte order mark.",
            code="invalid_json",
        ) from None


def _unreadable(error: Exception) -> str:
    """Return where a body stops being JSON, which says nothing of what stands in it.

    Examples
    --------
    >>> _unreadable(msgspec.DecodeError("JSON is malformed: trailing comma in object (byte 8)"))
    'trailing comma in object (byte 8)'
    """
    if isinstance(error, UnicodeDecodeError):
        return "some of its bytes are no UTF-8"
    if isinstance(error, RecursionError):
        return "it is nested too deeply"
    found = _MALFORMED.match(str(error))
    # The decoder says as much of an emoji that was cut in two, as a text is that JavaScript shortens.
    return found[1] if found else "it ends too soon, or half of a character (`\\ud83d`) stands in one of its texts"


def _not_text(what: str, part: str) -> BadRequest:
    """Return what an application is told that sends a picture, a recording or a file to what reads text alone."""
    named = _NAMED_KIND.search(what)
    return BadRequest(
        f"a part of a message is no text{f' but `{named[1]}`' if named else ''}",
        why="This model reads words only; to pass over the rest would answer another question than the one asked.",
        fix="send the parts of `type` `text` alone, those of earlier turns too.",
        code="unsupported_content",
        param=part,
    )


def fault_of(error: msgspec.ValidationError) -> tuple[str, str | None]:
    """Return what the decoder found, in the words of JSON, and the field that it is about, a missing one too.

    Examples
    --------
    >>> fault_of(msgspec.ValidationError("Expected `int | null`, got `str` - at `$.n`"))
    ('Expected `integer | null`, got `string`', 'n')
    >>> fault_of(msgspec.ValidationError("Object missing required field `messages`"))
    ('it is missing', 'messages')
    """
    parts = _AT.match(str(error))
    what, path = (parts["what"], parts["path"]) if parts else ("", None)
    missing = _MISSING.match(what)
    if missing is None:
        return _in_json(what), path
    return "it is missing", f"{path}.{missing['name']}" if path else missing["name"]


def _in_json(what: str) -> str:
    """Return what was expected by the types of JSON, where the decoder names those of Python.

    Examples
    --------
    >>> _in_json("Expected `float` >= 0.0"), _in_json("Invalid enum value 'int'")
    ('Expected `number` >= 0', "Invalid enum value 'int'")
    """
    if not what.startswith("Expected "):
        return what
    named = _TYPES.sub(lambda types: " | ".join(_JSON.get(name, name) for name in types[0].split(" | ")), what)
    return _WHOLE.sub(r"\1", named)


def decode(body: bytes, kind: type[Body]) -> Body:
    """Decode a JSON body into a struct.

    Raises
    ------
    BadRequest
        If it is not JSON, or not of that shape; `param` names the field.

    Examples
    --------
    >>> try:
    ...     decode(b'{"model": "m", "messages": [{"role": "user", "content": 7}]}', ChatCompletionRequest)
    ... except BadRequest as error:
    ...     error.code, error.param
    ('invalid_body', 'messages[0].content')
    """
    with explained():
        try:
            return msgspec.json.decode(body, type=kind)
        except msgspec.ValidationError:
            # JSON knows one kind of number: 7.0 is a whole one. Looked at only where something was wrong.
            return msgspec.convert(_with_whole_numbers(msgspec.json.decode(body)), kind)


def _with_whole_numbers(value: Any) -> Any:
    """Return a JSON value with each number that is whole as an int.

    Examples
    --------
    >>> _with_whole_numbers({"seed": 7.0, "temperature": 0.5, "stop": ["a", 1.0]})
    {'seed': 7, 'temperature': 0.5, 'stop': ['a', 1]}
    """
    if isinstance(value, dict):
        return {name: _with_whole_numbers(each) for name, each in value.items()}
    if isinstance(value, list):
        return [_with_whole_numbers(each) for each in value]
    return int(value) if isinstance(value, float) and value.is_integer() else value


def decode_chat(body: bytes, language_header: str) -> ChatCall:
    """Read the body of a chat completion.

    Raises
    ------
    BadRequest
        If the body is malformed, asks for something that cannot be honoured, or names a language that is no BCP 47 tag.
    """
    request = decode(body, ChatCompletionRequest)
    fields = decode(body, dict[str, msgspec.Raw])
    with explained():  # a field may hold what is JSON by its signs alone: bytes that are no text, a number without end
        others = {name: msgspec.json.decode(raw) for name, raw in fields.items() if name not in _READ_HERE}
    if others.get("modalities") == _ONLY_TEXT:
        del others["modalities"]
    for name in _REFUSED:
        if others.get(name):
            raise _unsupported(name)
    if (request.n or 1) > 1:
        raise _unsupported("n")
    language = (request.metadata or {}).get("language", "")
    if language:
        require_language(language, "metadata.language")
    return ChatCall(request, others, language or language_header)


def _unsupported(name: str) -> BadRequest:
    return BadRequest(
        f"`{name}` is not supported",
        why="The answer would come without it, and the application would not know.",
        fix=f"leave `{name}` out.",
        code="unsupported_parameter",
        param=name,
    )


def require_language(tag: str, param: str) -> None:
    """Refuse what cannot be a language's tag, whoever answers: a word that is wrong for one is wrong for all.

    Raises
    ------
    BadRequest
        If it does not have the form of BCP 47.
    """
    if len(tag) > _LONGEST_TAG or not _LANGUAGE.fullmatch(tag):
        raise BadRequest(
            "the language is not a BCP 47 tag",
            why="An answer is written in that language where a service gives it.",
            fix="use a tag such as `en`, or leave it out: the language of the question is recognised.",
            code="invalid_language",
            param=param,
        )


def to_question(call: ChatCall, service: str) -> Question:
    """Read a chat request as a citizen's question to a service; its last message is the question.

    System messages are passed over: a service has its own rules, and no caller can change them. Sampling fields too.

    Raises
    ------
    BadRequest
        If there is no question, it is longer than a person writes, or it asks for a form that no service has.
    """
    for name, harmless in _HARMLESS.items():
        if (value := call.options.get(name)) and value not in harmless:
            raise _unsupported(name)
    # Imported here: a gateway without services does without the assistant.
    from daulat.assistant.types import LONGEST_QUESTION, Question, Turn

    messages = call.request.messages
    last = messages[-1]
    text = _CONTROLS.sub(" ", last.text()).strip()
    where = f"messages[{len(messages) - 1}]"
    if last.role != "user" or not text:
        raise BadRequest(
            "there is no question: the last message is empty or not the user's",
            why="A service answers the last message of a conversation.",
            fix="end `messages` with the question, as role `user`.",
            code="empty_question",
            param=where,
        )
    if len(text) > LONGEST_QUESTION:
        raise BadRequest(
            f"the question is {len(text):,} characters long, more than {LONGEST_QUESTION:,}",
            why="In so long a text the question itself cannot be found with any certainty.",
            fix="ask in a few sentences.",
            code="question_too_long",
            param=f"{where}.content",
        )
    earlier = [
        Turn("user" if message.role == "user" else "assistant", _CONTROLS.sub(" ", message.text()))
        for message in messages[:-1]
        if message.role in ("user", "assistant")
    ]
    return Question(text, service, call.language, tuple(earlier[-HISTORY_LIMIT_TURNS:]))


_ENGINE_ROLE: dict[str, Literal["system", "user", "assistant", "tool"]] = {
    "system": "system",
    "developer": "system",
    "user": "user",
    "assistant": "assistant",
    "tool": "tool",
}


def to_engine_request(call: ChatCall) -> ChatRequest:
    """Read a chat request as one for a raw model. Fields that this side does not know go along unread."""
    request = call.request
    stop = (request.stop,) if isinstance(request.stop, str) else tuple(request.stop or ())
    return ChatRequest(
        model=request.model,
        messages=tuple(Message(_ENGINE_ROLE[message.role], message.text()) for message in request.messages),
        max_tokens=request.max_completion_tokens or request.max_tokens,
        temperature=request.temperature,
        seed=request.seed,
        stop=stop,
        options=call.options,
    )
