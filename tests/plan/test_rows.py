# SPDX-License-Identifier: Apache-2.0
"""Rows are read as they are, results are left unread, and a fault names its place."""

from __future__ import annotations

import json
import os
from dataclasses import replace

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from daulat.cli.plan import command
from daulat.plan import DoesNotFitError, PlanError, RowError, Workload, parse_rows, predict, read_rows
from daulat.plan._tables import accelerators

ROW = {
    "row_id": "r1",
    "source": "inferencex-via-aiconfigurator",
    "submitter": "NVIDIA (aiconfigurator gap analysis)",
    "scenario": "closed-loop concurrency",
    "model": "qwen3-32b",
    "accelerator": "h100-sxm",
    "n_accelerators": "2",
    "precision": "fp8",
    "framework": "vllm 0.12.0",
    "isl": "1024",
    "osl": "512",
    "concurrency": "16",
    "tp": "2",
    "pp": "1",
    "dp": "1",
    "ep": "1",
    "output_tok_s": "1",
    "benchmark": "random tokens",
}


def parsed(**changed: str) -> Workload | RowError:
    [row] = parse_rows([ROW | changed], file="rows.csv")
    return row


def written(path, *rows):
    lines = [",".join(ROW), *(",".join(f'"{value}"' for value in (ROW | row).values()) for row in rows)]
    path.write_text("\n".join(lines), encoding="utf-8")
    return str(path)


def test_a_row_is_read():
    row = parsed()
    assert isinstance(row, Workload)
    assert (row.prompt_tokens, row.output_tokens, row.concurrency, row.split) == (1024, 512, 16, (2, 1, 1, 1))


@pytest.mark.parametrize(
    ("column", "value", "told"),
    [
        ("accelerator", "h100-smx", "did you mean `h100-sxm`?"),
        ("model", "qwen3-32", "did you mean `qwen3-32b`?"),
        ("isl", "nan", "1 to 2,000,000 prompt tokens"),
        ("osl", "-5", "1 to 2,000,000 output tokens"),
        ("osl", "", "1 or more"),
        ("concurrency", "", "1 or more requests"),
        ("n_accelerators", "0", "1 to 1,000,000 accelerators"),
        ("tp", "16", "at most n_accelerators = 2"),
        ("precision", "fp12", "precision `fp12` is not known"),
        ("date", "yesterday", "an ISO date"),
    ],
)
def test_a_value_that_cannot_be_is_told_with_its_place_and_range(column, value, told):
    fault = parsed(**{column: value})
    assert isinstance(fault, RowError)
    assert "rows.csv row 2" in fault.what
    assert told in str(fault)


def test_a_missing_precision_is_assumed_and_said():
    row = parsed(precision="")
    assert isinstance(row, Workload)
    assert row.precision == "bf16"
    assert row.notes == ("precision not stated: bf16 assumed",)


def test_a_file_without_a_needed_column_is_refused(tmp_path):
    path = tmp_path / "short.csv"
    path.write_text("row_id,model\nr1,qwen3-32b\n", encoding="utf-8")
    with pytest.raises(PlanError, match="`accelerator`"):
        list(read_rows(path))


def test_a_pipe_is_no_file_of_rows_and_is_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "rows.csv")
    with pytest.raises(PlanError, match="it is a pipe and no file"):
        list(read_rows(tmp_path / "rows.csv"))


def test_the_command_predicts_each_row_and_reads_no_result(tmp_path):
    run = CliRunner().invoke(command, ["throughput", "--rows", written(tmp_path / "a.csv", {}), "--json"])
    other = written(tmp_path / "b.csv", {"output_tok_s": "999999"})
    again = CliRunner().invoke(command, ["throughput", "--rows", other, "--json"])
    assert run.exit_code == 0
    assert run.stdout == again.stdout
    [row] = json.loads(run.stdout)
    assert row["row_id"] == "r1"
    assert row["p10"] < row["predicted_output_tok_s_per_accelerator"] < row["p90"]


