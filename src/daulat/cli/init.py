# SPDX-License-Identifier: Apache-2.0
"""`daulat init`: write the first nation.yaml of a country. Never overwrites one without being told to."""

from __future__ import annotations

import difflib
from pathlib import Path

import click

from daulat.cli._output import emit, emit_json, hint, json_option, say
from daulat.files import is_full, read_regular, write_whole
from daulat.nation import NationError, bootstrap, check_text, find_pack
from daulat.nation.reference import find_country


@click.command("init")
@click.argument("country", metavar="ISO-CODE")
@click.option("--file", "path", type=click.Path(path_type=Path, dir_okay=False), default=Path("nation.yaml"),
              show_default=True, help="Where to write it.")  # fmt: skip
@click.option("--force", is_flag=True, help="Replace the file if it exists.")
@click.option("--diff", is_flag=True, help="Write nothing; show how the file would change.")
@json_option
def command(country: str, path: Path, force: bool, diff: bool, as_json: bool) -> None:
    """Write a commented nation.yaml for a country: languages, currency, time zones, jurisdictions, services.

    ISO-CODE is the country's ISO 3166-1 code: two letters, three letters or three digits (`daulat init EE`). Values
    come from CLDR, ISO 3166 and GeoNames, and from the country's pack where one is installed; each says which.
    """
    code = find_country(country).code
    pack = find_pack(code)
    text = bootstrap(code, pack)
    faults = check_text(text, name=str(path))
    if diff:
        _show_diff(path, text, as_json=as_json)
        return
    if path.exists() and not force:
        raise NationError(
            f"{path} exists and was not touched",
            why="It is the nation's own declaration, edited by people.",
            fix="`--diff` shows what would change, `--force` replaces it, `--file` writes another.",
            code="nation.exists",
            value=str(path),
        )
    _write(path, text)
    if as_json:
        written = {"file": str(path), "country": code, "pack": str(pack) if pack else None}
        emit_json({**written, "faults": [fault.as_dict() for fault in faults]})
        return
    say(f"wrote {path}: {find_country(code).name}, with the {'pack ' + str(pack) if pack else 'reference data alone'}")
    for fault in faults:
        say(str(fault))
    if pack is None:
        say(
            f"no pack for {code} is installed: it starts with an empty knowledge base, to which you add sources; "
            "the words of its pages are English until a pack brings those of its languages"
        )
    hint("edit it, run `daulat nation check`, then `daulat up`")


def _write(path: Path, text: str) -> None:
    try:
        write_whole(path, text.encode())
    except OSError as error:
        raise NationError(
            f"{path} cannot be written: {error.strerror}",
            why="The declaration must be kept where the service finds it.",
            fix="Free some space there." if is_full(error) else "Name another place with --file, or make the folder.",
            code="nation.file",
            value=str(path),
        ) from error


def _present(path: Path) -> str:
    """Return the file that is there; nothing where there is none."""
    try:
        return read_regular(path).decode() if path.exists() else ""
    except (OSError, UnicodeDecodeError) as error:
        raise NationError(
            f"{path} cannot be read: {'it is not UTF-8 text' if isinstance(error, ValueError) else error.strerror}",
            why="What would change in it could not be shown.",
            fix="Save it as UTF-8, or name another with --file.",
            code="nation.file",
            value=str(path),
        ) from error


def _show_diff(path: Path, text: str, *, as_json: bool) -> None:
    before = _present(path)
    lines = difflib.unified_diff(
        before.splitlines(), text.splitlines(), str(path), f"{path} (as `daulat init` would write it)", lineterm=""
    )
    changes = "\n".join(lines)
    if as_json:
        emit_json({"file": str(path), "differs": bool(changes), "diff": changes})
    elif changes:
        emit(changes)
    else:
        say(f"{path} is what `daulat init` would write")
