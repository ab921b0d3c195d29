# SPDX-License-Identifier: Apache-2.0
"""The notebook of the guide runs from top to bottom."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

NOTEBOOK = Path(__file__).parents[3] / "docs" / "guides" / "plan.ipynb"


def test_every_cell_runs_and_finds_what_it_says(capsys: pytest.CaptureFixture[str]) -> None:
    cells = json.loads(NOTEBOOK.read_text(encoding="utf-8"))["cells"]
    names: dict[str, object] = {}
    for cell in cells:
        if cell["cell_type"] == "code":
            exec(compile("".join(cell["source"]), cell["id"], "exec"), names)
    said = capsys.readouterr().out
    assert "building is cheaper than renting in" in said
    assert "site_power_mw = " in said
    assert len(names["power"]) == 10  # type: ignore[arg-type]
    assert len(names["top"]) == 8  # type: ignore[arg-type]
    assert names["control"].shape == (3, 10)  # type: ignore[attr-defined]
    assert set(names["parties"].index) >= {"Government", "Development bank"}  # type: ignore[attr-defined]
    assert set(names["median"]) == {"h200", "b200"}  # type: ignore[call-overload]
