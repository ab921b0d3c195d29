# SPDX-License-Identifier: Apache-2.0
"""Private: options of several commands, whose mistakes are told at once. What was typed in; a value of its kind out."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date
from difflib import get_close_matches
from pathlib import Path
from typing import Any, TypeVar

import click

from daulat.nation import reference

Given = TypeVar("Given", Path, str | None)


def nearest(name: str, known: Iterable[str]) -> list[str]:
    """Return what was probably meant by a name that is not known: at most three, the nearest first.

    Examples
    --------
    >>> nearest("tokens", ["requests", "tokens_in", "tokens_out"]), nearest("Day", ["day", "month"])
    (['tokens_in', 'tokens_out'], ['day'])
    """
    spelt = {item.casefold(): item for item in known}
    if same := spelt.get(name.casefold()):
        return [same]
    return [spelt[item] for item in get_close_matches(name.casefold(), spelt, n=3)]


class OneOf(click.Choice[str]):
    """One of a few words. Another word is refused with those that it is nearest to; with all, where it is near none."""

    def get_invalid_choice_message(self, value: Any, ctx: click.Context | None) -> str:  # noqa: ARG002
        """Return the refusal of a word."""
        words = [word for word in self.choices if word]
        if near := nearest(str(value), words):
            return f"`{value}` is not known; did you mean {' or '.join(f'`{one}`' for one in near)}?"
        return f"`{value}` is not known; it is one of {', '.join(words)}."


def not_empty(_context: click.Context, parameter: click.Parameter, value: Given) -> Given:
    """Take a name that may be left out, but not be empty: a variable of a script that is not set is no choice.

    Raises
    ------
    BadParameter
        If it is the empty text, or a path that ends in no name, such as `.` and `/`.
    """
    if value == "" or (isinstance(value, Path) and not value.name):
        raise click.BadParameter("it names nothing; name one, or leave it out.", param=parameter)
    return value


def language_tag(_context: click.Context, _option: click.Parameter, value: str) -> str:
    """Take an option that is a BCP 47 tag of a language that exists; empty stays empty.

    Raises
    ------
    BadParameter
        With the tag that was probably meant.
    """
    head, dash, rest = value.partition("-")
    tag = f"{head.lower()}{dash}{rest}"
    if not tag or reference.is_language(tag):
        return tag
    near = reference.suggest_language(value)
    meant = f"did you mean `{near}`?" if near else "use a tag such as `en`."
    raise click.BadParameter(f"`{value}` is not a known BCP 47 tag; {meant} `daulat nation languages` lists them.")


def day(_context: click.Context, _option: click.Parameter, value: str) -> str:
    """Take an option that is a day as ISO 8601 writes it; empty stays empty.

    Raises
    ------
    BadParameter
        If there is no such day.
    """
    try:
        if value and not re.fullmatch(r"\d{4}-\d\d-\d\d", value):
            raise ValueError(value)
        return value and date.fromisoformat(value).isoformat()
    except ValueError:
        raise click.BadParameter(f"`{value}` is not a day; write year-month-day, such as 2023-03-31.") from None
