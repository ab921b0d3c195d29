# SPDX-License-Identifier: Apache-2.0
"""The command line: words of the operator in, calls to the rooms below, data on stdout and talk on stderr out.

One file a command, read only when that command is called, so that `daulat --help` stays quick. A command file exports
`command`, a `click.Command` or group; the table below names it. Commands are thin: they parse, call, and print.
"""

from __future__ import annotations

import importlib
import io
import os
import re
import sys
from collections.abc import Sequence
from typing import NamedTuple, NoReturn

import click
from click.exceptions import NoSuchCommand

from daulat.cli._output import emit_json, hint, say
from daulat.errors import DaulatError
from daulat.files import is_full

__all__ = ["COMMANDS", "EXIT_INTERRUPTED", "main"]

EXIT_INTERRUPTED = 130  # 128 + SIGINT, as shells expect


class Row(NamedTuple):
    """Where a command lives, and the line that `daulat --help` shows for it."""

    module: str
    help: str


COMMANDS: dict[str, Row] = {
    "init": Row("daulat.cli.init", "Write a commented nation.yaml for a country."),
    "nation": Row("daulat.cli.nation", "Check and show the declaration of the nation."),
    "up": Row("daulat.cli.up", "Start everything on this machine and print its address."),
    "ask": Row("daulat.cli.ask", "Ask one question and read the answer with its sources."),
    "search": Row("daulat.cli.search", "Search the official text."),
    "knowledge": Row("daulat.cli.knowledge", "Build, verify and publish releases of the official text."),
    "models": Row("daulat.cli.models", "List, pull and run open-weight models."),
    "access": Row("daulat.cli.access", "Give out keys, set limits and roles."),
    "usage": Row("daulat.cli.usage", "Sum up what was used, and by whom."),
    "store": Row("daulat.cli.store", "Show the database, and bring its tables up to date."),
    "plan": Row("daulat.cli.plan", "Plan what the nation needs: accelerators, power, money."),
    "status": Row("daulat.cli.status", "Say how a running service is."),
    "doctor": Row("daulat.cli.doctor", "Check that this machine has what Daulat needs."),
    "bench": Row("daulat.cli.bench", "Measure retrieval and answers."),
}

# Each question is encoded in a thread of its own. Where its products have threads too, these spin while they wait for
# each other, and on busy cores keep the one that they wait for from its work.
_ANSWERING = frozenset({"up", "ask", "search", "bench"})


class LazyGroup(click.Group):
    """A group that imports a command's file only when that command is used."""

    def list_commands(self, _ctx: click.Context) -> list[str]:
        """Name the commands in the order in which an operator meets them."""
        return list(COMMANDS)

    def get_command(self, _ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import the file of one command and return what it exports."""
        row = COMMANDS.get(cmd_name)
        if row is None:
            return None
        if cmd_name in _ANSWERING:
            os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # read when NumPy is imported, so no later than here
        command = importlib.import_module(row.module).command
        if not isinstance(command, click.Command):
            raise TypeError(f"{row.module}.command is not a click.Command")
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find a command; of one that is not there, name what was probably meant, which click knows of no table."""
        try:
            return super().resolve_command(ctx, args)
        except NoSuchCommand as error:
            raise NoSuchCommand(error.command_name, possibilities=COMMANDS, ctx=ctx) from None

    def format_commands(self, _ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the commands from the table, importing none of them."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, row.help) for name, row in COMMANDS.items()])


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.version_option(package_name="daulat", message="%(prog)s %(version)s")
def daulat() -> None:
    """Daulat: a country's own AI, on its own machines, answering from its own official text.

    \b
    First steps:
      daulat init ID        write nation.yaml for a country (ISO 3166-1 code)
      daulat up             start the service and print its address
      daulat ask "..."      ask a question from here
    """


def main(arguments: Sequence[str] | None = None) -> None:
    """Run one command and exit with a code that tells: 0 done, 1 an error explained, 2 wrong usage, 130 interrupted.

    With `--json` an error is data too, wrong usage as well: `{"error": {"code", "what", "why", "fix"}}` on stdout.
    """
    given = list(sys.argv[1:] if arguments is None else arguments)
    try:
        result = daulat.main(args=given, prog_name="daulat", standalone_mode=False)
        sys.exit(result if isinstance(result, int) else 0)
    except DaulatError as error:
        _tell(error, as_json="--json" in given)
    except click.ClickException as error:
        _tell_usage(error, as_json="--json" in given)
    except (click.Abort, KeyboardInterrupt) as ended:
        say("; ".join(["interrupted", *getattr(ended.__cause__ or ended, "__notes__", [])]))
        sys.exit(EXIT_INTERRUPTED)
    except BrokenPipeError:
        # The reader of our pipe has gone (`daulat ... | head`); point stdout elsewhere to keep the flush at exit quiet.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)
    except OSError as error:
        # Whoever expects one says more; this is for a disk that fills or a right that goes at any other moment.
        if not error.filename and not is_full(error):
            raise
        _tell(_refused(error), as_json="--json" in given)


def _tell(error: DaulatError, *, as_json: bool) -> NoReturn:
    if as_json:
        emit_json({"error": error.as_dict()})
    else:
        say(str(error))
    sys.exit(error.exit_code)


def _tell_usage(error: click.ClickException, *, as_json: bool) -> NoReturn:
    meant = _declaration_meant(error)
    if as_json:
        context = getattr(error, "ctx", None)
        told = DaulatError(
            error.format_message(),
            why="The command was not run.",
            fix=meant or f"`{context.command_path if context else 'daulat'} --help` says how it is written.",
            code="cli.usage",
        )
        emit_json({"error": told.as_dict()})
    else:
        words = io.StringIO()
        error.show(file=words)
        say(words.getvalue().rstrip("\n"))  # what was typed comes back in it, and may be a name out of a document
        if meant:
            say()
            hint(meant)
    sys.exit(error.exit_code)


def _declaration_meant(error: click.ClickException) -> str:
    """Say how a declaration is named, where one was written as a word that the command does not take."""
    context = getattr(error, "ctx", None)
    found = re.search(r"[^\s('\"]+\.ya?ml(?=[\s)'\",]|$)", error.message)
    if context is None or found is None or isinstance(error, click.BadParameter):
        return ""
    options = {name for parameter in context.command.params for name in parameter.opts}
    option = next((name for name in ("--file", "--nation") if name in options), "")
    return f"a declaration is named by an option: `{option} {found[0]}`." if option else ""


def _refused(error: OSError) -> DaulatError:
    """Say what the system refused, where it named a file or the disk is full."""
    place = error.filename or "the disk"
    return DaulatError(
        f"{place}: {error.strerror}",
        why="The command could not go on; what it had not finished is not there.",
        fix="Free some space and run it again." if is_full(error) else "Look whether it is there and who may use it.",
        code="cli.refused",
    )
