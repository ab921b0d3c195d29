# SPDX-License-Identifier: Apache-2.0
"""The whole front door as it is started: keys from the command line, the official client, workers that are killed."""

import contextlib
import http.client
import json
import os
import signal
import subprocess
import sys
import threading
import time
from urllib.parse import urlsplit

import openai
import psutil
import pytest
from tests.ports import free_port

from daulat.nation import bootstrap
from daulat.store.embedded import EmbeddedServer

MODEL = "\nmodels:\n  - {id: tiny, kind: fake, context_length: 4096, price: {input: 1, output: 2, currency: EUR}}\n"
DAULAT = [sys.executable, "-c", "from daulat.cli import main; main()"]
# One command after another in one process, each as its own process would run it, until one fails: a start is a second.
IN_TURN = """
import sys
from daulat.cli import main
for line in sys.argv[1:]:
    try:
        main(line.split())
    except SystemExit as ended:
        if ended.code:
            raise
"""


class Door:
    """A directory with a declaration, its database held open, and what is started there."""

    def __init__(self, place, valkey_url):
        self.place = place
        self.environ = {**os.environ, "VALKEY_URL": valkey_url}
        self.environ.pop("DATABASE_URL", None)
        self.server = EmbeddedServer(place / ".daulat" / "postgres")
        self.server.start()  # held open, so that the commands below need not start and stop it each time
        self.running = []

    def daulat(self, *commands):
        line = [sys.executable, "-c", IN_TURN, *commands]
        done = subprocess.run(line, cwd=self.place, env=self.environ, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def up(self, workers, port=0):
        words = ["up", "--only", "gateway", "--port", str(port), "--json", "--workers", str(workers)]
        with (self.place / "talk").open("w") as talk:
            process = subprocess.Popen(
                [*DAULAT, *words], cwd=self.place, env=self.environ, stdout=subprocess.PIPE, stderr=talk, text=True
            )
        self.running.append(process)
        said = ""
        while not said.rstrip().endswith("}"):
            line = process.stdout.readline()
            assert line, (self.place / "talk").read_text()
            said += line
        return process, json.loads(said)["url"]

    def close(self):
        for process in self.running:
            process.send_signal(signal.SIGTERM)
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(30)
            process.kill()
            process.communicate()
        self.server.stop()


@pytest.fixture(params=["postgres", "valkey"])
def door(request, tmp_path):
    text = bootstrap("EE").replace("\nmodels: []\n", MODEL)
    assert MODEL in text
    (tmp_path / "nation.yaml").write_text(text, encoding="utf-8")
    opened = Door(tmp_path, request.getfixturevalue("valkey_url") if request.param == "valkey" else "")
    yield opened
    opened.close()


def make_key(door, most, rules=""):
    """Make a key of a project that may ask `most` times a day."""
    said = door.daulat(
        "access organisations create moh",
        "access projects create moh/portal",
        f"access limits set project moh/portal requests day {most}",
        f"access keys create moh/portal --json {rules}",
    )
    return json.loads(said[said.index("{") :])


def code_of(client, messages):
    with pytest.raises(openai.APIStatusError) as refused:
        client.chat.completions.create(model="tiny", messages=messages)
    return refused.value.code


def test_an_application_changes_two_settings_and_meets_its_limits(door):
    key = make_key(door, 3, rules="--model tiny")
    _, url = door.up(1)
    client = openai.OpenAI(base_url=f"{url}/v1", api_key=key["key"], max_retries=0)
    messages = [{"role": "user", "content": "hello"}]
    whole = client.chat.completions.create(model="tiny", messages=messages, max_tokens=20)
    assert whole.choices[0].message.content
    pieces = list(client.chat.completions.create(model="tiny", messages=messages, max_tokens=20, stream=True))
    assert "".join(piece.choices[0].delta.content or "" for piece in pieces if piece.choices)
    with pytest.raises(openai.PermissionDeniedError) as narrow:
        client.chat.completions.create(model="other", messages=messages)
    assert narrow.value.code == "model_not_allowed"
    client.chat.completions.create(model="tiny", messages=messages, max_tokens=20)
    with pytest.raises(openai.RateLimitError) as refused:
        client.chat.completions.create(model="tiny", messages=messages, max_tokens=20)
    assert refused.value.code == "insufficient_quota"
    assert int(refused.value.response.headers["retry-after"]) >= 1
    with pytest.raises(openai.AuthenticationError) as unknown:
        client.with_options(api_key=key["key"][:-1]).chat.completions.create(model="tiny", messages=messages)
    assert unknown.value.code == "invalid_api_key"
    door.daulat(f"access keys revoke {key['id']}")
    deadline = time.monotonic() + 60
    while (said := code_of(client, messages)) != "invalid_api_key":
        assert said == "insufficient_quota"
        assert time.monotonic() < deadline, "it is not revoked"
    # What was answered, and nothing else, is on the account: two prices of three calls.
    deadline = time.monotonic() + 60
    while sum(row["requests"] for row in json.loads(door.daulat("usage --json"))["data"]) < 3:
        assert time.monotonic() < deadline, "it is not written"
    [row] = json.loads(door.daulat("usage --json"))["data"]
    tokens = row["prompt_tokens"] * 1 + row["completion_tokens"] * 2
    assert (row["group"], float(row["cost"])) == ("moh/portal", pytest.approx(tokens / 1e6, abs=1e-8))


def ask(url, key, count, answered):
    """Ask until refused `count` times in a row; every answer that came is counted."""
    place, refused = urlsplit(url), 0
    body = json.dumps({"model": "tiny", "max_tokens": 20, "messages": [{"role": "user", "content": "hello"}]})
    headers = {"content-type": "application/json", "authorization": f"Bearer {key}"}
    connection = None
    while refused < count:
        try:
            connection = connection or http.client.HTTPConnection(place.hostname, place.port, timeout=20)
            connection.request("POST", "/v1/chat/completions", body, headers)
            response = connection.getresponse()
            said = response.read()
        except (OSError, http.client.HTTPException):  # its worker was killed; the kernel finds another
            connection.close()
            connection = None
            time.sleep(0.02)
            continue
        if response.status == 200:
            answered.append(1)
            refused = 0
        elif b'"insufficient_quota"' in said:
            refused += 1
            time.sleep(0.05)
        else:
            time.sleep(0.05)
    if connection is not None:
        connection.close()


@pytest.mark.timeout(900)  # 1,500 calls take two minutes and a half where seven others want the machine too
@pytest.mark.parametrize("workers", [1, 4])
def test_no_more_is_answered_than_there_is_though_workers_are_killed(door, workers):
    most = 1500
    key = make_key(door, most)
    process, url = door.up(workers, free_port())  # which nobody takes while it is started again
    answered = []
    callers = [threading.Thread(target=ask, args=(url, key["key"], 4, answered)) for _ in range(6)]
    for caller in callers:
        caller.start()
    kills = 0
    while kills < 2 and any(caller.is_alive() for caller in callers):
        before = len(answered)
        while len(answered) < before + 150 and any(caller.is_alive() for caller in callers):
            time.sleep(0.01)
        if workers == 1:  # alone, it has nobody who starts it again but us
            process.kill()
            process.wait()
            port = urlsplit(url).port
            process = subprocess.Popen(
                [*DAULAT, "up", "--only", "gateway", "--port", str(port)], cwd=door.place, env=door.environ,
                stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            )  # fmt: skip
            door.running.append(process)
        else:
            serving = [each for each in psutil.Process(process.pid).children() if each.is_running()]
            serving[kills].kill()
        kills += 1
    for caller in callers:
        caller.join(600)
    assert kills == 2
    [row] = json.loads(door.daulat("access limits show --json"))
    assert len(answered) <= int(row["used"]) + int(row["reserved"]) <= most
    # A kill costs what its worker held: a share of the limit, and a call of each caller.
    assert len(answered) >= most - kills * (most // 32 + 6) - workers * 6
