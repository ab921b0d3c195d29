# SPDX-License-Identifier: Apache-2.0
"""POST /v1/plans over the real planner in its own process: plans at once, jobs, faults, limits."""

from __future__ import annotations

import asyncio
import json
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import jsonschema_rs
import pytest

from daulat.errors import DaulatError
from daulat.gateway._asgi import Request, send_error
from daulat.gateway.access.anonymous import AnonymousLimit
from daulat.gateway.access.errors import Unauthorised
from daulat.gateway.defaults import OpenAdmission, OpenGrant
from daulat.gateway.plans import KEPT, MOST_DRAWS, WAITING, PlanRoutes
from daulat.gateway.ports import Admission, Call, CallUsage, Grant
from daulat.gateway.ports import Caller as Who
from daulat.nation import bootstrap, find_pack, nation_of
from daulat.plan import plan_nation, plan_schema, read_scenario


class Caller:
    """Sends one request into the routes; the app's own dispatch and errors around them."""

    def __init__(self, plans: PlanRoutes) -> None:
        self.plans = plans

    async def __call__(
        self, method: str, path: str, body: Any = None, key: str = "", client: str = "127.0.0.1"
    ) -> tuple[int, dict[str, str], Any]:
        sent: list[Any] = []

        async def receive() -> Any:
            return {"type": "http.request", "body": json.dumps(body).encode(), "more_body": False}

        async def send(message: Any) -> None:
            sent.append(message)

        rest = path.removeprefix("/v1/plans/") if path.startswith("/v1/plans/") else ""
        route = self.plans.routes()["/v1/plans/" if rest else "/v1/plans"][method]
        headers = {b"content-type": b"application/json", b"authorization": f"Bearer {key}".encode()}
        request = Request(method, path, rest, headers, receive, "r1", client=client)
        try:
            await route(request, send)
        except DaulatError as error:
            await send_error(send, error, "r1")
        told = {name.decode(): value.decode() for name, value in sent[0]["headers"]}
        return sent[0]["status"], told, json.loads(b"".join(one.get("body", b"") for one in sent[1:]))


class Keys(OpenAdmission):
    """Admission where two organisations have keys, and citizens may ask once."""

    def __init__(self) -> None:
        self.anonymous = AnonymousLimit(1, clock=lambda: 0.0)
        self.settled: list[CallUsage] = []

    async def admit(self, call: Call) -> Grant:
        self.anonymous.admit(call.client)
        grant = Booked(data_class="personal")
        grant.into.append(self.settled)
        return grant

    async def identify(self, call: Call) -> Who:
        if call.credential not in ("north", "south"):
            raise Unauthorised("an API key is needed here", why="-", fix="-", code="invalid_api_key")
        return Who(call.credential)


@dataclass(frozen=True, slots=True)
class Booked(OpenGrant):
    """A grant that hands on what was booked."""

    into: list[list[CallUsage]] = field(default_factory=list)

    def settle(self, usage: CallUsage) -> None:
        self.into[0].append(usage)


@asynccontextmanager
async def caller(admission: Admission | None = None) -> AsyncIterator[Caller]:
    nation = nation_of(bootstrap("ID", find_pack("ID")))
    plans = PlanRoutes(nation.model_dump_json(), lambda: secrets.token_urlsafe(9), admission)
    yield Caller(plans)
    await plans.close()


@pytest.fixture
async def call() -> AsyncIterator[Caller]:
    async with caller() as opened:
        yield opened


@pytest.fixture
async def keyed() -> AsyncIterator[tuple[Caller, Keys]]:
    keys = Keys()
    async with caller(keys) as opened:
        yield opened, keys


async def test_a_small_plan_comes_at_once_and_keeps_the_published_schema(call: Caller) -> None:
    status, _, plan = await call("POST", "/v1/plans", {"scenario": "national", "draws": 20, "sites": "fixed"})
    assert status == 200
    assert plan["siting"] is None
    assert any("here it is kept at one, as was asked" in note for note in plan["notes"])
    jsonschema_rs.validate(plan_schema(), plan)
    assert plan["draws"] == 20
    assert {party["name"] for party in plan["deal"]["parties"]} >= {"Government", "Foreign partner"}


async def test_a_plan_that_chooses_its_sites_is_a_job_and_the_same_plan_as_on_the_command_line(call: Caller) -> None:
    """`national` says `sites: choose`; the small question here has three places."""
    small = {"siting.at": ["32.01", "12.71", "63.71"], "siting.round_trip_ms": 200}
    status, headers, _ = await call("POST", "/v1/plans", {"scenario": "national", "draws": 1, "changes": small})
    assert status == 202
    while (answer := await call("GET", headers["location"]))[0] == 202:
        await asyncio.sleep(0.05)
    assert answer[0] == 200
    pack = find_pack("ID")
    _, made = plan_nation(
        nation_of(bootstrap("ID", pack)),
        made_at=datetime.now(UTC),
        pack=pack,
        scenario=read_scenario("national", pack),
        changes=["siting.at=32.01,12.71,63.71", "siting.round_trip_ms=200"],
        n_draws=1,
        sensitivity=False,
    )
    assert made.siting is not None
    expected = made.as_dict()
    assert answer[2]["siting"]["sites"] == expected["siting"]["sites"]
    assert answer[2]["figures"] == expected["figures"]


@pytest.mark.parametrize("asked", [{"changes": {"sites": "choose"}}, {"plan": {"sites": "choose"}}])
async def test_whatever_says_that_sites_are_chosen_makes_a_job_of_it(call: Caller, asked: dict[str, Any]) -> None:
    assert (await call("POST", "/v1/plans", {"draws": 1, **asked}))[0] == 202
    status, _, page = await call("POST", "/v1/plans", {"draws": 1, "view": "page", "changes": {"sites": "choose"}})
    assert (status, page["fault"]) == (200, "")  # sliders never choose


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


async def test_a_plan_for_programs_asks_for_a_key_where_keys_were_given_out(keyed: tuple[Caller, Keys]) -> None:
    call, _ = keyed
    assert (await call("POST", "/v1/plans", {"draws": 5}))[0] == 401
    assert (await call("POST", "/v1/plans", {"draws": 5}, key="north"))[0] == 200
    assert (await call("POST", "/v1/plans", {"draws": 600, "view": "page"}))[0] == 401  # a job is no page


async def test_whoever_reads_the_page_moves_its_sliders_as_often_as_citizens_may_ask(
    keyed: tuple[Caller, Keys],
) -> None:
    call, keys = keyed
    asked = {"draws": 5, "view": "page", "language": "en"}
    status, _, page = await call("POST", "/v1/plans", asked, client="192.0.2.1")
    assert status == 200
    assert page["charts"]
    assert [usage.status for usage in keys.settled] == [200]
    status, headers, _ = await call("POST", "/v1/plans", asked, client="192.0.2.1")
    assert (status, headers["retry-after"]) == (429, "60")  # once a minute
    assert (await call("POST", "/v1/plans", asked, key="north", client="192.0.2.1"))[0] == 200


async def test_a_job_is_shown_to_the_organisation_that_sent_it_and_to_nobody_else(keyed: tuple[Caller, Keys]) -> None:
    call, _ = keyed
    status, headers, _ = await call("POST", "/v1/plans", {"draws": 501}, key="north")
    assert status == 202
    assert (await call("GET", headers["location"], key="north"))[0] in (200, 202)
    assert (await call("GET", headers["location"], key="south"))[0] == 404
    assert (await call("GET", headers["location"]))[0] == 401
