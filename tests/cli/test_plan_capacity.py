# SPDX-License-Identifier: Apache-2.0
"""`daulat plan capacity`: a table for people, JSON for programs, and a slip named."""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner

from daulat.cli.plan import command
from daulat.plan import InputError

ASK = ["capacity", "--model", "llama-3.1-8b", "--accelerator", "h100-sxm", "--precision", "fp8"]


def run(*more: str):
    return CliRunner().invoke(command, [*ASK, *more])


def test_a_person_reads_split_rate_interval_and_count():
    answer = run("--users", "20000")
    assert answer.exit_code == 0
    header, line = answer.stdout.splitlines()
    assert header.split()[:3] == ["accelerator", "precision", "split"]
    assert line.split()[:3] == ["h100-sxm", "fp8", "1x1x1"]


def test_a_program_reads_the_same_with_latencies_and_memory():
    answer = json.loads(run("--users", "20000", "--requests", "6", "--output", "300", "--json").stdout)
    # 20,000 people x 6 requests an hour x 300 tokens / 3,600 s
    assert answer["demand_output_tok_s"] == pytest.approx(10_000)
    [option] = answer["options"]
    assert option["p10"] < option["output_tok_s_per_accelerator"] < option["p90"]
    assert option["ttft_s"] <= 2.0
    assert option["tpot_s"] <= 0.05
    replicas = 10_000 / (0.8 * option["output_tok_s_per_accelerator"])
    assert replicas + 1 <= option["accelerators_needed"] < replicas + 2
    assert option["power_limit_kw"] == pytest.approx(option["accelerators_needed"] * 0.7)  # 700 W each


def test_what_does_not_fit_is_told_beside_the_table():
    answer = CliRunner().invoke(
        command,
        ["capacity", "--model", "llama-3.1-405b", "--accelerator", "l4", "--precision", "bf16", "--context", "8000"],
    )
    assert answer.exit_code == 0
    assert "does not fit: " in answer.stderr
    assert "64 x l4" in answer.stderr or "none of up to 64 l4 fits" in answer.stderr


def test_milliseconds_for_seconds_are_named():
    answer = run("--tpot-s", "50")
    assert isinstance(answer.exception, InputError)
    assert "50 ms, which is 0.05 s" in answer.exception.fix
