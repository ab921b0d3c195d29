# SPDX-License-Identifier: Apache-2.0
"""Solving writes nothing among the data of a command."""

from __future__ import annotations

import pytest

from daulat.plan.siting import plan_sites

from .questions import make_siting


def test_solving_prints_nothing(capfd: pytest.CaptureFixture[str]) -> None:
    plan_sites(make_siting([[3]], [{"build": 1}]))
    assert capfd.readouterr() == ("", "")
