# SPDX-License-Identifier: Apache-2.0
"""`daulat status` tells what a service says of itself, or why it cannot."""

import json

import click
import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from daulat.cli.status import address_in_use, command, fetch_status, noted_address
from daulat.errors import DaulatError
from daulat.nation import bootstrap, load_nation

REPORT = {
    "level": "amber", "name": "Exampland", "release": "r1", "as_of": "2023-02-01", "writes_with": "",
    "pulse": {"answers": 3, "answered": 2, "declined": 1, "failed": 0, "in_progress": 0, "p95_ms": 80.5},
    "parts": [{"name": "database", "state": "failed", "detail": "disk full"}],
}  # fmt: skip


def test_a_service_that_answers_questions_is_exit_code_zero(answering):
    result = CliRunner().invoke(command, ["--url", answering(json.dumps(REPORT).encode())], standalone_mode=False)
    assert result.return_value == 0
    assert "amber: Exampland" in result.output
    assert "2 answered, 1 declined, 0 failed, 95 % within 0.081 s" in result.output
    assert "disk full" in result.output


def test_greetings_and_callers_that_left_are_told_apart_from_questions_declined(answering):
    body = json.dumps(REPORT | {"pulse": {**REPORT["pulse"], "notices": 2, "left": 1}}).encode()
    told = CliRunner().invoke(command, ["--url", answering(body)]).output
    assert "0.081 s; 2 answered in its own words (greetings, dangers), 1 not waited for\n" in told


def test_one_answer_is_told_as_one(answering):
    body = json.dumps(REPORT | {"pulse": {**REPORT["pulse"], "answers": 1}}).encode()
    assert "\n1 answer; of " in CliRunner().invoke(command, ["--url", answering(body)]).output


def test_a_model_whose_server_is_away_is_named_with_what_to_look_at(answering):
    engine = {"model": "writer", "level": "red", "position": "unreachable", "place": "", "in_flight": 0,
              "requests": 0, "failed": 0, "ttft_p50_s": None, "ttft_p95_s": None}  # fmt: skip
    result = CliRunner().invoke(command, ["--url", answering(json.dumps(REPORT | {"engines": [engine]}).encode())])
    assert "writer  red    it does not answer, or its server does not list it; no requests" in result.stdout
    assert "see that the server of writer runs" in result.stderr


def test_a_red_service_is_exit_code_one(answering):
    body = json.dumps(REPORT | {"level": "red"}).encode()
    result = CliRunner().invoke(command, ["--url", answering(body), "--json"], standalone_mode=False)
    assert result.return_value == 1
    assert json.loads(result.stdout)["level"] == "red"


def test_the_service_of_this_folder_is_found_whatever_its_port(answering, tmp_path):
    declaration = tmp_path / "nation.yaml"
    declaration.write_text(bootstrap("EE").replace("127.0.0.1:8080", "127.0.0.1:1"))
    nation = load_nation(declaration)
    address = answering(json.dumps(REPORT | {"country": "EE"}).encode())
    with noted_address(nation, int(address.rpartition(":")[2])):
        result = CliRunner().invoke(command, ["--file", str(declaration)], standalone_mode=False)
        assert f"Exampland at {address}" in result.stdout
    assert address_in_use(nation) == "http://127.0.0.1:1"


def test_the_service_of_another_nation_is_not_told_as_that_of_this_folder(answering, tmp_path):
    address = answering(json.dumps(REPORT | {"country": "FI"}).encode())
    declaration = tmp_path / "nation.yaml"
    declaration.write_text(bootstrap("EE").replace("127.0.0.1:8080", address.removeprefix("http://")))
    with pytest.raises(DaulatError, match="runs the service of FI, and none of EE"):
        CliRunner().invoke(command, ["--file", str(declaration)], standalone_mode=False, catch_exceptions=False)
    asked = CliRunner().invoke(command, ["--url", address, "--file", str(declaration)], standalone_mode=False)
    assert "amber: Exampland" in asked.output


@pytest.mark.parametrize("noted", [b"http://127.0.0.1:1", b"", b"\xff", b"no address"])
def test_a_note_that_leads_to_nobody_is_passed_over(noted, tmp_path):
    declaration = tmp_path / "nation.yaml"
    declaration.write_text(bootstrap("EE"))
    (tmp_path / ".daulat").mkdir()
    (tmp_path / ".daulat/address").write_bytes(noted)
    assert address_in_use(load_nation(declaration)) == "http://127.0.0.1:8080"


@pytest.mark.parametrize("body", [b"<html>", b"[]", b"{}", b"\xff"])
def test_another_program_at_the_address_is_named_as_such(answering, body):
    with pytest.raises(DaulatError) as caught:
        fetch_status(answering(body))
    assert caught.value.code == "status.not_daulat"


def test_nobody_at_the_address_is_told_with_a_way_out():
    with pytest.raises(DaulatError) as caught:
        fetch_status("http://127.0.0.1:1")
    assert caught.value.code == "status.unreachable"
    assert "daulat up" in caught.value.fix


@pytest.mark.parametrize(
    "address", ["http://x:99999", "http://[bad", f"http://{'a' * 70}", "http://", "ftp://x", "x:80"]
)
def test_what_is_no_address_is_wrong_usage(address):
    with pytest.raises(click.BadParameter, match="is not"):
        fetch_status(address)


@given(rest=st.text(st.sampled_from("ab.:/@?#[]%é \0\n1") | st.characters(codec="utf-8"), max_size=30))
def test_any_address_is_tried_or_wrong_usage(rest):
    def nobody(*_arguments, **_options):
        raise ConnectionRefusedError

    with pytest.MonkeyPatch.context() as network:
        network.setattr("socket.create_connection", nobody)
        with pytest.raises((click.BadParameter, DaulatError)):
            fetch_status(f"http://{rest}")


@pytest.mark.parametrize(
    ("report", "said", "hinted"),
    [
        ({"passages": 9}, "official text as of 2023-02-01 (release r1), quoted", "ask it something"),
        ({"passages": 9, "as_of": ""}, "official text of unknown date (release r1), quoted", "ask it something"),
        ({"passages": 0, "as_of": ""}, "release r1 is empty", "daulat knowledge build"),
        ({"passages": 0, "release": "", "level": "red"}, "no official text yet", "daulat doctor"),
    ],
)
def test_what_the_service_answers_from_and_the_next_step_are_told_as_they_are(answering, report, said, hinted):
    address = answering(json.dumps(REPORT | report).encode())
    result = CliRunner().invoke(command, ["--url", address], standalone_mode=False)
    assert said in result.stdout.splitlines()[1]
    assert hinted in result.stderr
