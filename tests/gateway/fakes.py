# SPDX-License-Identifier: Apache-2.0
"""Parts that answer from a script, and the process that serves them: `fakes.py [PORT]` prints its port and serves.

The question is the script: a few words in it choose what happens, so that every client can reach every case.
"""

from __future__ import annotations

import asyncio
import dataclasses
import json
import signal
import sys
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np

from daulat.assistant.types import Answer, AnswerEvent, Citation, Contact, Question
from daulat.gateway import Meter, Parts, create_app, reserve, serve
from daulat.gateway.access.limits import grant_role
from daulat.gateway.access.registry import KeyRules, Registry
from daulat.gateway.access.service import Access, AccessSettings
from daulat.gateway.access.sessions import Sessions
from daulat.gateway.api.batches.queue import BatchQueue
from daulat.gateway.api.batches.worker import working
from daulat.gateway.api.files.shelf import FileShelf
from daulat.gateway.api.moderator import moderator_for
from daulat.gateway.api.vector_schema import FoundPassage, FoundText
from daulat.gateway.catalogue_schema import DocumentCard, Neighbour, PassageCard
from daulat.gateway.parts import Ids
from daulat.gateway.plans import PlanRoutes
from daulat.models import EngineInterrupted, FakeEngine, Reply, UnknownModel
from daulat.nation import bootstrap, nation_of
from daulat.store import StoreSettings, open_store

TEXT = "Menurut Pasal 28: bayi didaftarkan dalam 60 hari. [1]"
QUOTE = "Setiap kelahiran wajib dilaporkan paling lambat 60 (enam puluh) hari sejak kelahiran."
CITATION = Citation(
    passage_id="XA-1-2001:pasal-28#7",
    doc_id="XA-1-2001",
    title="Law 1/2001 on the register",
    article="Pasal 28",
    quote=QUOTE,
    status="in_force",
    url="/p/XA-1-2001%3Apasal-28%237",
    as_of="2023-02-01",
    language="id",
    answer_span=(0, len(QUOTE)),
    start=TEXT.index("[1]"),
    end=len(TEXT),
)
SECOND = dataclasses.replace(CITATION, passage_id="XA-1-2001:pasal-30#9", article="Pasal 30", jurisdiction="XA-I")
THIRD = dataclasses.replace(CITATION, passage_id="XA-1-2001:pasal-31#10", article="Pasal 31")
RELATED = dataclasses.replace(CITATION, passage_id="XA-1-2001:pasal-29#8", article="Pasal 29", start=0, end=0)
ANSWER = Answer(True, TEXT, (CITATION,), "id", "2023-02-01", "quotation", 0.93, related=(RELATED,), release="r1")
DECLINED = Answer(
    False, "I found no official text that says so.", (), "en", "2023-02-01", "declined", 0.1,
    related=(RELATED,), contacts=(Contact("Civil registry", "births and deaths", "150"),), release="r1",
)  # fmt: skip


class ScriptedAssistant:
    """Answers every question alike, except that some words in it change what happens."""

    def __init__(self) -> None:
        self.questions: list[Question] = []
        self.cancelled = 0
        self.finished = 0

    async def stream(self, question: Question, writer_for=None) -> AsyncIterator[AnswerEvent]:
        self.questions.append(question)
        try:
            if "election" in question.text:
                yield AnswerEvent("text", DECLINED.text)
                yield AnswerEvent("answer", answer=DECLINED)
                return
            if "crash" in question.text:
                raise ZeroDivisionError(question.text)
            for word in TEXT.split(" "):
                yield AnswerEvent("text", word + (" " if word != "[1]" else ""))
                await asyncio.sleep(0.2 if "slowly" in question.text else 0)
            if "half" in question.text:
                return
            yield AnswerEvent("citation", citation=CITATION)
            if "twice" in question.text:
                yield AnswerEvent("citation", citation=SECOND)
                yield AnswerEvent("answer", answer=dataclasses.replace(ANSWER, citations=(CITATION, SECOND, THIRD)))
                self.finished += 1
                return
            if "verify" in question.text:
                yield AnswerEvent("answer", answer=dataclasses.replace(ANSWER, text="Verified. [1]"))
            else:
                yield AnswerEvent("answer", answer=ANSWER)
            self.finished += 1
        except (asyncio.CancelledError, GeneratorExit):
            self.cancelled += 1
            raise


class SlowEngine(FakeEngine):
    """Says one word every 100 ms, for ten seconds."""

    async def stream(self, request):
        replies = FakeEngine(self._models, [Reply(tuple(f"{n} " for n in range(100)))]).stream(request)
        finished = False
        try:
            async for delta in replies:
                yield delta
                await asyncio.sleep(0.1)
            finished = True
        finally:
            self.cancelled += not finished


class ScriptedEngines:
    def __init__(self) -> None:
        broken = EngineInterrupted("the engine died", why="It was killed.", fix="ask again.", code="engine.interrupted")
        self.engines = {
            "tiny": FakeEngine(["tiny"]),
            "thinking": FakeEngine(["thinking"], [Reply(("Four.",), reasoning=("2+2 ", "is 4"))]),
            "broken": FakeEngine(["broken"], [Reply(("It ",), error=broken)]),
            "dead": FakeEngine(["dead"], [Reply((), error=broken)]),
            "slow": SlowEngine(["slow"]),
        }

    async def list_models(self) -> list[str]:
        return list(self.engines)

    def engine_for(self, model_id: str) -> FakeEngine:
        if model_id not in self.engines:
            raise UnknownModel("no such model", why="Nothing runs it.", fix="see /v1/models.", code="model_not_found")
        return self.engines[model_id]


