# SPDX-License-Identifier: Apache-2.0
"""What `daulat up` runs: one address at once, parts that come up behind it, and nothing left behind at the end."""

import asyncio
import json
import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from tests.ports import free_port

from daulat.nation import bootstrap
from daulat.store import StoreSettings, open_store

PROGRAM = Path(__file__).with_name("service_process.py")
SERVICE = "ee/public-services"


class Service:
    def __init__(self, directory: Path, port: int, environ: dict[str, str]) -> None:
        self.directory = directory
        with (directory / "talk").open("a") as talk:
            self.process = subprocess.Popen(
                [sys.executable, str(PROGRAM), str(directory), str(port)],
                stdout=subprocess.PIPE, stderr=talk, text=True, start_new_session=True, env=os.environ | environ,
            )  # fmt: skip
        lines = ""
        while not lines.endswith("}\n"):
            line = self.process.stdout.readline()
            assert line, self.talk()
            lines += line
        self.url = json.loads(lines)["url"]

    def talk(self) -> str:
        return (self.directory / "talk").read_text()

    def get(self, path, body=None):
        data = json.dumps(body).encode() if body else None
        request = urllib.request.Request(self.url + path, data, {"Content-Type": "application/json"})
        try:
            with urllib.request.urlopen(request, timeout=20) as response:
                raw = response.read()
        except urllib.error.HTTPError as error:
            with error:
                raw = error.read()
        return json.loads(raw) if raw.startswith(b"{") else raw.decode()

    def part(self, name) -> dict:
        return next(part for part in self.get("/v1/status")["parts"] if part["name"] == name)

    def wait_for(self, name, state) -> dict:
        while (part := self.part(name))["state"] != state:
            assert self.process.poll() is None, self.talk()
            time.sleep(0.05)
        return part

    def ask(self):
        messages = [{"role": "user", "content": "Who?"}]
        return self.get("/v1/chat/completions", {"model": SERVICE, "messages": messages})

    def end(self, number) -> int:
        os.kill(self.process.pid, number)
        code = self.process.wait(60)
        self.process.stdout.close()
        return code


@pytest.fixture
def directory(tmp_path):
    (tmp_path / "nation.yaml").write_text(bootstrap("EE"))
    return tmp_path


@pytest.fixture
def start(directory):
    started = []

    def start_one(port=0, **environ):
        started.append(Service(directory, port, environ))
        return started[-1]

    yield start_one
    for service in started:
        if service.process.poll() is None:
            service.end(signal.SIGTERM)


def servers_of(directory) -> list[str]:
    """Return the command lines of PostgreSQL servers that run on this directory."""
    lines = []
    for process in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            line = process.read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except OSError:
            continue  # it ended between the listing and the reading
        if str(directory) in line and "postgres" in line.split(" ")[0]:
            lines.append(line)
    return lines


async def first_receipt(directory) -> tuple:
    """Wait for the first receipt, in the database that the service has open."""
    async with open_store(StoreSettings(directory / ".daulat" / "postgres")) as store:
        while not (rows := await store.fetch("SELECT service, mode, answered FROM answer_receipt")):
            await asyncio.sleep(0.1)
        return rows[0]


def test_what_is_broken_off_by_its_operator_is_no_failure(start, directory):
    (directory / "slow").touch()
    service = start()
    service.wait_for("database", "ready")
    assert service.end(signal.SIGINT) == 130
    assert service.talk().splitlines()[-1] == "stopping; what was still loading (knowledge) goes on at the next start"
    assert "failed" not in service.talk()


