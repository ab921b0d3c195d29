# SPDX-License-Identifier: Apache-2.0
r"""A form with a file in it (RFC 7578): a content type and a body in, its fields out; and one field written anew.

Nothing is copied but what is asked for, and a body that is cut or nested is refused rather than guessed at.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from email.message import Message

from daulat.gateway.errors import BadRequest, WrongMediaType

_MOST_FIELDS = 64


@dataclass(frozen=True, slots=True)
class Field:
    """One field of a form: where its value stands in the body, and the name of the file that it is, if it is one."""

    name: str
    filename: str
    start: int
    end: int


class Form:
    r"""A form and its body.

    Examples
    --------
    >>> body = b'--x\r\nContent-Disposition: form-data; name="purpose"\r\n\r\nbatch\r\n--x--\r\n'
    >>> form = read_form("multipart/form-data; boundary=x", body)
    >>> form.text("purpose"), form.text("model")
    ('batch', '')
    """

    def __init__(self, body: bytes, fields: list[Field]) -> None:
        self._body = body
        self._all = fields
        self._fields = {field.name: field for field in fields}

    def find(self, name: str) -> Field | None:
        """Return a field; the last of its name."""
        return self._fields.get(name)

    def texts(self) -> Iterator[tuple[str, str]]:
        """Yield the name and the value of each field that is no file, those of the same name too."""
        for field in self._all:
            if not field.filename:
                yield field.name, self._body[field.start : field.end].decode("utf-8", errors="replace")

    def value(self, name: str) -> bytes:
        """Return the value of a field, empty where there is none."""
        field = self._fields.get(name)
        return self._body[field.start : field.end] if field else b""

    def text(self, name: str) -> str:
        """Return the value of a field as text."""
        return self.value(name).decode("utf-8", errors="replace")

    def with_value(self, name: str, value: bytes) -> bytes:
        """Return the body with another value of one field; nothing else is written again."""
        field = self._fields[name]
        return self._body[: field.start] + value + self._body[field.end :]


def read_form(content_type: str, body: bytes) -> Form:
    """Read a form.

    Raises
    ------
    WrongMediaType
        If it is not declared as one.
    BadRequest
        If it is not well-formed.
    """
    declared = _header(content_type)
    boundary = declared.get_param("boundary")
    if declared.get_content_type() != "multipart/form-data" or not isinstance(boundary, str) or not boundary:
        raise WrongMediaType(
            "the body is not declared as a form",
            why="A file comes as `multipart/form-data`, with a boundary.",
            fix="let the client library write the form.",
            code="unsupported_media_type",
        )
    mark = b"--" + boundary.encode("latin-1", errors="replace")
    fields: list[Field] = []
    at = body.find(mark)
    if at < 0 or (at > 0 and body[at - 2 : at] != b"\r\n"):
        raise _malformed("it does not begin with its boundary")
    while True:
        at += len(mark)
        if body[at : at + 2] == b"--":
            return Form(body, fields)
        head = body.find(b"\r\n\r\n", at)
        end = body.find(b"\r\n" + mark, head + 2)
        if body[at : at + 2] != b"\r\n" or head < 0 or end < 0:
            raise _malformed("a field does not end")
        if len(fields) >= _MOST_FIELDS:
            raise _malformed(f"it has more than {_MOST_FIELDS} fields")
        fields.append(_field(body[at + 2 : head], head + 4, max(end, head + 4)))
        at = end + 2


def _field(head: bytes, start: int, end: int) -> Field:
    for line in head.decode("utf-8", errors="replace").split("\r\n"):
        name, _, value = line.partition(":")
        if name.strip().lower() == "content-disposition":
            disposition = _header("form-data; " + value.partition(";")[2])
            found, filename = disposition.get_param("name"), disposition.get_param("filename")
            # One without a name is a field that nobody asks for.
            return Field(_text(found), _text(filename), start, end)
    raise _malformed("a field does not say what it is")


def _text(parameter: object) -> str:
    return parameter if isinstance(parameter, str) else ""


def _header(value: str) -> Message:
    message = Message()
    message["content-type"] = value.replace("\r", " ").replace("\n", " ")
    return message


def _malformed(what: str) -> BadRequest:
    return BadRequest(
        f"the form cannot be read: {what}",
        why="A file that is cut would be taken for another.",
        fix="let the client library write the form.",
        code="invalid_form",
    )
