# SPDX-License-Identifier: Apache-2.0
"""A form is read as any client writes it, and a file in it is the file that was sent, byte for byte."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from daulat.gateway.api.files.multipart import read_form
from daulat.gateway.errors import BadRequest, WrongMediaType

names = st.text(st.characters(categories=("L", "Nd")), min_size=1, max_size=20)


def written(fields, boundary=b"bound"):
    """Write a form as RFC 7578 has it."""
    out = b""
    for name, filename, value in fields:
        extra = f'; filename="{filename}"'.encode() if filename else b""
        out += b"--" + boundary + b'\r\nContent-Disposition: form-data; name="' + name.encode() + b'"' + extra
        out += b"\r\nContent-Type: application/octet-stream\r\n\r\n" + value + b"\r\n"
    return out + b"--" + boundary + b"--\r\n"


@given(content=st.binary(max_size=300).filter(lambda content: b"--bound" not in content), name=names)
def test_a_file_comes_out_as_it_went_in(content, name):
    form = read_form(
        "multipart/form-data; boundary=bound", written([("purpose", "", b"batch"), ("file", name, content)])
    )
    assert form.value("file") == content
    assert form.text("purpose") == "batch"
    assert form.find("file").filename == name


@given(content=st.binary(max_size=100).filter(lambda content: b"--bound" not in content), model=names)
def test_one_field_is_written_anew_and_the_rest_stays(content, model):
    form = read_form("multipart/form-data; boundary=bound", written([("model", "", b"ear"), ("file", "a", content)]))
    again = read_form("multipart/form-data; boundary=bound", form.with_value("model", model.encode()))
    assert (again.text("model"), again.value("file")) == (model, content)


@given(body=st.binary(max_size=200))
def test_whatever_is_sent_is_a_form_or_refused(body):
    with suppress(BadRequest):
        read_form("multipart/form-data; boundary=bound", body)


@given(cut=st.integers(1, 120))
def test_a_form_that_was_cut_is_refused(cut):
    body = written([("file", "a.jsonl", b"x" * 20)])
    kept = body[: max(0, len(body) - 4 - cut)]
    with pytest.raises(BadRequest):
        read_form("multipart/form-data; boundary=bound", kept)


def test_a_body_that_is_no_form_is_of_the_wrong_type():
    with pytest.raises(WrongMediaType):
        read_form("application/json", b"{}")
    with pytest.raises(WrongMediaType):
        read_form("multipart/form-data", b"--x--")
