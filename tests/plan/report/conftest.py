# SPDX-License-Identifier: Apache-2.0
"""One plan with everything in it, made once: the pack's national scenario, few draws, tornado included."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from daulat.nation import Nation, Pack
from daulat.plan import Document, plan_nation, read_scenario

MADE = datetime(2026, 11, 25, 12, tzinfo=UTC)


@pytest.fixture(scope="session")
def document(nation: Nation, pack: Pack) -> Document:
    scenario = read_scenario("national", pack)
    _, found = plan_nation(nation, made_at=MADE, pack=pack, scenario=scenario, n_draws=100)
    return found
