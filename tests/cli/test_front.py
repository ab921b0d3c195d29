# SPDX-License-Identifier: Apache-2.0
"""`daulat up --only gateway`: one address, as many workers as were asked for, and nothing left behind."""

import json
import os
import signal
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest
from click.testing import CliRunner

from daulat.cli import up
from daulat.nation import bootstrap

PROGRAM = Path(sys.executable).with_name("daulat")


class Front:
    def __init__(self, directory: Path, workers: int) -> None:
        words = [PROGRAM, "up", "--only", "gateway", "--port", "0", "--json", "--workers", str(workers)]
        self.talk = directory / "talk"
        with self.talk.open("w") as talk:
            self.process = subprocess.Popen(
                words, cwd=directory, stdout=subprocess.PIPE, stderr=talk, text=True, start_new_session=True
            )
        lines = ""
        while not lines.endswith("}\n"):
            line = self.process.stdout.readline()
            assert line, self.talk.read_text()
            lines += line
        self.url = json.loads(lines)["url"]

    def children(self) -> set[int]:
        pid = self.process.pid
        return {int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()}

    def is_alive(self) -> bool:
        with urllib.request.urlopen(f"{self.url}/healthz", timeout=20) as response:
            return json.load(response)["status"] == "ok"

    def end(self, number=signal.SIGTERM) -> int:
        if self.process.poll() is None:
            os.kill(self.process.pid, number)
        code = self.process.wait(60)
        self.process.stdout.close()
        return code


def until(is_true) -> None:
    deadline = time.monotonic() + 60
    while not is_true():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def is_running(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


@pytest.fixture
def start(tmp_path):
    (tmp_path / "nation.yaml").write_text(bootstrap("EE"))
    started = []

    def starting(workers=1):
        started.append(Front(tmp_path, workers))
        return started[-1]

    yield starting
    for front in started:
        front.end(signal.SIGKILL)


def test_the_front_door_opens_alone_and_ends_with_zero(start):
    front = start()
    assert front.is_alive()
    with urllib.request.urlopen(f"{front.url}/v1/models", timeout=20) as response:
        assert json.load(response)["data"] == []  # no services, for there is no official text
    assert front.end() == 0


def test_a_worker_that_is_killed_is_replaced_and_all_end_together(start):
    front = start(workers=2)
    first = front.children()
    assert len(first) == 2
    victim = min(first)
    os.kill(victim, signal.SIGKILL)
    until(lambda: len(front.children()) == 2 and victim not in front.children())
    assert front.is_alive()
    everybody = front.children()
    assert front.end() == 0
    assert not any(is_running(pid) for pid in everybody)


def test_what_a_terminal_sends_to_all_of_them_workers_leave_to_the_one_that_leads(start):
    front = start(workers=2)
    everybody = front.children()
    for worker in everybody:
        os.kill(worker, signal.SIGINT)
        os.kill(worker, signal.SIGHUP)
    time.sleep(1)
    assert "stopping" not in front.talk.read_text()
    os.killpg(front.process.pid, signal.SIGINT)
    assert front.process.wait(60) == 130
    assert front.talk.read_text().count("stopping") == 2
    assert not any(is_running(pid) for pid in everybody)


def test_workers_do_not_outlive_the_process_that_started_them(start):
    front = start(workers=2)
    workers = front.children()
    front.end(signal.SIGKILL)
    until(lambda: not any(is_running(pid) for pid in workers))


def test_workers_without_the_front_door_alone_are_a_wrong_use(tmp_path):
    done = subprocess.run(
        [PROGRAM, "up", "--workers", "2"], cwd=tmp_path, capture_output=True, text=True, check=False, timeout=60
    )
    assert done.returncode == 2
    assert "--only gateway" in done.stderr


def test_workers_elsewhere_than_on_linux_are_a_wrong_use(monkeypatch):
    monkeypatch.setattr(sys, "platform", "darwin")
    done = CliRunner().invoke(up.command, ["--only", "gateway", "--workers", "2"])
    assert done.exit_code == 2
    assert "needs Linux" in done.stderr
