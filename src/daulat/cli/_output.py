# SPDX-License-Identifier: Apache-2.0
"""How every command speaks: data on stdout, talk on stderr, JSON when asked, progress with rate and time left.

A command file takes its `--json` switch, its printing and its progress bars from here, so that all behave alike: colour
helps and never carries the meaning, `NO_COLOR` is respected, a pipe receives data only. Nothing here decides anything.
"""

from __future__ import annotations

import json
import os
import re
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import IO, Any, TypeVar

import click

ADD_SOURCES = "declare sources in sources.yaml (docs/guides/add-a-source.md), then run `daulat knowledge build`"
"""The next step of a nation that has no official text yet."""

# Control characters but tab and line feed, and those that turn the direction of what follows.
_UNSEEN = re.compile(r"[\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
_COMMANDS = re.compile(r"[\x00-\x08\x0b-\x1f]|" + _UNSEEN.pattern)

Command = TypeVar("Command", bound=Callable[..., Any])


def json_option(command: Command) -> Command:
    """Add the `--json` switch, passed to the command as `as_json`."""
    return click.option("--json", "as_json", is_flag=True, help="Print the result as JSON on standard output.")(command)


def shown(text: str) -> str:
    r"""Return a text as a terminal may have it: without what would command it, or turn the order of its letters.

    Texts of documents come out here, and colour of theirs goes too: it could hide words, or look like ours.

    Examples
    --------
    >>> shown("a\x1b]0;title\x07b \x1b[8mhidden \u202eno\tTab")
    'a]0;titleb [8mhidden no\tTab'
    """
    return _COMMANDS.sub("", text)


class Styled(str):
    """A text with bold or colour of our own, of which all else went through `shown`; it is printed as it is."""

    __slots__ = ()


def one_line(text: str) -> str:
    r"""Return a name on one line, whatever its file is called.

    >>> one_line("a\nb.txt")
    'a b.txt'
    """
    return " ".join(shown(text).split("\n"))


def counted(number: int, one: str, many: str = "") -> str:
    """Return a number with the word for what is counted.

    >>> counted(1, "document"), counted(1_234, "document"), counted(0, "document or row", "documents or rows")
    ('1 document', '1,234 documents', '0 documents or rows')
    """
    return f"{number:,} {one if number == 1 else many or f'{one}s'}"


def moment(text: str) -> str:
    """Return a moment of ISO 8601 as people read it in a table: to the second, in UTC.

    >>> moment("2026-11-29T04:53:38.463128+00:00"), moment("2026-11-29T11:53:38+07:00"), moment("")
    ('2026-11-29 04:53:38 UTC', '2026-11-29 04:53:38 UTC', '')
    """
    return f"{datetime.fromisoformat(text).astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC" if text else ""


@contextmanager
def interruptible(kept: str) -> Iterator[None]:
    """Let Ctrl-C be told with what stays of the work, and how it goes on."""
    try:
        yield
    except KeyboardInterrupt as ended:
        ended.add_note(kept)
        raise


def emit_json(value: object) -> None:
    """Print one JSON document on stdout, readable and with every script as it is written."""
    text = json.dumps(value, ensure_ascii=False, indent=2, default=str)
    click.echo(_UNSEEN.sub(lambda found: f"\\u{ord(found[0]):04x}", text))


def emit(text: str = "") -> None:
    """Print a line of data on stdout."""
    click.echo(text if isinstance(text, Styled) else shown(text))


def emit_part(text: str) -> None:
    """Print a part of a line of data on stdout, as it comes."""
    click.echo(shown(text), nl=False)


def has_colour() -> bool:
    """Say whether stdout may carry bold and colour: a terminal that was not asked to do without (`NO_COLOR`)."""
    return sys.stdout.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def say(text: str = "") -> None:
    """Print a line of talk on stderr, where it never disturbs a pipe."""
    click.echo(shown(text), err=True)


def hint(text: str) -> None:
    """Name the next step, as every command does at its end."""
    click.echo(f"{click.style('hint:', fg='cyan')} {shown(text)}", err=True)


def table(headers: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    """Lay out rows in aligned columns, numbers to the right.

    Examples
    --------
    >>> print(table(["part", "MB"], [["encoder", 107], ["index", 9]]))
    part      MB
    encoder  107
    index      9
    """
    cells = [[one_line(str(cell)) for cell in row] for row in rows]
    columns = range(len(headers))
    widths = [max(len(headers[i]), *(len(row[i]) for row in cells)) if cells else len(headers[i]) for i in columns]
    numeric = [bool(rows) and all(isinstance(row[i], int | float) for row in rows) for i in columns]

    def line(row: Sequence[str]) -> str:
        return "  ".join(row[i].rjust(widths[i]) if numeric[i] else row[i].ljust(widths[i]) for i in columns).rstrip()

    return "\n".join([line(headers), *(line(row) for row in cells)])


Advance = Callable[[float], None]


def _rate(per_s: float) -> str:
    """Write a rate with as many digits as say something.

    >>> _rate(66_782.4), _rate(7.31), _rate(0.148)
    ('66,782', '7.3', '0.15')
    """
    return f"{per_s:,.0f}" if per_s >= 10 else f"{per_s:.2g}"


def megabytes(size_bytes: int) -> str:
    """Write a size, a small one too with what says something of it.

    >>> megabytes(484_220_320), megabytes(105_000), megabytes(0)
    ('484 MB', '0.1 MB', '0 MB')
    """
    return f"{size_bytes / 1e6:,.0f} MB" if size_bytes >= 10e6 else f"{size_bytes / 1e6:.2g} MB"


@contextmanager
def progress(
    label: str, total: float | None = None, *, unit: str = "", stream: IO[str] | None = None
) -> Iterator[Advance]:
    """Show a bar with count, rate and time left on stderr; yield the function that moves it on.

    Parameters
    ----------
    label : str
        What is being done, e.g. ``embedding``.
    total : float, optional
        How much there is to do, in `unit`; unknown where None.
    unit : str
        What is counted: ``passages``, or ``bytes`` (shown as a file size).
    stream : file, optional
        Where to draw; stderr by default. Where that is not a terminal one line is printed at the end, no bar.

    Examples
    --------
    >>> import io
    >>> out = io.StringIO()
    >>> with progress("reading", total=2, unit="files", stream=out) as advance:
    ...     advance(1)
    ...     advance(1)
    >>> out.getvalue().startswith("reading: 2 files")
    True
    """
    # Imported here: rich takes 40 ms, and `daulat --help` needs none of it.
    from rich import progress as rich_progress
    from rich.console import Console

    console = Console(file=stream or sys.stderr)
    columns: list[rich_progress.ProgressColumn] = [rich_progress.TextColumn("{task.description}")]
    columns += [rich_progress.BarColumn(), rich_progress.TimeRemainingColumn()]
    if unit == "bytes":
        columns[2:2] = [rich_progress.DownloadColumn(), rich_progress.TransferSpeedColumn()]
    else:
        columns[2:2] = [rich_progress.MofNCompleteColumn(), rich_progress.TextColumn("{task.fields[rate]}")]
    with rich_progress.Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as bar:
        task_id = bar.add_task(label, total=total, rate="")
        task = bar.tasks[0]

        def advance(amount: float) -> None:
            bar.advance(task_id, amount)
            if task.speed:
                bar.update(task_id, rate=f"{_rate(task.speed)} {unit}/s")

        yield advance
    elapsed_s = task.elapsed or 0.0
    rate = task.completed / elapsed_s if elapsed_s else 0.0
    done = counted(round(task.completed), unit.removesuffix("s"), unit)
    console.print(f"{label}: {done} in {elapsed_s:.1f} s ({_rate(rate)} {unit}/s)", highlight=False)
