# SPDX-License-Identifier: Apache-2.0
"""Private: what `ask` and `search` share: passages in a reader's own words.

The words come from the pages' messages, so that a terminal and a page call a standing in law by the same name. Nothing
here searches or answers.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import click

from daulat.assistant.quoting import inert, inert_span
from daulat.assistant.types import Answer, Citation
from daulat.cli._output import Styled, shown
from daulat.nation import Nation, pack_of


def page_words(nation: Nation, language: str) -> Mapping[str, str]:
    """Return what the pages say in a language, or in the nation's first where they do not speak it."""
    # Imported here: the pages bring their templates, which nothing else in a terminal needs.
    from daulat.web import load_messages

    pack = pack_of(nation)
    folders = (pack.path("messages"),) if pack and pack.has("messages") else ()
    return load_messages(folders, nation.language_tags).choose(language, "").live


def status_word(status: str, words: Mapping[str, str]) -> str:
    """Name a standing in law.

    Examples
    --------
    >>> status_word("amended", {"status_amended": "Telah diubah"}), status_word("odd", {"status_unknown": "?"})
    ('Telah diubah', '?')
    """
    return words.get(f"status_{status}") or words["status_unknown"]


def mark_answers(answer: Answer, is_answering: Callable[[Citation], bool], *, bold: bool) -> Styled:
    """Return an answer's text, as `shown`, with the sentences marked that answer, wherever they are quoted in it.

    Parameters
    ----------
    answer : Answer
    is_answering : callable
        Whether a citation may be marked; old text may not.
    bold : bool
        Mark by bold letters; else by » and «, which need no colour.
    """
    text = shown(answer.text)
    for citation in filter(is_answering, answer.citations):
        plain = _fenced(citation.quote, (0, 0), bold=bold)
        marked = _fenced(citation.quote, citation.answer_span, bold=bold)
        text = text.replace(plain, marked, 1) if citation.quote else text
    return Styled(text)


def _fenced(quote: str, span: tuple[int, int], *, bold: bool) -> str:
    """Write a quotation as the assistant does, as `shown`, a `>` before each line, the characters of `span` marked.

    Examples
    --------
    >>> print(_fenced("(1) Births.\\n(2) Deaths are told.", (16, 32), bold=False))
    > (1) Births.
    > (2) » Deaths are told. «
    >>> print(_fenced("Births <b>are</b> told.", (7, 17), bold=False))
    > Births » < b>are< /b> « told.
    """
    start, end = inert_span(quote, span)
    lines, at = [], 0
    for raw in inert(quote).splitlines(keepends=True):
        line = raw.splitlines()[0]
        first, last = max(start - at, 0), min(end - at, len(line))
        if first < last:
            said = shown(line[first:last])
            if bold:
                said = click.style(said, bold=True)
            else:
                said = f"{'» ' if at + first == start else ''}{said}{' «' if at + last == end else ''}"
            line = shown(line[:first]) + said + shown(line[last:])
        else:
            line = shown(line)
        lines.append(f"> {line}" if line.strip() else ">")
        at += len(raw)
    return "\n".join(lines)
