# SPDX-License-Identifier: Apache-2.0
"""`daulat plan` as an official would use it: in an empty folder, with a file, with a mistake."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from daulat.nation import bootstrap


def run(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", "from daulat.cli import main; main()", "plan", *arguments],
        capture_output=True, text=True, timeout=120, cwd=folder,
    )  # fmt: skip


@pytest.fixture(scope="module")
def planned(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a declaration and its plan."""
    folder = tmp_path_factory.mktemp("planned")
    (folder / "nation.yaml").write_text(
        bootstrap("EE") + "plan:\n  energy:\n    pue_base: {value: 1.2, source: our own site, date: 2026-01-01}\n",
        encoding="utf-8",
    )
    done = run(folder, "--draws", "200")
    assert done.returncode == 0, done.stderr
    (folder / "said").write_text(done.stdout + "---" + done.stderr, encoding="utf-8")
    return folder


def test_the_summary_is_data_and_the_notes_are_talk(planned: Path) -> None:
    data, talk = (planned / "said").read_text(encoding="utf-8").split("---")
    assert "Cost of a million tokens, built" in data
    assert "Site power" in data
    assert "note: " in talk
    assert "note: " not in data
    assert {path.name for path in (planned / "plan").iterdir()} >= {"plan.json", "tables"}


def test_json_is_the_document_that_was_written(planned: Path) -> None:
    done = run(planned, "--draws", "50", "--no-sensitivity", "--out", "again", "--json")
    printed = json.loads(done.stdout)
    written = json.loads((planned / "again" / "plan.json").read_text(encoding="utf-8"))
    assert "hint: `daulat plan explain cost_per_mtok --plan again`" in done.stderr
    assert printed == written
    assert printed["draws"] == 50
    [pue] = [row for row in printed["inputs"] if row["path"] == "energy.pue_base"]
    assert (pue["value"], pue["source"], pue["origin"]) == (1.2, "our own site", "nation.yaml")


def test_explain_prints_the_chain_of_the_plan_in_the_folder(planned: Path) -> None:
    done = run(planned, "explain", "cost_per_mtok")
    assert done.returncode == 0
    assert done.stdout.startswith("cost_per_mtok = ")
    assert "energy.pue_base = 1.2 ratio  [given: our own site, 2026-01-01]" in done.stdout


def test_explain_is_told_to_programs_too(planned: Path) -> None:
    done = run(planned, "explain", "cost_per_mtok", "--json")
    assert done.returncode == 0, done.stderr
    [pue] = [row for row in json.loads(done.stdout) if row["name"] == "energy.pue_base" and not row["above"]]
    assert (pue["what"], pue["value"], pue["source"]) == ("input", 1.2, "our own site")


def test_inputs_lists_what_this_plan_would_use(planned: Path) -> None:
    rows = json.loads(run(planned, "--set", "money.discount_rate=0.03", "inputs", "--json").stdout)
    [rate] = [row for row in rows if row["path"] == "money.discount_rate"]
    assert (rate["value"], rate["origin"]) == (0.03, "--set")
    assert all(row["source"] for row in rows)


def test_two_plans_are_compared(planned: Path) -> None:
    run(
        planned,
        "--draws",
        "50",
        "--no-sensitivity",
        "--out",
        "dear",
        "--set",
        "energy.electricity_price_usd_per_mwh=300",
    )
    done = run(planned, "--compare", "plan", "dear")
    assert done.stdout.split()[:4] == ["year", "plan", "dear", "change"]  # one nation's plans have one title
    assert "energy.electricity_price_usd_per_mwh: 110 | 300 USD/MWh" in done.stderr


def test_a_slip_of_unit_is_told_on_one_screen_and_writes_nothing(planned: Path) -> None:
    done = run(planned, "--out", "never", "--set", "energy.electricity_price_usd_per_mwh=0.11")
    assert done.returncode == 1
    assert "error[plan.input]: --set: energy.electricity_price_usd_per_mwh: `0.11`" in done.stderr
    assert "Did you mean 0.11 USD/kWh, which is 110 USD/MWh?" in done.stderr
    assert not (planned / "never").exists()


def test_without_a_declaration_it_says_how_to_get_one(tmp_path: Path) -> None:
    done = run(tmp_path)
    assert done.returncode == 1
    assert "daulat init" in done.stderr


def test_without_a_declaration_it_names_its_own_options_which_it_takes(tmp_path: Path) -> None:
    """It named --file, which other commands have and this one refuses."""
    said = run(tmp_path).stderr
    assert "name another with --nation, or a country that has none yet with --country" in said
    assert "--file" not in said
    assert "--nation" in run(tmp_path, "--help").stdout


def test_one_draw_has_a_value_and_no_interval(tmp_path: Path) -> None:
    """Three columns of one number looked like an interval of nothing."""
    done = run(tmp_path, "--country", "EE", "--draws", "1", "--no-sensitivity")
    assert done.returncode == 0, done.stderr
    head = done.stdout.splitlines()[0].split()
    assert head == ["year", "value", "unit"]
    told = run(tmp_path, "explain", "cost_per_mtok", "--depth", "0")
    assert told.returncode == 0, told.stderr
    assert "USD/Mtok" in told.stdout.splitlines()[0]
    assert " to " not in told.stdout.splitlines()[0]