def test_a_faulty_row_does_not_take_the_others_along(tmp_path):
    path = written(tmp_path / "a.csv", {"row_id": "bad", "isl": "NaN"}, {"row_id": "good"}, {"model": "kimi-k2"})
    run = CliRunner().invoke(command, ["throughput", "--rows", path, "--json"])
    assert [row["row_id"] for row in json.loads(run.stdout)] == ["good"]
    assert "isl" in run.stderr
    assert "needs 1,026 GB" in run.stderr  # kimi-k2 in fp8 does not fit in two accelerators of 80 GB
    assert run.exit_code == 0


@pytest.mark.parametrize(
    ("column", "written", "read"),
    [
        ("precision", "NVFP4", "fp4"),
        ("precision", "fp8_block", "fp8"),
        ("precision", "FP16", "bf16"),
        ("precision", "awq", "int4"),
        ("scenario", "fixed-concurrency", "closed-loop concurrency"),
        ("scenario", "Offline", "offline"),
        ("model", "Qwen3 32B", "qwen3-32b"),
        ("accelerator", "H100-SXM", "h100-sxm"),
    ],
)
def test_other_names_of_the_same_thing_are_understood(column, written, read):
    row = parsed(**{column: written})
    assert isinstance(row, Workload)
    assert getattr(row, column) == read


@pytest.mark.parametrize("framework", ["", "lmdeploy 0.9", "trtllm 9.9", "a framework of next year"])
def test_a_framework_that_no_row_had_is_predicted_all_the_same(framework):
    row = parsed(framework=framework, source="another source", submitter="", tp="", pp="", dp="", ep="")
    [answer] = predict([row])
    assert 0 < answer.p10 < answer.predicted_output_tok_s_per_accelerator < answer.p90


def test_what_a_row_leaves_open_is_assumed_and_said():
    row = parsed(scenario="", mode="max-throughput", precision="", model="gpt-oss-120b", accelerator="h200-sxm")
    assert (row.scenario, row.precision) == ("offline", "fp4")
    assert "scenario not stated: taken from mode `max-throughput`" in row.notes
    assert "precision not stated: fp4 assumed" in row.notes


def test_a_build_that_drafts_tokens_is_known_by_its_name_where_the_model_can():
    drafting = parsed(framework="trtllm 1.2.0rc6.post3", submitter="SemiAnalysis InferenceX")
    plain = parsed(framework="trtllm 1.2.0rc6.post2", submitter="SemiAnalysis InferenceX")
    assert (drafting.drafting, plain.drafting) == (True, False)
    latent = {"model": "deepseek-r1", "accelerator": "b200-sxm", "n_accelerators": 8, "split": (8.0, 1.0, 1.0, 1.0)}
    [fast], [slow] = predict([replace(drafting, **latent)]), predict([replace(plain, **latent)])
    assert fast.predicted_output_tok_s_per_accelerator > slow.predicted_output_tok_s_per_accelerator
    [same], [dense] = predict([drafting]), predict([plain])
    assert same.predicted_output_tok_s_per_accelerator == dense.predicted_output_tok_s_per_accelerator


@pytest.mark.parametrize("accelerator", sorted(accelerators()))
def test_every_accelerator_of_the_table_is_predicted(accelerator):
    # 32.8 B parameters in eight bits fit 8 of the smallest, which has 16 GB.
    [answer] = predict([replace(parsed(tp="", concurrency="4"), accelerator=accelerator, n_accelerators=8)])
    assert 0 < answer.p10 < answer.predicted_output_tok_s_per_accelerator < answer.p90 < 1e6


CELLS = st.one_of(
    st.sampled_from(
        ["", "nan", "NaN", "inf", "-1", "0", "1e9", "1e400", "8.0", " 8 ", "none", "null", "TRUE", "8,0", "٨", "１"]
    ),
    st.text(max_size=12),
    st.floats(allow_nan=True).map(str),
)


@given(column=st.sampled_from(sorted([*ROW, "date", "mode"])), cell=CELLS)
def test_whatever_stands_in_a_cell_it_is_predicted_in_numbers_or_refused_by_its_place(column, cell):
    row = parsed(**{column: cell})
    if isinstance(row, RowError):
        assert "rows.csv row 2" in row.what
        return
    try:
        [answer] = predict([row])
    except DoesNotFitError:
        return
    assert 0 < answer.p10 < answer.predicted_output_tok_s_per_accelerator < answer.p90 < float("inf")
