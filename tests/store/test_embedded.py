# SPDX-License-Identifier: Apache-2.0
"""The embedded server on its bad days: two at once, killed, full, foreign. Real processes, real kill -9."""

import contextlib
import os
import signal
import subprocess
from pathlib import Path

import psutil
import psycopg
import pytest
from servers import fill, kill_server, postmaster_pid, wait_until

from daulat.store import DataVersionError, DiskFullError, EmbeddedServer, StoreBusyError, StoreError
from daulat.store._locks import turn
from daulat.store._privilege import account_for
from daulat.store.embedded import _binaries

HOLD = """
import sys, pathlib, time
from daulat.store import EmbeddedServer
server = EmbeddedServer(pathlib.Path(sys.argv[1]))
print(server.start(), flush=True)
time.sleep(600)
"""
MAKE = f"""
import pathlib, time
pathlib.Path.rename = lambda *_: time.sleep(600)  # what is made stays under its other name until the kill
{HOLD}
"""
SERVE = """
import asyncio, pathlib, signal, sys
from daulat.store import StoreSettings, open_store
async def main():
    task = asyncio.current_task()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
    async with open_store(StoreSettings(pathlib.Path(sys.argv[1]))):
        print("open", flush=True)
        await asyncio.sleep(600)
asyncio.run(main())
"""
RESUME = """
import os, pathlib, signal, sys, time
time.sleep(1)
pathlib.Path(sys.argv[1]).touch()
os.kill(int(sys.argv[2]), signal.SIGCONT)
"""


def rows(conninfo: str) -> list[tuple[str]]:
    with psycopg.connect(conninfo) as connection:
        return connection.execute("SELECT release_id FROM knowledge_release ORDER BY 1").fetchall()


def publish(conninfo: str, release: str) -> None:
    with psycopg.connect(conninfo) as connection:
        connection.execute(
            "INSERT INTO knowledge_release VALUES (%s, %s, '2026-01-01Z', 'test', false)", [release, bytes(32)]
        )


def test_a_new_directory_becomes_a_database_that_no_network_can_reach(new_dir):
    server = EmbeddedServer(new_dir)
    with psycopg.connect(server.start()) as connection:
        assert connection.execute("SHOW listen_addresses").fetchone() == ("",)
        assert connection.execute("SHOW fsync").fetchone() == ("on",)
        assert connection.execute("SHOW data_checksums").fetchone() == ("on",)
    assert new_dir.stat().st_mode & 0o077 == 0
    server.stop()
    assert postmaster_pid(new_dir) is None


def test_postgresql_never_runs_as_root(data_dir):
    server = EmbeddedServer(data_dir)
    server.start()
    assert psutil.Process(postmaster_pid(data_dir)).uids().effective != 0
    server.stop()


def test_the_second_user_joins_and_the_last_one_out_stops_the_server(data_dir):
    first, second = EmbeddedServer(data_dir), EmbeddedServer(data_dir)
    first.start()
    pid = postmaster_pid(data_dir)
    conninfo = second.start()
    first.stop()
    assert postmaster_pid(data_dir) == pid
    assert rows(conninfo) == []
    second.stop()
    assert postmaster_pid(data_dir) is None


def test_two_processes_that_start_at_once_share_one_new_database(new_dir, script):
    one, two = script(HOLD, new_dir), script(HOLD, new_dir)
    assert one.stdout.readline() == two.stdout.readline()
    assert [path.name for path in new_dir.parent.glob("*unfinished*")] == []


def test_a_process_killed_while_it_makes_the_database_leaves_nothing_that_stops_the_next(new_dir, script):
    killed = script(MAKE, new_dir)
    wait_until(lambda: list(new_dir.parent.glob("postgres.unfinished-*/PG_VERSION")))
    killed.send_signal(signal.SIGKILL)
    killed.wait()
    assert not new_dir.exists()
    server = EmbeddedServer(new_dir)
    server.start()
    server.stop()


def test_a_server_whose_owner_was_killed_is_joined_and_stopped_by_the_next(data_dir, script):
    owner = script(HOLD, data_dir)
    publish(owner.stdout.readline().strip(), "r1")
    pid = postmaster_pid(data_dir)
    owner.send_signal(signal.SIGKILL)
    owner.wait()
    assert postmaster_pid(data_dir) == pid
    server = EmbeddedServer(data_dir)
    assert rows(server.start()) == [("r1",)]
    assert postmaster_pid(data_dir) == pid
    server.stop()
    assert postmaster_pid(data_dir) is None


def test_what_was_committed_survives_a_killed_server(data_dir):
    first = EmbeddedServer(data_dir)
    publish(first.start(), "r1")
    kill_server(data_dir)
    assert (data_dir / "postmaster.pid").exists()
    second = EmbeddedServer(data_dir)
    assert rows(second.start()) == [("r1",)]
    first.stop()
    second.stop()


def test_a_stale_number_that_now_belongs_to_a_stranger_does_not_stop_a_start(data_dir):
    server = EmbeddedServer(data_dir)
    publish(server.start(), "r1")
    kill_server(data_dir)
    account = account_for(data_dir, _binaries())
    stranger = subprocess.Popen([*account.prefix, "sleep", "600"])
    try:
        file = data_dir / "postmaster.pid"
        lines = file.read_text().splitlines(keepends=True)
        file.write_text("".join([f"{stranger.pid}\n", *lines[1:]]))
        again = EmbeddedServer(data_dir)
        assert rows(again.start()) == [("r1",)]
        again.stop()
        assert stranger.poll() is None
    finally:
        stranger.kill()
        stranger.wait()
        server.stop()