def test_the_service_answers_shows_its_pages_keeps_receipts_and_leaves_nothing_behind(start, directory):
    service = start()
    service.wait_for("knowledge", "ready")
    database = service.wait_for("database", "ready")
    assert database["detail"].startswith("PostgreSQL")
    assert service.ask()["choices"][0]["message"]["content"] == "from none"
    assert "<html" in service.get("/")
    assert service.get("/readyz")["status"] == "ok"
    assert service.get("/v1/status")["level"] == "green"
    assert servers_of(directory)
    assert asyncio.run(first_receipt(directory)) == ("public-services", "quotation", True)
    assert service.end(signal.SIGINT) == 130
    assert servers_of(directory) == []
    assert "Traceback" not in service.talk()
    assert "ready   knowledge: 1 passage" in service.talk()


def test_however_often_it_is_told_to_end_it_stops_its_database_first(start, directory):
    service = start()
    service.wait_for("knowledge", "ready")
    service.wait_for("database", "ready")
    os.kill(service.process.pid, signal.SIGINT)
    while "stopping" not in service.talk():
        time.sleep(0.01)
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        os.kill(service.process.pid, number)
    assert service.process.wait(60) == 130
    service.process.stdout.close()
    assert servers_of(directory) == []
    assert "Traceback" not in service.talk()


def test_told_twice_it_waits_for_no_answer_and_says_so(start, directory):
    service = start()
    service.wait_for("knowledge", "ready")
    service.wait_for("database", "ready")
    thinking = directory / "thinking"
    thinking.touch()
    with ThreadPoolExecutor(1) as pool:
        asked = pool.submit(service.ask)
        while not thinking.read_text():
            time.sleep(0.05)
        os.kill(service.process.pid, signal.SIGTERM)
        while "stopping" not in service.talk():
            time.sleep(0.01)
        assert service.end(signal.SIGTERM) == 0
        assert asked.result()["error"]["code"] == "stopping"
    assert service.talk().splitlines()[-2:] == ["stopping", "stopping at once: answers under way are cut off"]
    assert servers_of(directory) == []


NO_DATABASE = "postgresql://nobody@127.0.0.1:1/none"


def test_without_its_database_the_service_answers_and_says_what_is_missing(start):
    service = start(DATABASE_URL=NO_DATABASE)
    service.wait_for("knowledge", "ready")
    detail = service.wait_for("database", "failed")["detail"]
    assert "the database does not answer" in detail
    assert "127.0.0.1" not in detail  # everybody may read it; where the database is stands in the log
    assert "127.0.0.1" in service.talk()
    assert service.ask()["choices"][0]["message"]["content"] == "from none"
    assert service.get("/v1/status")["level"] == "amber"


def test_another_release_takes_its_place_without_a_restart(start, directory):
    service = start(DATABASE_URL=NO_DATABASE)
    service.wait_for("knowledge", "ready")
    (directory / "current").write_text("r2")
    while (answer := service.ask()["choices"][0]["message"]["content"]) != "from r2":
        assert answer == "from none"  # the old one answers until the new one does
        time.sleep(0.05)


def test_a_text_that_does_not_open_is_told_and_the_page_still_comes(start, directory):
    (directory / "fail").touch()
    service = start(DATABASE_URL=NO_DATABASE)
    assert "the release is damaged" in service.wait_for("knowledge", "failed")["detail"]
    assert service.ask()["error"]["code"] == "no_official_text"
    assert "<html" in service.get("/")
    (directory / "fail").unlink()
    (directory / "current").write_text("r2")  # what `daulat knowledge rollback` does
    service.wait_for("knowledge", "ready")


def test_a_stop_while_everything_is_still_starting_leaves_nothing_behind(start, directory):
    service = start()
    assert service.end(signal.SIGTERM) == 0
    assert servers_of(directory) == []


def test_after_a_kill_the_next_start_takes_over(start, directory):
    killed = start(free_port())
    killed.wait_for("database", "ready")
    killed.end(signal.SIGKILL)
    port = int(killed.url.rpartition(":")[2])
    service = start(port)
    service.wait_for("database", "ready")
    service.wait_for("knowledge", "ready")
    assert service.ask()["choices"][0]["message"]["content"] == "from none"
    service.end(signal.SIGTERM)
    assert servers_of(directory) == []