class ScriptedEmbedder:
    name = "tiny-encoder"
    dimensions = 3

    async def embed(self, texts: Sequence[str]):
        return np.array([[1.0, 0.0, len(text)] for text in texts], np.float32), sum(len(t.split()) for t in texts)


class ScriptedLibrary:
    release = "r1"
    as_of = "2023-02-01"
    passages = 9

    async def passage(self, passage_id: str) -> PassageCard | None:
        if passage_id != CITATION.passage_id:
            return None
        document = DocumentCard(
            "XA-1-2001", CITATION.title, "Law 1/2001", "law", "1", 2001, "2001-01-01", "in_force", "XA", "id",
            "Parliament", "public domain", "2023-02-01", "2023-02-01", "https://law.example/1-2001", 9,
        )  # fmt: skip
        return PassageCard(
            passage_id, "Pasal 28", "Births", "body", QUOTE, "in_force", "", "", "2023-02-01", CITATION.url, document,
            Neighbour("XA-1-2001:pasal-27#6", "27", "/p/XA-1-2001%3Apasal-27%236"), None, "r1",
        )  # fmt: skip

    def count(self, service: str) -> int:
        return 1

    async def search(self, text, service, top_k, narrowed) -> list[FoundPassage]:
        self.asked = (text, service, narrowed)
        found = [
            ("Pasal 28", "in_force", 2001, 0.9),
            ("Pasal 29", "revoked", 2001, 0.6),
            ("Pasal 3", "in_force", 1999, 0.4),
        ]
        return [
            FoundPassage(
                "XA-1-2001", CITATION.title, score, [FoundText(f"{article}: {QUOTE}")],
                {"passage_id": f"XA-1-2001:{article}", "article": article, "status": status, "year": year,
                 "url": f"/p/{article[-2:]}"},
            )
            for article, status, year, score in found
        ]  # fmt: skip


class ReceiptList:
    def __init__(self) -> None:
        self.receipts = []

    def put(self, receipt) -> None:
        self.receipts.append(receipt)


async def page(scope, receive, send) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"text/html")]})
    await send({"type": "http.response.body", "body": b"<h1>page</h1>"})


def make_parts(limit: int = 32, **changes) -> Parts:
    parts = Parts(
        country="XA",
        name="Exampland",
        languages=("id", "en"),
        services={"xa/public-services": "public-services"},
        engines=ScriptedEngines(),
        meter=Meter(ReceiptList(), limit, time.monotonic),
        version="0.0",
        assistant=ScriptedAssistant(),
        library=ScriptedLibrary(),
        embedder=ScriptedEmbedder(),
        web=page,
        body_timeout_s=3.0,  # a busy machine may let a client wait between its head and its body
    )
    parts.readiness.set("knowledge", "ready", "9 passages")
    for name, value in changes.items():
        setattr(parts, name, value)
    return parts


def wider_routes(access: Access) -> dict:
    """Return the routes that a whole service has beside those of the API: sign-in, administration and plans."""
    nation = nation_of(bootstrap("EE", None))
    return access.routes() | PlanRoutes(nation.model_dump_json(), Ids(), access).routes()


def mounted(app) -> set[tuple[str, str]]:
    """Return (method, path) of each route of an app; `*` stands for what differs."""
    paths = app.exact | {path if "*" in path else path + "*": methods for path, methods in app.prefixed.items()}
    return {(method, path) for path, methods in paths.items() for method in methods}


async def let_in(store, path: Path) -> None:
    """Sign an owner in and make a key; leave the value of the cookie and the key in a file."""
    registry = Registry(store, by="test")
    await grant_role(registry, "subject:owner", "owner", "")
    await registry.create_organisation("health", "")
    await registry.create_project("health/app", "")
    key = await registry.create_key("health/app", "", KeyRules())
    path.write_text(json.dumps({"session": await Sessions(store).create("owner", ""), "key": key.token}))


async def main() -> None:
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    access = Access(AccessSettings(ZoneInfo("UTC"), is_private=True))
    parts = make_parts(routes=wider_routes(access), admission=access) if sys.argv[2:] else make_parts()
    app = create_app(parts)
    holder = reserve("127.0.0.1", int(sys.argv[1]) if sys.argv[1:] else 0)
    port = holder.getsockname()[1]
    async with AsyncExitStack() as stack:
        if sys.argv[2:]:  # where a database is to be kept
            store = await stack.enter_async_context(open_store(StoreSettings(Path(sys.argv[2]))))
            await stack.enter_async_context(access.open(store))
            await let_in(store, Path(sys.argv[2]).with_name("secrets.json"))
            parts.files, parts.batches = FileShelf(store, keep_s=3_600), BatchQueue(store)
            parts.moderator = moderate
            await stack.enter_async_context(
                working(store, parts.files, lambda path: app.exact[path]["POST"], parts.new_id)
            )
        await serve(app, holder, stop=stop, on_ready=lambda: print(port, flush=True), before_end=app.close)


def moderate(texts):
    rules = moderator_for(None, "en")
    return rules.look(texts), rules.method()


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
