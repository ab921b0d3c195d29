# SPDX-License-Identifier: Apache-2.0
"""Write what the documentation can take from the code and from itself: the commands' page, and the index of all pages.

Comes in: the click commands of `daulat.cli`, and the first lines of each page. Goes out: `docs/reference/cli.md` and
the lists in `docs/README.md`. Never describes what is not there; `tests/ground/test_docs.py` sees that both are up
to date.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import click
import plan_reference

from daulat.cli import daulat

DOORS = {
    "start": "Can I see it work?",
    "guides": "How do I do this task?",
    "concepts": "Why is it so?",
    "reference": "What exactly is there?",
    "design": "How was it decided?",
}

_BEGIN, _END = "<!-- the lists below", "<!-- end of the lists -->"
_WIDTH = 110


def title_of(page: Path) -> str:
    """Return the first heading of a page, or the name of a file that has none.

    Examples
    --------
    >>> title_of(Path("nation.schema.json"))
    'nation.schema.json'
    """
    if page.suffix != ".md":
        return page.name
    for line in page.read_text(encoding="utf-8").splitlines():
        if line.startswith("# "):
            return re.sub(r"^(Design|Concept|Guide|Reference): *", "", line[2:].strip()).strip()
    return page.stem


def index(docs: Path, current: str) -> str:
    """Return the text of docs/README.md with its lists written again."""
    before, rest = current.split(_BEGIN, 1)
    note, _, rest = rest.partition("\n")
    _, after = rest.split(_END, 1)
    lists = ""
    for door, question in DOORS.items():
        pages = sorted(page for page in (docs / door).glob("*") if page.suffix in {".md", ".json"})
        rows = "".join(f"- [{upper(title_of(page))}]({door}/{page.name})\n" for page in pages)
        lists += f"## {question}\n\n{rows}\n"
    return f"{before}{_BEGIN}{note}\n\n{lists}{_END}{after}"


def upper(title: str) -> str:
    """Begin with a capital, and leave names of files as they are.

    >>> upper("the licence"), upper("openapi.json")
    ('The licence', 'openapi.json')
    """
    return title if title.endswith(".json") else title[:1].upper() + title[1:]


def commands(command: click.Command, path: str) -> Iterator[tuple[str, str]]:
    """Walk the commands: each one's name as typed, and its help."""
    # As every command inherits it from the program; a command that has run keeps its help option.
    names = daulat.context_settings["help_option_names"]
    context = click.Context(
        command, info_name=path, terminal_width=_WIDTH, max_content_width=_WIDTH, help_option_names=names
    )
    command._help_option = None  # click remembers it from the last run in this process, with other names
    yield path, "\n".join(line.rstrip() for line in command.get_help(context).splitlines())
    if isinstance(command, click.Group):
        for name in command.list_commands(context):
            child = command.get_command(context, name)
            if child is not None and not child.hidden:
                yield from commands(child, f"{path} {name}")


def command_page() -> str:
    """Return docs/reference/cli.md: the help of every command."""
    head = (
        "# The command line\n\n"
        "Written from `--help` by `make docs`. Data goes to stdout, talk to stderr; `--json` makes the data\n"
        "machine-readable, an error included. Exit codes: 0 done, 1 an error explained, 2 wrong usage, 130\n"
        "interrupted.\n"
    )
    return head + "".join(f"\n## `{name}`\n\n```text\n{text}\n```\n" for name, text in commands(daulat, "daulat"))


def pages(docs: Path) -> dict[Path, Callable[[], str]]:
    """Return how each written page is made; the commands first, for the index names their page."""
    return {
        docs / "reference" / "cli.md": command_page,
        docs / "reference" / "plan.md": plan_reference.page,
        docs / "README.md": lambda: index(docs, (docs / "README.md").read_text(encoding="utf-8")),
    }


def main() -> None:
    """Write the pages of this checkout."""
    for path, make in pages(Path(__file__).parents[1] / "docs").items():
        path.write_text(make(), encoding="utf-8")


if __name__ == "__main__":
    main()
