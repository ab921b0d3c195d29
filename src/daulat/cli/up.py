# SPDX-License-Identifier: Apache-2.0
"""`daulat up`: start everything that a nation declares here, print its address, and stop it all at the end."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import click

from daulat.cli._address import take_address
from daulat.cli._declaration import file_option
from daulat.cli._options import OneOf
from daulat.cli._output import json_option
from daulat.cli._service import run_front, run_service
from daulat.cli._workers import join_board, run_workers
from daulat.gateway.routing import Board
from daulat.nation import Nation, load_nation, pack_of


@click.command("up")
@file_option
@click.option("--port", type=click.IntRange(0, 65535), help="Listen here instead of where nation.yaml says; 0: any.")
@click.option("--only", type=OneOf(["gateway"]), help="Start this part alone: the API in front of engines.")
@click.option("--workers", type=click.IntRange(1, 64), default=1, help="Processes that serve; with --only gateway.")
@click.option("--join", hidden=True)  # the row of a worker on the board of those who share the address
@json_option
def command(path: Path, port: int | None, only: str | None, workers: int, join: str | None, as_json: bool) -> int:
    """Start the service on this machine and print its one address.

    Answers begin when the official text is open; the rest follows in the background. Ctrl-C stops everything that was
    started here: the database, the engines, the address; pressed again, it waits for no answer.

    \b
    daulat up                                  at the address of ./nation.yaml
    daulat up --port 0                         at any free port; with --json a program can read which
    daulat up --only gateway --workers 2       the API in front of engines: keys, quotas, routing; no official text
    """
    if workers > 1 and only is None:
        raise click.UsageError("--workers needs --only gateway: a service with official text runs in one process")
    if workers > 1 and sys.platform != "linux":
        raise click.UsageError("--workers needs Linux: elsewhere processes cannot listen at one address together")
    nation = load_nation(path)
    if only is not None:
        return _front(nation, path, port, workers, join, as_json)
    # Read here, so that the front door alone need not wait for the rooms of the official text.
    from daulat.cli._answering import nation_knowledge
    from daulat.cli._pages import make_pages

    knowledge = nation_knowledge(nation, pack_of(nation))
    return run_service(nation, knowledge, make_pages, os.environ, port=port, as_json=as_json)


def _front(nation: Nation, path: Path, port: int | None, workers: int, join: str | None, as_json: bool) -> int:
    """Start the front door alone, in this process or in several."""
    if join is not None:
        row = join_board(join, nation)
        return run_front(nation, os.environ, port=port, as_json=as_json, workers=workers, join=True, row=row)
    if workers == 1:
        return run_front(nation, os.environ, port=port, as_json=as_json)
    holder = take_address(nation, port)
    taken = str(holder.getsockname()[1])
    words = ["up", "--file", str(path), "--only", "gateway", "--workers", str(workers), "--port", taken, "--join"]
    board = Board.make([model.id for model in nation.models], workers)
    return run_workers(words, board, holder, as_json=as_json)
