# SPDX-License-Identifier: Apache-2.0
"""The document, its tables, and the chain of numbers behind a figure."""

from __future__ import annotations

import csv
import json
import os
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

from daulat.nation import Nation
from daulat.plan import (
    Case,
    Document,
    Plan,
    PlanError,
    compare,
    document_of,
    explain,
    explain_rows,
    frames,
    make_plan,
    plan_schema,
    read_document,
    tables_of,
    write_plan,
)

PUBLISHED = Path(__file__).parents[3] / "docs" / "reference" / "plan.schema.json"


def test_the_published_schema_is_the_one_in_use() -> None:
    assert json.loads(PUBLISHED.read_text(encoding="utf-8")) == plan_schema(), (
        "run `daulat plan schema > docs/reference/plan.schema.json`"
    )


def test_what_is_written_reads_back_as_it_was(document: Document, tmp_path: Path) -> None:
    files = write_plan(document, tmp_path)
    assert read_document(tmp_path) == document
    assert {path.name for path in files} >= {"plan.json", "figures.csv", "inputs.csv", "figures.parquet"}


def test_tables_of_a_plan_before_are_not_left_beside_one_that_has_none(document: Document, tmp_path: Path) -> None:
    before, own = tmp_path / "tables" / "deal_years.csv", tmp_path / "tables" / "mine.csv"
    before.parent.mkdir()
    for path in (before, own):
        path.write_text("year\n2030\n", encoding="utf-8")
    assert "deal_years" not in tables_of(document)
    written = write_plan(document, tmp_path)
    assert set(before.parent.iterdir()) == {path for path in written if path.suffix != ".json"} | {own}


def test_a_pipe_is_no_plan_and_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "plan.json")
    with pytest.raises(PlanError, match="it is a pipe and no file"):
        read_document(tmp_path)


def test_the_tables_are_tidy_and_agree_with_the_plan(document: Document, plan: Plan, tmp_path: Path) -> None:
    write_plan(document, tmp_path)
    with (tmp_path / "tables" / "figures.csv").open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    power = [row for row in rows if row["figure"] == "site_power_mw"]
    assert [row["year"] for row in power] == [str(year) for year in plan.case.settings.years]
    assert float(power[-1]["p50"]) == pytest.approx(float(np.median(plan.energy.site_power_mw[:, -1])), rel=1e-5)
    roles = [row for row in rows if row["figure"] == "roles" and row["year"] == "2036"]
    assert sum(float(row["mean"]) for row in roles) == pytest.approx(
        float(plan.jobs.operation_jobs[:, -1].mean()), rel=1e-4
    )


def test_frames_are_the_tables(document: Document) -> None:
    found = frames(document)
    tables = tables_of(document)
    assert {name: len(frame) for name, frame in found.items()} == {name: len(rows) for name, rows in tables.items()}
    wide = found["figures"].query("figure == 'capex_usd'")
    assert (wide.p10 <= wide.p50).all()
    years = {name: frame["year"] for name, frame in found.items() if "year" in frame}
    assert {str(column.dtype) for column in years.values()} == {"Int64"}
    assert years["figures"].dropna().isin(document.years).all()


