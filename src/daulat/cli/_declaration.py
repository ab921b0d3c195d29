# SPDX-License-Identifier: Apache-2.0
"""Private: which nation a command is about. `--file`, the path of a declaration, in; the nation out."""

from __future__ import annotations

import os
from pathlib import Path
from tempfile import TemporaryDirectory

import click
from click.core import ParameterSource

from daulat.cli._options import not_empty
from daulat.cli._output import say
from daulat.nation import Nation, bootstrap, installed_packs, load_nation

file_option = click.option(
    "--file",
    "path",
    type=click.Path(path_type=Path),
    callback=not_empty,
    default=Path("nation.yaml"),
    show_default=True,
    help="The declaration.",
)


def is_named() -> bool:
    """Say whether whoever runs the command named a declaration, rather than left it to be found."""
    return click.get_current_context().get_parameter_source("path") is not ParameterSource.DEFAULT


def declared_or_only_pack(path: Path, *, named: bool = False) -> Nation:
    """Return the declared nation; where nothing is declared and one pack is installed, the nation of that pack.

    So a question can be asked right after installing; who builds or publishes declares the nation first. What is
    assumed, and where the texts of that country are built, is said on stderr.

    Parameters
    ----------
    path : Path
        The declaration.
    named : bool
        Whether it was named: a name misspelt must not lead to the law of whichever country has a pack.

    Raises
    ------
    NationError
        If there is no declaration and it was named or there is not exactly one pack, or the declaration has faults.
    """
    packs = installed_packs()
    if named or os.path.lexists(path) or len(packs) != 1:
        return load_nation(path)
    [pack] = packs
    kept = path.resolve().parent / ".daulat"
    say(f"there is no {path}: assuming {pack.country}, the one country whose pack is installed; its texts go to {kept}")
    with TemporaryDirectory() as place:
        written = Path(place) / "nation.yaml"
        written.write_text(bootstrap(pack.country, pack), encoding="utf-8")
        return load_nation(written).placed_in(path.resolve().parent)
