# SPDX-License-Identifier: Apache-2.0
"""A nation without a pack, and its plan; every test of the road changes one thing of it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from daulat.nation import Nation, bootstrap, nation_of
from daulat.plan import Case, Document, Plan, document_of, make_plan, read_case
from daulat.plan.uncertainty import sobol, tornado

MADE_AT = datetime(2026, 11, 25, tzinfo=UTC)
CaseOf = Callable[..., Case]


@pytest.fixture(scope="session")
def nation() -> Nation:
    return nation_of(bootstrap("EE"))


@pytest.fixture(scope="session")
def case_of(nation: Nation) -> CaseOf:
    def make(*changes: str, scenario: dict[str, object] | None = None) -> Case:
        given = (scenario, "scenario.yaml") if scenario is not None else None
        return read_case(nation, changes=changes, scenario=given)

    return make


@pytest.fixture(scope="session")
def rich(case_of: CaseOf) -> Case:
    """A case in which every part of the chain plays: own panels, agreements, training, lent capacity, reused heat."""
    return case_of(
        "service.ministries.requests_per_user_month=20000",
        "demand.training_tokens_per_year=1e12",
        "sizing.other_use_share=0.5",
        "energy.ppa_share=0.3",
        "energy.solar_share=0.2",
        "energy.heat_reuse_share=0.1",
        "energy.annual_temperature_c=25",
        "demand.internet_share=0.88",
        "jobs.minimum_operation_jobs=1",
        "jobs.operation_jobs_per_mw=30",
    )


@pytest.fixture(scope="session")
def plan(rich: Case) -> Plan:
    return make_plan(rich, n_draws=400)


@pytest.fixture(scope="session")
def document(rich: Case, plan: Plan, nation: Nation) -> Document:
    names = ("cost_per_mtok", "site_power_mw")
    return document_of(
        plan,
        names=nation.names,
        title="Rich",
        seed=1,
        made_at=MADE_AT,
        made_by="a test",
        tornado=tornado(rich, names),
        sobol=sobol(rich, names, n_base=16),
    )
