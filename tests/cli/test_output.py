# SPDX-License-Identifier: Apache-2.0
"""Data goes to stdout, talk to stderr, and progress shows how far it is."""

import io
import json

from daulat.cli._output import emit, emit_json, hint, progress, say, table


def test_data_and_talk_never_mix(capsys):
    emit("data")
    say("talk")
    hint("next")
    out, err = capsys.readouterr()
    assert out == "data\n"
    assert "talk\n" in err
    assert "next" in err


def test_json_keeps_every_script_as_it_is_written(capsys):
    emit_json({"text": "ꦏꦥꦤ꧀ متى"})
    out = capsys.readouterr().out
    assert "ꦏꦥꦤ꧀ متى" in out
    assert json.loads(out) == {"text": "ꦏꦥꦤ꧀ متى"}


def test_a_table_without_rows_is_its_headers():
    assert table(["a", "bb"], []) == "a  bb"


def test_progress_away_from_a_terminal_is_one_line_with_count_and_rate():
    out = io.StringIO()
    with progress("embedding", total=3, unit="passages", stream=out) as advance:
        for _ in range(3):
            advance(1)
    assert out.getvalue().count("\n") == 1
    assert out.getvalue().startswith("embedding: 3 passages in ")
    assert "passages/s" in out.getvalue()


def test_progress_on_a_terminal_shows_how_much_there_is():
    class Terminal(io.StringIO):
        def isatty(self):
            return True

    out = Terminal()
    with progress("pulling", total=2_000_000, unit="bytes", stream=out) as advance:
        advance(2_000_000)
    assert "2.0/2.0 MB" in out.getvalue()
