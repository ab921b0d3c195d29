# SPDX-License-Identifier: Apache-2.0
"""Data goes to stdout, talk to stderr, and progress shows how far it is."""

import io
import json

import pytest

from daulat.cli._output import emit, emit_json, emit_part, hint, progress, say, table

# Of a document: a window's title, letters turned round, and hidden ones.
HOSTILE = "a\x1b]0;PWNED\x07b\u202ec\x9bd\re\u2066f\x1b[8mg"


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


def emit_table(text):
    emit(table(["x"], [[text]]))


@pytest.mark.parametrize("speak", [emit, emit_part, say, hint, emit_table])
def test_no_text_of_a_document_commands_a_terminal(capsys, speak):
    speak(HOSTILE)
    said = capsys.readouterr()
    assert "a]0;PWNEDbcdef[8mg" in said.out + said.err
    assert "\x1b" not in said.out + said.err


def test_json_says_all_of_a_hostile_text_in_letters_that_do_nothing(capsys):
    emit_json({"text": HOSTILE})
    printed = capsys.readouterr().out
    assert json.loads(printed) == {"text": HOSTILE}
    assert not {"\x1b", "\x07", "\x9b", "\u202e", "\u2066"} & set(printed)


def test_scripts_that_need_joiners_keep_them(capsys):
    emit("می\u200cخواهم क्\u200dष")
    assert capsys.readouterr().out == "می\u200cخواهم क्\u200dष\n"


def test_a_name_with_a_line_break_is_one_row(capsys):
    emit_table("a\nb.txt")
    assert capsys.readouterr().out == "x\na b.txt\n"


def test_one_of_what_is_counted_is_told_as_one():
    stream = io.StringIO()
    with progress("reading", total=1, unit="files", stream=stream) as advance:
        advance(1)
    assert stream.getvalue().startswith("reading: 1 file in ")
