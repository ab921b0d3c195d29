# SPDX-License-Identifier: Apache-2.0
"""The real gateway and the real pages on a free port, over a scripted assistant; run as `python -m tests.web.stage`.

Prints its address, then serves until its standard input closes. A question with "putus" in it loses its connection on
the way. `/stage` tells what the service saw.
"""

from __future__ import annotations

import asyncio
import json
import secrets
import sys
import time
from typing import Any

from daulat.gateway import Meter, Parts, create_app, reserve, serve
from daulat.gateway.plans import PlanRoutes
from daulat.nation import bootstrap, nation_of
from daulat.nation.packs import find_pack
from daulat.web import Site, Standing, WebParts, create_web, load_messages

from .answers import AS_OF, CHANGES, RELEASE, ApiLibrary, ScriptedAssistant, SmallLibrary, act_name, cuts, named

LANGUAGES = ("id", "en", "jv", "su")
BREAKS_AFTER = 3


class NoReceipts:
    def put(self, receipt: object) -> None:
        pass


class NoEngines:
    async def list_models(self) -> list[str]:
        return []

    def engine_for(self, model_id: str) -> Any:
        raise KeyError(model_id)


def plan_routes(country: str = "ID") -> PlanRoutes:
    return PlanRoutes(nation_of(bootstrap(country, find_pack(country))).model_dump_json(), secrets.token_urlsafe)


def build_web(
    assistant: ScriptedAssistant,
    library: SmallLibrary,
    country: str = "ID",
    plans: PlanRoutes | None = None,
    names_an_office: bool = False,
    standing: Standing | None = None,
) -> Any:
    pack = find_pack(country)
    folders = (pack.path("messages"),) if pack else ()
    now = standing or Standing(RELEASE, AS_OF, len(library.documents()), 13)
    return create_web(
        WebParts(
            site=Site(country, f"{country.lower()}/public-services", names_an_office=names_an_office),
            messages=load_messages(folders, LANGUAGES),
            library=lambda: library,
            standing=lambda: now,
            ask=assistant.ask,
            changed=CHANGES.get,
            act_name=act_name,
            named=named,
            cuts=cuts,
            plan=plans.page if plans else None,
        )
    )


class Stage:
    """The app, with connections that break where a test asks for it."""

    def __init__(self) -> None:
        self.assistant = ScriptedAssistant(SmallLibrary())
        self.requests: list[dict[str, Any]] = []
        self.plans = plan_routes()
        self.app = create_app(
            Parts(
                country="ID",
                services={"id/public-services": "public-services"},
                engines=NoEngines(),
                meter=Meter(NoReceipts(), 8, time.monotonic),
                assistant=self.assistant,
                library=ApiLibrary(),
                web=build_web(self.assistant, SmallLibrary(), plans=self.plans),
                routes=self.plans.routes(),
            )
        )

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            return
        if scope["path"] == "/stage":
            await self.tell(send)
            return
        headers = {name.decode(): value.decode() for name, value in scope["headers"]}
        seen = {"method": scope["method"], "path": scope["path"], "headers": headers, "body": ""}
        self.requests.append(seen)
        sent = 0

        async def watched_receive() -> Any:
            message = await receive()
            seen["body"] += message.get("body", b"").decode("utf-8", "replace")
            return message

        async def breaking_send(message: Any) -> None:
            nonlocal sent
            sent += message["type"] == "http.response.body"
            broken = "putus" in seen["body"] and scope["path"] == "/v1/chat/completions"
            if broken and sent > BREAKS_AFTER:
                await asyncio.sleep(0.2)  # so that what was sent has mostly arrived; the test holds either way
                raise ConnectionResetError("the phone lost its cell")
            await send(message)

        await self.app(scope, watched_receive, breaking_send)

    async def tell(self, send: Any) -> None:
        seen = {"requests": self.requests, "cancelled": self.assistant.cancelled}
        body = json.dumps(seen).encode()
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": body})


async def main() -> None:
    holder, stop = reserve("127.0.0.1", 0), asyncio.Event()
    host, port = holder.getsockname()[:2]
    loop = asyncio.get_running_loop()

    def until_closed() -> None:
        sys.stdin.read()
        loop.call_soon_threadsafe(stop.set)

    watch = asyncio.ensure_future(asyncio.to_thread(until_closed))
    stage = Stage()
    await serve(stage, holder, stop=stop, on_ready=lambda: print(f"http://{host}:{port}", flush=True))
    await watch
    await stage.plans.close()


if __name__ == "__main__":
    asyncio.run(main())
