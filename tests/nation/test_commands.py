# SPDX-License-Identifier: Apache-2.0
"""`daulat init` and `daulat nation`, as an operator meets them."""

import errno
import json
import os
from pathlib import Path

import pytest

from daulat.cli import main


@pytest.fixture
def run(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)

    def run(*words: str) -> tuple[int, str, str]:
        with pytest.raises(SystemExit) as ended:
            main(words)
        said = capsys.readouterr()
        return int(ended.value.code or 0), said.out, said.err

    return run


def test_init_writes_a_declaration_that_passes_its_check(run):
    assert run("init", "EE")[0] == 0
    assert run("nation", "check")[0] == 0


@pytest.mark.parametrize("path", ["", ".", "/"])
def test_a_declaration_that_is_named_by_nothing_is_wrong_usage_and_no_trace(run, path):
    code, _, err = run("nation", "check", "--file", path)
    assert code == 2
    assert "it names nothing" in err


def test_init_never_overwrites_a_declaration_in_silence(run):
    run("init", "EE")
    Path("nation.yaml").write_text("country: EE # ours\n")
    code, out, err = run("init", "FI")
    assert code == 1
    assert out == ""
    assert "--diff" in err
    assert "--force" in err
    assert "ours" in Path("nation.yaml").read_text()
    assert run("init", "FI", "--force")[0] == 0
    assert "country: FI" in Path("nation.yaml").read_text()


def test_init_says_when_it_cannot_write(run):
    code, _out, err = run("init", "EE", "--file", "no/such/place.yaml")
    assert code == 1
    assert "--file" in err


@pytest.mark.parametrize("there", ["country: EE # ours\n", None])
def test_init_on_a_full_disk_leaves_what_was_there(run, monkeypatch, there):
    def no_room(_descriptor):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    if there:
        Path("nation.yaml").write_text(there)
    monkeypatch.setattr("os.fsync", no_room)
    code, _out, err = run("init", "ID", "--force")
    assert code == 1
    assert "Free some space" in err
    assert [(path.name, path.read_text()) for path in Path().iterdir()] == ([("nation.yaml", there)] if there else [])


def test_init_shows_what_would_change_and_writes_nothing(run):
    run("init", "EE")
    before = Path("nation.yaml").read_text()
    code, out, _err = run("init", "FI", "--diff")
    assert code == 0
    assert "-country: EE" in out
    assert "+country: FI" in out
    assert Path("nation.yaml").read_text() == before


def test_init_shows_no_change_of_a_file_that_is_no_text(run):
    Path("nation.yaml").write_bytes(b"country: \xff\n")
    code, out, err = run("init", "FI", "--diff")
    assert (code, out) == (1, "")
    assert "is not UTF-8 text" in err


def test_check_tells_machines_every_fault_and_fails(run):
    run("init", "EE")
    text = Path("nation.yaml").read_text()
    Path("nation.yaml").write_text(text.replace("EUR", "EURO").replace("tag: ru", "tag: jawa"))
    code, out, _err = run("nation", "check", "--json")
    told = json.loads(out)
    assert code == 1
    assert not told["valid"]
    assert {fault["code"] for fault in told["faults"]} == {"nation.currency", "nation.language"}
    assert all(fault["line"] > 1 for fault in told["faults"])


@pytest.mark.parametrize("is_absolute", [False, True])
def test_check_tells_the_faults_of_a_declaration_in_another_folder(run, is_absolute):
    Path("sub").mkdir()
    Path("sub/nation.yaml").write_text("country: X\n")
    path = Path("sub/nation.yaml").absolute() if is_absolute else Path("sub/nation.yaml")
    code, _out, err = run("nation", "check", "--file", str(path))
    assert code == 1
    assert err.rstrip().endswith(f"faults in {path}")


def test_check_tells_machines_which_file_is_missing_and_no_line_of_it(run):
    code, out, _err = run("nation", "check", "--file", "nope.yaml", "--json")
    [fault] = json.loads(out)["faults"]
    assert (code, fault["file"], fault["line"]) == (1, "nope.yaml", None)
    assert fault["what"] == "nope.yaml: does not exist"


def test_check_reads_the_contacts_beside_the_declaration(run):
    run("init", "EE")
    Path("contacts.yaml").write_text("offices: {desk: {name: Desk}}\nemergencies: {selfharm: [desk], fire: [moon]}\n")
    code, out, _err = run("nation", "check", "--json")
    told = [fault["what"] for fault in json.loads(out)["faults"]]
    assert code == 1
    assert "contacts.yaml line 2: `selfharm` is no kind of danger" in told
    assert "contacts.yaml line 2: no office is called `moon`" in told
    assert "contacts.yaml line 2: nobody is named for `medical`" in told


def test_data_go_to_stdout_and_talk_to_stderr(run):
    code, out, err = run("init", "EE", "--json")
    assert code == 0
    assert json.loads(out) == {"file": "nation.yaml", "country": "EE", "pack": None, "faults": []}
    assert err == ""


def test_languages_and_jurisdictions_are_listed_for_any_country(run):
    assert json.loads(run("nation", "languages", "EST", "--json")[1])[0]["tag"] == "et"
    assert len(json.loads(run("nation", "jurisdictions", "EE", "--json")[1])) == 15


def test_without_a_country_the_lists_are_those_of_the_declaration(run):
    run("init", "EE")
    assert "Harjumaa" in run("nation", "jurisdictions")[1]


def test_show_states_the_defaults_that_the_file_leaves_out(run):
    run("init", "EE")
    text = Path("nation.yaml").read_text()
    Path("nation.yaml").write_text(text.partition("# The embedded database")[0])
    shown = json.loads(run("nation", "show", "--json")[1])
    assert shown["store"] == {"directory": ".daulat/postgres"}
    assert run("nation", "show")[0] == 0