@pytest.mark.parametrize("sign", [signal.SIGINT, signal.SIGTERM])
def test_whoever_is_asked_to_end_stops_the_server_it_started(data_dir, script, sign):
    owner = script(SERVE, data_dir)
    assert owner.stdout.readline() == "open\n"
    assert postmaster_pid(data_dir)
    owner.send_signal(sign)
    owner.wait()
    assert postmaster_pid(data_dir) is None


def test_who_waits_too_long_is_told_which_process_holds_the_lock(data_dir):
    with turn(data_dir, 1), pytest.raises(StoreBusyError, match=f"process {os.getpid()} "):
        EmbeddedServer(data_dir, start_timeout_s=0.2).start()


def test_data_of_another_major_version_are_refused_and_not_touched(data_dir):
    (data_dir / "PG_VERSION").write_text("16\n")
    before = {path: path.stat().st_mtime_ns for path in data_dir.rglob("*")}
    with pytest.raises(DataVersionError, match="16"):
        EmbeddedServer(data_dir).start()
    assert {path: path.stat().st_mtime_ns for path in data_dir.rglob("*")} == before


def test_a_directory_that_holds_something_else_is_refused_and_not_touched(new_dir):
    new_dir.mkdir(parents=True)
    (new_dir / "thesis.txt").write_text("the only copy")
    with pytest.raises(StoreError, match="does not hold PostgreSQL data"):
        EmbeddedServer(new_dir).start()
    assert [path.name for path in new_dir.iterdir()] == ["thesis.txt"]


def test_a_place_that_cannot_be_written_is_named(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError) as refused:
        EmbeddedServer(tmp_path / "file" / "postgres").start()
    assert refused.value.code == "store.directory"


def test_damaged_data_are_refused_with_what_postgresql_says_and_its_log(data_dir):
    (data_dir / "global" / "pg_control").unlink()
    with pytest.raises(StoreError) as refused:
        EmbeddedServer(data_dir).start()
    assert "pg_control" in refused.value.what
    assert "postgres.log" in refused.value.fix
    assert postmaster_pid(data_dir) is None


def test_a_path_too_long_for_a_socket_is_no_obstacle(tmp_path, made_once):
    data_dir = tmp_path / ("long" * 30) / "postgres"
    data_dir.parent.mkdir()
    subprocess.run(["cp", "-a", made_once, data_dir], check=True)
    server = EmbeddedServer(data_dir)
    conninfo = server.start()
    assert rows(conninfo) == []
    server.stop()
    socket_dir = conninfo.split()[0].removeprefix("host=")
    assert not Path(socket_dir).exists()


def test_a_full_disk_is_named_before_anything_is_made(small_disk):
    disk = small_disk("40m")
    with pytest.raises(DiskFullError, match="full"):
        EmbeddedServer(disk / "postgres").start()
    assert not (disk / "postgres").exists()


def test_a_disk_that_fills_up_loses_nothing_and_is_named(small_disk, made_once):
    data_dir = small_disk("90m") / "postgres"
    subprocess.run(["cp", "-a", made_once, data_dir], check=True)
    server = EmbeddedServer(data_dir)
    publish(server.start(), "r1")
    server.stop()
    ballast = data_dir.parent / "ballast"
    fill(ballast)
    with pytest.raises(DiskFullError):
        EmbeddedServer(data_dir).start()
    ballast.unlink()
    assert rows(server.start()) == [("r1",)]
    server.stop()


def test_the_log_does_not_repeat_what_a_statement_held(data_dir):
    server = EmbeddedServer(data_dir)
    with psycopg.connect(server.start()) as connection, pytest.raises(psycopg.Error):
        connection.execute("SELECT 1 / (length(%s) - length(%s))", ["kartu keluarga", "kartu keluarga"])
    server.stop()
    log = server.log.read_text()
    assert "division by zero" in log
    assert "kartu" not in log


def test_helpers_of_a_killed_server_must_end_before_the_next_one_writes(data_dir, script):
    first = EmbeddedServer(data_dir)
    with contextlib.closing(psycopg.connect(first.start())) as busy:
        helper = busy.info.backend_pid
        os.kill(helper, signal.SIGSTOP)  # a helper that does not see the death of its server
        kill_server(data_dir)
        resumed = data_dir.with_name("resumed")
        script(RESUME, resumed, helper)
        second = EmbeddedServer(data_dir)
        second.start()
        assert resumed.exists()
        second.stop()
        first.stop()


def test_a_killed_server_is_revived_at_the_address_that_it_had(data_dir):
    server = EmbeddedServer(data_dir)
    address = server.start()
    publish(address, "r1")
    kill_server(data_dir)
    server.revive()
    assert rows(address) == [("r1",)]
    server.revive()  # nothing to do
    server.stop()
    assert postmaster_pid(data_dir) is None


def test_a_revived_server_keeps_its_address_where_its_socket_lies_elsewhere(tmp_path, made_once):
    data_dir = tmp_path / ("long" * 30) / "postgres"
    data_dir.parent.mkdir()
    subprocess.run(["cp", "-a", made_once, data_dir], check=True)
    server = EmbeddedServer(data_dir)
    address = server.start()
    kill_server(data_dir)
    server.revive()
    assert rows(address) == []
    server.stop()
    assert postmaster_pid(data_dir) is None
