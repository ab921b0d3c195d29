# SPDX-License-Identifier: Apache-2.0
"""`daulat up`: start everything that a nation declares here, print its address, and stop it all at the end."""

from __future__ import annotations

import os
from pathlib import Path

import click

from daulat.cli._answering import nation_knowledge
from daulat.cli._output import json_option
from daulat.cli._pages import make_pages
from daulat.cli._service import run_service
from daulat.nation import find_pack, load_nation


@click.command("up")
@click.option(
    "--file",
    "path",
    type=click.Path(path_type=Path),
    default=Path("nation.yaml"),
    show_default=True,
    help="The declaration.",
)
@click.option("--port", type=click.IntRange(0, 65535), help="Listen here instead of where nation.yaml says; 0: any.")
@json_option
def command(path: Path, port: int | None, as_json: bool) -> int:
    """Start the service on this machine and print its one address.

    Answers begin when the official text is open; the rest follows in the background. Ctrl-C stops everything that was
    started here: the database, the engines, the address.

    \b
    daulat up               at the address of ./nation.yaml
    daulat up --port 0      at any free port; with --json a program can read which
    """
    nation = load_nation(path)
    knowledge = nation_knowledge(nation, find_pack(nation.country))
    return run_service(nation, knowledge, make_pages, os.environ, port=port, as_json=as_json)
