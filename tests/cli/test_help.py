# SPDX-License-Identifier: Apache-2.0
"""What `--help` shows is whole on a terminal of 80 columns, and a word that is no choice is told what was meant."""

import re
from collections.abc import Iterator

import click
import pytest
from click.testing import CliRunner

from daulat.cli import daulat
from daulat.gateway.access.roles import MEANING

WIDTH = 80


def walk(command: click.Command, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    yield path, command
    if isinstance(command, click.Group):
        context = click.Context(command)
        for name in command.list_commands(context):
            found = command.get_command(context, name)
            assert found is not None
            yield from walk(found, (*path, name))


ALL = {" ".join(path): command for path, command in walk(daulat)}


def help_of(words: str) -> str:
    return CliRunner().invoke(daulat, [*words.split(), "--help"], terminal_width=WIDTH).output


def test_no_summary_in_a_list_of_commands_is_cut():
    for words, group in ALL.items():
        if isinstance(group, click.Group):
            context = click.Context(group)
            listed = help_of(words).partition("Commands:")[2]
            names = group.list_commands(context)
            assert len(listed.strip().splitlines()) == len(names), listed  # one line each, so none is wrapped
            assert "..." not in listed, listed
            for name in names:
                assert re.search(rf"^  {name} +\S", listed, re.MULTILINE), f"{words} {name} has no summary"


def test_a_usage_line_names_its_words_and_the_help_says_what_they_may_be():
    choosing = []
    for words, command in ALL.items():
        text = help_of(words)
        usage, _, body = text.partition("\n\n")
        assert not re.search(r"[{|}]", usage), usage
        for argument in command.params:
            if isinstance(argument, click.Argument) and isinstance(argument.type, click.Choice):
                choosing.append(words)
                assert all(re.search(rf"\b{re.escape(choice)}\b", body) for choice in argument.type.choices), words
    assert {"access limits set", "access roles grant", "plan choices"} <= set(choosing)


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ("access limits set projct a/b requests minute 3", "`projct` is not known; did you mean `project`?"),
        ("access limits set project a/b tokens day 3", "did you mean `tokens_in` or `tokens_out`?"),
        ("access limits set project a/b requests year 3", "`year` is not known; it is one of minute, day, month"),
        ("access roles grant Auditor email:a@b.example", "did you mean `auditor`?"),
        ("plan choices acelerator", "did you mean `accelerator`?"),
        ("usage --each year", "`year` is not known; it is one of day, month."),
        ("usage --by models", "did you mean `model`?"),
        ("search births --status in-force", "did you mean `in_force`?"),
    ],
)
def test_a_word_that_is_no_choice_is_told_what_was_meant(words, told):
    done = CliRunner().invoke(daulat, words.split(), terminal_width=WIDTH)
    assert done.exit_code == 2
    assert told in done.output


def test_every_choice_of_the_command_line_tells_what_was_meant():
    for words, command in ALL.items():
        for given in command.params:
            if isinstance(given.type, click.Choice):
                meant = next(choice for choice in given.type.choices if choice)
                assert "did you mean" in given.type.get_invalid_choice_message(f"{meant}s", None), words


def test_the_help_of_roles_is_that_of_their_table():
    told = help_of("access roles grant")
    for role, meaning in MEANING.items():
        assert f"{role:9} {meaning}" in told
