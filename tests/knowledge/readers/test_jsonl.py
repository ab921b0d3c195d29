# SPDX-License-Identifier: Apache-2.0
"""Lines of JSON: each is a record or a fault, and a damaged file gives what stood before the damage."""

from __future__ import annotations

import gzip
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from daulat.knowledge.readers import Limits, ReadingError, read_lines


@pytest.mark.parametrize("zipped", [False, True])
def test_a_bad_line_is_a_fault_and_stops_nothing(tmp_path: Path, zipped: bool) -> None:
    content = b'{"a": 1}\n\nnot json\n[1]\n{"a": 2}'
    path = tmp_path / "x.jsonl"
    path.write_bytes(gzip.compress(content) if zipped else content)
    lines = list(read_lines(path, Limits()))
    assert [(line.number, line.record) for line in lines] == [(1, {"a": 1}), (3, None), (4, None), (5, {"a": 2})]
    assert lines[1].fault.startswith("not a JSON object")


def test_a_truncated_gzip_gives_its_beginning_and_then_says_so(tmp_path: Path) -> None:
    path = tmp_path / "x.jsonl.gz"
    path.write_bytes(gzip.compress(b"\n".join(b'{"a": %d}' % n for n in range(20_000)))[:-4000])
    lines = read_lines(path, Limits())
    assert next(lines).record == {"a": 0}
    with pytest.raises(ReadingError, match="damaged"):
        list(lines)


def test_a_gzip_bomb_stops_at_the_limit(tmp_path: Path) -> None:
    path = tmp_path / "x.jsonl.gz"
    path.write_bytes(gzip.compress(b'{"a": 1}\n' * 100_000))
    with pytest.raises(ReadingError, match="unpacks to more than the limit"):
        list(read_lines(path, replace(Limits(), unpacked_bytes=10_000)))


@pytest.mark.parametrize("zipped", [False, True])
def test_a_mark_before_utf8_costs_no_line(tmp_path: Path, zipped: bool) -> None:
    content = '{"a": 1}\n{"a": 2}\n'.encode("utf-8-sig")
    path = tmp_path / "x.jsonl"
    path.write_bytes(gzip.compress(content) if zipped else content)
    assert [line.record for line in read_lines(path, Limits())] == [{"a": 1}, {"a": 2}]


def test_utf16_is_one_failure_that_says_so(tmp_path: Path) -> None:
    path = tmp_path / "x.jsonl"
    path.write_bytes('{"a": 1}\n{"a": 2}\n'.encode("utf-16"))
    with pytest.raises(ReadingError, match="is UTF-16"):
        list(read_lines(path, Limits()))


@given(st.binary(max_size=300))
def test_no_bytes_crash_the_reader(tmp_path_factory: pytest.TempPathFactory, raw: bytes) -> None:
    path = tmp_path_factory.mktemp("jsonl") / "x.jsonl"
    path.write_bytes(raw)
    try:
        for line in read_lines(path, Limits()):
            assert (line.record is None) == bool(line.fault)
    except ReadingError:
        assert raw.startswith((b"\x1f\x8b", b"\xff\xfe", b"\xfe\xff"))
