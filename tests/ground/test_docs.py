# SPDX-License-Identifier: Apache-2.0
"""The documentation leads where it says, is up to date with the code, and its runnable examples run.

A fenced block that opens with `console run` is run: each `$` line by a shell, in an empty folder that the blocks of
one page share; the lines under a command have to be in its output, in that order, and `...` stands for any lines. A
page that starts with `make up` has its nation declared by then.
"""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
import reference

from daulat.cli import daulat

ROOT = Path(__file__).parents[2]
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("packs/*/*.md")])
LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
FENCE = re.compile(r"^```console run\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def prose(page: Path) -> str:
    """Return a page without its blocks of code."""
    return re.sub(r"^```.*?^```$|`[^`\n]*`", "", page.read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL)


def anchors(page: Path) -> set[str]:
    """Return the anchors that a page's headings make, as GitHub makes them."""
    headings = re.findall(r"^#+ (.*)$", re.sub(r"^```.*?^```$", "", page.read_text("utf-8"), flags=re.M | re.S), re.M)
    return {re.sub(r"[^\w\- ]", "", heading.strip().lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_leads_somewhere(page: Path) -> None:
    broken = []
    for link in LINK.findall(prose(page)):
        if re.match(r"[a-z]+:", link):
            continue
        name, _, anchor = link.partition("#")
        target = (page.parent / name).resolve() if name else page
        if not target.exists() or (anchor and target.suffix == ".md" and anchor not in anchors(target)):
            broken.append(link)
    assert not broken


# A page that code, data or a message sends its reader to; other projects' folders have other names.
NAMED = re.compile(r"\bdocs/(?:start|guides|concepts|reference|design)/[\w.-]+\.(?:md|json|ipynb)(?:#[\w-]+)?")


def test_every_page_that_the_code_names_is_there() -> None:
    kinds = {".py", ".yaml", ".html", ".toml"}
    sources = [path for path in [*ROOT.glob("src/**/*"), *ROOT.glob("packs/**/*")] if path.suffix in kinds]
    broken = []
    for path in sources:
        for name, _, anchor in (found.partition("#") for found in NAMED.findall(path.read_text(encoding="utf-8"))):
            page = ROOT / name
            if not page.exists() or (anchor and anchor not in anchors(page)):
                broken.append(f"{path.relative_to(ROOT)}: {name}#{anchor}")
    assert broken == []


@pytest.mark.parametrize("page", ["README.md", "reference/cli.md", "reference/plan.md"])
def test_what_is_written_from_the_code_is_up_to_date(page: str) -> None:
    path = ROOT / "docs" / page
    assert path.read_text(encoding="utf-8") == reference.pages(ROOT / "docs")[path](), "run `make docs`"


TYPED = re.compile(r"^\$ daulat\b", re.MULTILINE)
WITHIN_REACH = 'export PATH="$PWD/.venv/bin:$PATH"'


@pytest.mark.parametrize(
    "page", [*ROOT.glob("docs/start/*.md"), *ROOT.glob("docs/guides/*.md")], ids=lambda page: page.name
)
def test_a_page_says_how_daulat_is_found_before_it_types_it(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    typed = TYPED.search(text)
    assert not typed or WITHIN_REACH in text[: typed.start()]


def examples() -> list[Path]:
    """Return the pages that have a runnable block."""
    return [page for page in PAGES if FENCE.search(page.read_text("utf-8"))]


@pytest.mark.timeout(1_200)  # of its commands, each of which has a limit of its own
@pytest.mark.parametrize("page", examples(), ids=lambda page: page.name)
def test_the_commands_of_a_page_run_and_say_what_it_says(page: Path, tmp_path: Path) -> None:
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    text = page.read_text(encoding="utf-8")
    if re.search(r"^\$ make up$", text, re.MULTILINE):
        subprocess.run([Path(sys.executable).with_name("daulat"), "init", "ID"], cwd=tmp_path, check=True)
    for block in FENCE.findall(text):
        for part in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
            command, _, expected = part.partition("\n")
            done = subprocess.run(
                ["/bin/sh", "-c", command], cwd=tmp_path, env={**os.environ, "PATH": path, "NO_COLOR": "1"},
                stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=480, check=False,
            )  # fmt: skip
            said = iter(done.stdout.splitlines())
            missing = [line for line in expected.splitlines() if line not in {"", "..."} and line not in said]
            assert done.returncode == 0, f"$ {command}\n{done.stdout}"
            assert not missing, f"$ {command}\n{done.stdout}"


# What is put between backquotes, as in the hint of an error too, or typed after a `$`; braces are filled in.
SHOWN = re.compile(r"`(?:\$ )?daulat ([^`\n]+)`|^\s*\$ (?:\w+=\S+ )*daulat ((?:[^\n\\]|\\\n)*)", re.MULTILINE)
TELLING = [
    *(page for page in PAGES if page.name != "CHANGELOG.md"),
    *(path for folder in ("src", "packs") for path in ROOT.glob(f"{folder}/**/*.py") if "tests" not in path.parts),
]


def shown(path: Path) -> Iterator[str]:
    """Yield the commands that a file shows, each without what is piped, and with the first of verbs like ``a|b``."""
    for words in SHOWN.findall(path.read_text(encoding="utf-8")):
        typed = re.sub(r"\\\n", " ", "".join(words))
        yield re.split(r" [|>&#]|;", re.sub(r"\{[^}]*\}", "X", re.sub(r"(?<=\w)\|[\w|]+", "", typed)))[0]


def unknown(typed: str) -> str:
    """Say which command or option of a line there is not; empty where all are there."""
    command: click.Command = daulat
    context = click.Context(command, info_name="daulat")
    words = iter(word for word in shlex.split(typed.replace("'", " ")) if word not in ("...", "…"))
    for word in words:
        if word.startswith("-"):
            name = word.partition("=")[0]
            named = [each for each in command.get_params(context) if name in (*each.opts, *each.secondary_opts)]
            if not named:
                return f"{context.command_path} {name}"
            if isinstance(named[0], click.Option) and not named[0].is_flag and "=" not in word:
                for _ in range(named[0].nargs):
                    next(words, None)
        elif isinstance(command, click.Group):
            if word.startswith("X"):  # the program fills in which
                return ""
            found = command.get_command(context, word)
            if found is None:
                return f"{context.command_path} {word}"
            command, context = found, click.Context(found, parent=context, info_name=word)
    return ""


def test_every_command_that_is_shown_is_there_with_its_options() -> None:
    missing = {
        f"{path.relative_to(ROOT)}: {fault}" for path in TELLING for typed in shown(path) if (fault := unknown(typed))
    }
    assert missing == set()


@pytest.mark.parametrize("typed", ["serve", "knowledge bild", "up --prot 80", "plan explain NAME --deep 3"])
def test_a_command_that_is_not_there_would_be_found(typed: str) -> None:
    assert unknown(typed)


def test_every_verb_of_make_that_is_shown_is_there() -> None:
    verbs = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    told = {
        verb
        for page in PAGES
        for verb in re.findall(r"(?:`|^\$ )make ([a-z-]+)", page.read_text("utf-8"), re.MULTILINE)
    }
    assert told <= verbs
    assert told >= {"up", "test", "lint"}
