# SPDX-License-Identifier: Apache-2.0
"""A live gateway over scripted parts, in a process of its own, and the plainest of HTTP clients to speak to it."""

from __future__ import annotations

import asyncio
import http.client
import importlib.util
import json
import os
import signal
import socket
import subprocess
import sys
from contextlib import asynccontextmanager
from pathlib import Path
from types import ModuleType

import pytest

from daulat.gateway import reserve, serve

SERVICE = "xa/public-services"
FAKES = Path(__file__).with_name("fakes.py")


@pytest.fixture
def serving():
    """Return a context in which an application is served by our own server; it gives the port."""

    @asynccontextmanager
    async def served(app):
        stop, ready = asyncio.Event(), asyncio.Event()
        holder = reserve("127.0.0.1", 0)
        port = holder.getsockname()[1]
        task = asyncio.create_task(serve(app, holder, stop=stop, on_ready=ready.set))
        await ready.wait()
        try:
            yield port
        finally:
            stop.set()
            await task

    return served


@pytest.fixture(scope="session")
def fakes() -> ModuleType:
    """Return the scripted parts as a module, for tests that need no process."""
    spec = importlib.util.spec_from_file_location("gateway_fakes", FAKES)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


class Live:
    """A gateway in a process of its own."""

    def __init__(self, port: int = 0, store: Path | None = None) -> None:
        words = [str(port)] if store is None else [str(port), str(store)]
        self._secrets = None if store is None else store.with_name("secrets.json")
        self.process = subprocess.Popen(
            [sys.executable, str(FAKES), *words], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        self.port = int(self.process.stdout.readline())
        self.base_url = f"http://127.0.0.1:{self.port}"

    @property
    def secrets(self) -> dict[str, str]:
        """The cookie of an owner and a key, for a gateway with a database."""
        return json.loads(self._secrets.read_text())

    def connect(self) -> socket.socket:
        return socket.create_connection(("127.0.0.1", self.port), timeout=20)

    def request(self, method, path, body=None, headers=None):
        """Return status, headers and decoded body; a body that is not bytes goes as JSON."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        sent = {"Content-Type": "application/json"} | (headers or {})
        data = body if body is None or isinstance(body, bytes) else json.dumps(body).encode()
        connection.request(method, path, data, sent)
        response = connection.getresponse()
        raw = response.read()
        connection.close()
        is_json = (response.headers["content-type"] or "").startswith("application/json")
        return response.status, response.headers, json.loads(raw) if is_json and raw else raw.decode()

    def ask(self, text, model=SERVICE, **fields):
        """Ask one question and return the response as `request` does."""
        messages = [{"role": "user", "content": text}]
        return self.request("POST", "/v1/chat/completions", {"model": model, "messages": messages} | fields)

    def stop(self, number=signal.SIGTERM) -> tuple[int, str]:
        """Send a signal, wait for the end, and return exit code and stderr."""
        if self.process.poll() is None:
            os.kill(self.process.pid, number)
        _, talk = self.process.communicate(timeout=120)
        return self.process.returncode, talk


@pytest.fixture(scope="session")
def live():
    """Share one gateway among the tests that leave it as they found it."""
    gateway = Live()
    yield gateway
    code, talk = gateway.stop()
    assert code == 0, talk


@pytest.fixture(scope="session")
def stored_live(tmp_path_factory):
    """Share one gateway with a database, for the routes that keep something."""
    gateway = Live(store=tmp_path_factory.mktemp("kept") / "postgres")
    yield gateway
    code, talk = gateway.stop()
    assert code == 0, talk


@pytest.fixture
def start_live():
    """Give a test a function that starts a gateway on a port; whatever is left of them is killed at the end."""
    started = []

    def start(port=0):
        started.append(Live(port))
        return started[-1]

    yield start
    for gateway in started:
        gateway.stop(signal.SIGKILL)


@pytest.fixture
def own_live(start_live):
    """Give a test a gateway that it may break."""
    return start_live()


def read_events(response) -> list[tuple[str, str]]:
    """Return the (id, data) of each server-sent event of a response, to its end."""
    events, number = [], ""
    for raw in response:
        line = raw.decode().rstrip("\n")
        if line.startswith("id: "):
            number = line[4:]
        elif line.startswith("data: "):
            events.append((number, line[6:]))
    return events


@pytest.fixture
def stream(live):
    """Return a function that opens a stream and gives the HTTP response, its body unread."""
    connections = []

    def open_stream(text="hello", model=SERVICE, path="/v1/chat/completions", headers=None, to=live):
        connection = http.client.HTTPConnection("127.0.0.1", to.port, timeout=20)
        connections.append(connection)
        if path.startswith("/v1/chat"):
            body = {"model": model, "stream": True, "messages": [{"role": "user", "content": text}]}
            connection.request("POST", path, json.dumps(body), {"Content-Type": "application/json"})
        else:
            connection.request("GET", path, headers=headers or {})
        return connection.getresponse()

    yield open_stream
    for connection in connections:
        connection.close()


@pytest.fixture
def events():
    """Return the function that reads server-sent events."""
    return read_events