def test_without_pandas_the_guide_and_the_fault_name_a_command_that_a_checkout_has(
    document: Document, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`make install` makes a folder without pip of its own; the pip that installs it stands beside."""
    command = ".uv/bin/pip --python .venv/bin/python install 'daulat[analysis]'"
    monkeypatch.setitem(sys.modules, "pandas", None)
    with pytest.raises(PlanError, match="pandas is not installed") as raised:
        frames(document)
    assert command in raised.value.fix
    guides = PUBLISHED.parents[1] / "guides"
    assert all(command in (guides / name).read_text(encoding="utf-8") for name in ("make-a-plan.md", "plan.ipynb"))


def test_the_chain_behind_a_cost_ends_at_people_and_sources(document: Document) -> None:
    lines = explain(document, "cost_per_mtok")
    text = "\n".join(lines)
    assert lines[0].startswith("cost_per_mtok = ")
    for name in ("capex_usd_per_year", "accelerators_needed", "throughput_tok_s", "requests_per_year", "active_users"):
        assert f"{name} = " in text
    assert "energy.electricity_price_usd_per_mwh = " in text
    assert "Eurostat" in text
    # Every input on the way carries basis and source.
    inputs = [line for line in lines if "." in line.split(" = ")[0].strip() and "(above)" not in line]
    assert all("[" in line and ": " in line for line in inputs)


def test_an_input_and_a_shallow_chain_are_explained_too(document: Document) -> None:
    [line] = explain(document, "energy.pue_base")
    assert line.startswith("energy.pue_base = 1.15 ratio (1.08 to 1.3, triangular)")
    assert len(explain(document, "cost_per_mtok", depth=0)) == 2


def test_a_yearly_figure_is_explained_with_the_year_that_is_shown(document: Document) -> None:
    lines = explain(document, "cost_per_mtok")
    year = document.years[-1]
    assert not lines[0].split("  ")[0].endswith(f"({year})")  # of the whole plan
    yearly = [row.name for row in document.figures if row.axes[:1] == ["year"]]
    heads = [line.strip() for line in lines if line.strip().partition(" = ")[0] in yearly]
    assert heads
    assert all(f" ({year})  " in head for head in heads)


def test_a_chain_is_told_to_programs_with_the_numbers_that_people_read(document: Document) -> None:
    lines, rows = explain(document, "cost_per_mtok"), explain_rows(document, "cost_per_mtok")
    heads = [line for line in lines if not line.strip().startswith("= ")]
    assert [(len(line) - len(line.lstrip())) // 2 for line in heads] == [row["level"] for row in rows]
    assert [line.split()[0] for line in heads] == [row["name"] for row in rows]
    assert [line.endswith("  (above)") for line in heads] == [row["above"] for row in rows]
    power = next(row for row in rows if row["name"] == "site_power_mw")
    assert (power["what"], power["unit"], power["year"]) == ("figure", "MW", document.years[-1])
    assert power["p50"] == document.figure("site_power_mw").p50[-1]
    pue = next(row for row in rows if row["name"] == "energy.pue_base")
    assert (pue["what"], pue["value"], pue["low"], pue["high"]) == ("input", 1.15, 1.08, 1.3)


def test_an_unknown_name_is_told_with_its_neighbours(document: Document) -> None:
    with pytest.raises(PlanError, match="cost_per_mtok"):
        explain(document, "cost_per_mtk")


def test_a_file_that_is_no_plan_is_told_with_the_place(document: Document, tmp_path: Path) -> None:
    data = document.as_dict()
    data["summary"][0]["p50"] = "many"
    (tmp_path / "plan.json").write_text(json.dumps(data))
    with pytest.raises(PlanError, match=r"summary\.0\.p50"):
        read_document(tmp_path)


def test_comparing_shows_what_was_changed_and_what_followed(document: Document) -> None:
    other = document.model_copy(
        update={
            "summary": [
                row.model_copy(update={"p10": row.p10 * 9, "p50": row.p50 * 2, "p90": row.p90 * 9})
                for row in document.summary
            ],
            "inputs": [
                row.model_copy(update={"value": 1.2}) if row.path == "energy.pue_base" else row
                for row in document.inputs
            ],
        }
    )
    found = compare(document, other)
    assert [row["path"] for row in found["inputs"]] == ["energy.pue_base"]
    assert all(row["change_percent"] == pytest.approx(100) for row in found["summary"] if row["a"])
    assert compare(document, document)["inputs"] == []


def test_the_summary_names_years_and_keeps_its_order(document: Document) -> None:
    for row in document.summary:
        assert row.p10 <= row.p50 <= row.p90
        assert row.year in (None, 2027, 2036)
    assert document.summary[0].name == "people"


def test_a_currency_with_its_rate_shows_beside_dollars(case_of, nation: Nation) -> None:  # type: ignore[no-untyped-def]
    plan = make_plan(case_of("currency=EUR", "money.local_per_usd=0.5"), n_draws=9)
    made = document_of(plan, names=nation.names, title="", seed=1, made_at=datetime(2026, 1, 1, tzinfo=UTC), made_by="")
    rows = {(row.name, row.unit): row for row in made.summary}
    assert rows["capex_local", "EUR"].p50 == pytest.approx(rows["capex_usd", "USD"].p50 / 2)
    assert rows["cost_per_mtok_local", "EUR/Mtok"].p90 == pytest.approx(rows["cost_per_mtok", "USD/Mtok"].p90 / 2)


def test_a_plan_that_was_never_made_is_said_in_plain_words(tmp_path: Path) -> None:
    with pytest.raises(PlanError) as raised:
        read_document(tmp_path / "plan")
    assert raised.value.what == f"{tmp_path / 'plan'}: there is no plan here"
    assert "`daulat plan`" in str(raised.value.fix)
    broken = tmp_path / "plan.json"
    broken.write_text("{}", encoding="utf-8")
    with pytest.raises(PlanError, match="is not a plan"):
        read_document(broken)


def test_the_rate_of_the_currency_is_the_one_that_was_given_and_not_that_of_some_draw(
    case_of: Callable[..., Case],
) -> None:
    """A rate with a spread was carried as the first draw had it."""
    rate = {"value": 1.1, "low": 0.9, "high": 1.4, "source": "a test", "date": "2026-01-01"}
    case = case_of(scenario={"currency": "EUR", "money": {"local_per_usd": rate}})
    made = document_of(
        make_plan(case, n_draws=20), names={}, title="", seed=1, made_at=datetime(2026, 11, 25, tzinfo=UTC), made_by=""
    )
    assert made.local_per_usd == 1.1
