# SPDX-License-Identifier: Apache-2.0
"""POST /v1/plans over the real planner in its own process: plans at once, jobs, faults, limits."""

from __future__ import annotations

import asyncio
import json
import secrets
from collections.abc import AsyncIterator
from typing import Any

import jsonschema_rs
import pytest

from daulat.errors import DaulatError
from daulat.gateway._asgi import Request, send_error
from daulat.gateway.plans import KEPT, MOST_DRAWS, WAITING, PlanRoutes
from daulat.nation import bootstrap, find_pack, nation_of
from daulat.plan import plan_schema


class Caller:
    """Sends one request into the routes; the app's own dispatch and errors around them."""

    def __init__(self, plans: PlanRoutes) -> None:
        self.plans = plans

    async def __call__(self, method: str, path: str, body: Any = None) -> tuple[int, dict[str, str], Any]:
        sent: list[Any] = []

        async def receive() -> Any:
            return {"type": "http.request", "body": json.dumps(body).encode(), "more_body": False}

        async def send(message: Any) -> None:
            sent.append(message)

        rest = path.removeprefix("/v1/plans/") if path.startswith("/v1/plans/") else ""
        route = self.plans.routes()["/v1/plans/" if rest else "/v1/plans"][method]
        request = Request(method, path, rest, {b"content-type": b"application/json"}, receive, "r1")
        try:
            await route(request, send)
        except DaulatError as error:
            await send_error(send, error, "r1")
        headers = {name.decode(): value.decode() for name, value in sent[0]["headers"]}
        return sent[0]["status"], headers, json.loads(b"".join(one.get("body", b"") for one in sent[1:]))


@pytest.fixture
async def call() -> AsyncIterator[Caller]:
    nation = nation_of(bootstrap("ID", find_pack("ID")))
    plans = PlanRoutes(nation.model_dump_json(), lambda: secrets.token_urlsafe(9))
    yield Caller(plans)
    await plans.close()


async def test_a_small_plan_comes_at_once_and_keeps_the_published_schema(call: Caller) -> None:
    status, _, plan = await call("POST", "/v1/plans", {"scenario": "national", "draws": 20})
    assert status == 200
    jsonschema_rs.validate(plan_schema(), plan)
    assert plan["draws"] == 20
    assert {party["name"] for party in plan["deal"]["parties"]} >= {"Government", "Foreign partner"}


async def test_changes_are_laid_over_the_plan(call: Caller) -> None:
    given = {"energy.electricity_price_usd_per_mwh": 123.0, "horizon_years": 4}
    _, _, plan = await call("POST", "/v1/plans", {"draws": 5, "changes": given})
    [price] = [row for row in plan["inputs"] if row["path"] == "energy.electricity_price_usd_per_mwh"]
    assert (price["value"], price["kind"], price["origin"]) == (123.0, "fixed", "--set")
    assert len(plan["years"]) == 4


async def test_a_section_of_the_caller_takes_the_place_of_a_scenario(call: Caller) -> None:
    section = {"mode": "power", "site_power_mw": 2.0, "horizon_years": 3}
    _, _, plan = await call("POST", "/v1/plans", {"draws": 5, "plan": section})
    assert plan["settings"]["site_power_mw"] == 2.0
    status, _, told = await call("POST", "/v1/plans", {"plan": section, "scenario": "pilot"})
    assert (status, told["error"]["code"]) == (400, "plan.request")


async def test_a_large_plan_is_a_job_that_says_how_far_it_is(call: Caller) -> None:
    status, headers, job = await call("POST", "/v1/plans", {"draws": 600})
    assert (status, job["status"], job["draws"]) == (202, "queued", 600)
    assert headers["location"] == f"/v1/plans/{job['id']}"
    while (answer := await call("GET", headers["location"]))[0] == 202:
        assert 0 <= answer[2]["draws_done"] <= 600
        await asyncio.sleep(0.05)
    assert answer[0] == 200
    assert answer[2]["draws"] == 600


@pytest.mark.parametrize(
    ("body", "code", "said"),
    [
        ({"changes": {"demand.adoption_ceiling": 35}}, "plan.input", "35"),
        ({"changes": {"energy.pue_bse": 1.2}}, "plan.input", "pue_bse"),
        ({"scenario": "/etc/passwd"}, "plan.scenario", "/etc/passwd"),
        ({"plan": {"model": "gpt-9"}}, "plan.choice", "gpt-9"),
        ({"plan": {"deal": {"partes": []}}}, "plan.deal", "partes"),
        ({"draws": MOST_DRAWS + 1}, None, "draws"),
        ({"drows": 5}, None, "drows"),
    ],
)
async def test_a_fault_of_the_caller_is_told_with_what_and_how_to_mend_it(
    call: Caller, body: Any, code: str | None, said: str
) -> None:
    status, _, told = await call("POST", "/v1/plans", body)
    assert status == 400
    assert said in told["error"]["message"] + str(told["error"]["param"])
    assert code is None or told["error"]["code"] == code


async def test_a_job_that_fails_tells_its_fault_when_it_is_asked_for(call: Caller) -> None:
    _, headers, _ = await call("POST", "/v1/plans", {"draws": 600, "plan": {"model": "gpt-9"}})
    while (answer := await call("GET", headers["location"]))[0] == 202:
        await asyncio.sleep(0.05)
    assert (answer[0], answer[2]["error"]["code"]) == (400, "plan.choice")


async def test_jobs_are_bounded_and_the_caller_is_told_to_come_back(call: Caller) -> None:
    statuses = []
    for _ in range(WAITING + 2):
        status, headers, _ = await call("POST", "/v1/plans", {"draws": 20_000})
        statuses.append((status, headers.get("retry-after", "")))
        await asyncio.sleep(0)
    assert statuses[:WAITING] == [(202, "")] * WAITING
    assert statuses[WAITING][0] == 429
    assert statuses[WAITING][1]


async def test_an_id_that_nobody_has_is_not_found(call: Caller) -> None:
    assert (await call("GET", "/v1/plans/plan_nobody"))[0] == 404
    assert KEPT > WAITING  # a job that still waits is never the one that is dropped


async def test_a_planner_that_dies_is_told_and_started_anew(call: Caller) -> None:
    await call("POST", "/v1/plans", {"draws": 5})
    process = call.plans._quick._process
    assert process is not None
    process.kill()
    await process.wait()
    status, _, plan = await call("POST", "/v1/plans", {"draws": 5})
    assert (status, plan["draws"]) == (200, 5)


async def test_the_summary_holds_what_was_asked_for_and_little_else(call: Caller) -> None:
    _, _, found = await call("POST", "/v1/plans", {"draws": 5, "view": "summary", "figures": ["site_power_mw"]})
    assert list(found["figures"]) == ["site_power_mw"]
    assert len(json.dumps(found)) < 20_000
