# SPDX-License-Identifier: Apache-2.0
"""Word lists of verification: `verification.yaml` in; its lists by language, or all its faults by line, out.

A key that nothing would read, or a pattern that cannot be one, would silently make the check of a model's sentences
weaker; so such a file is not read at all. What the lists mean stands in the core's own file.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, ValidationError

from daulat.assistant.errors import AssistantError
from daulat.language import PackFiles
from daulat.nation import Guide, read_yaml, tell_lines

Sense = Literal[
    "must", "may", "right", "must_not", "need_not", "cannot", "free", "exempt", "not", "except",
    "at_most", "at_least", "more", "less", "or_more", "or_less", "before", "after", "until",
    "only", "by", "to", "from", "and", "or", "and_or", "which", "if", "besides", "back",
]  # fmt: skip

_FILE = "verification.yaml"


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class WordLists(_Part):
    """The lists of one language; variants of a phrase are parted by `|`."""

    into: str = ""
    senses: dict[Sense, str] = {}
    terms: dict[str, str] = {}
    same: dict[str, str] = {}
    roots: dict[str, str] = {}
    free: str = ""
    values: dict[str, int | float] = {}
    times: dict[str, int] = {}
    teens: dict[str, int] = {}
    units: str = ""
    labels: str = ""
    active: re.Pattern[str] | None = None
    passive: re.Pattern[str] | None = None
    ending: re.Pattern[str] | None = None


class _File(_Part):
    format: Literal[1]
    languages: dict[str, WordLists]


def load_word_lists(pack: PackFiles | None) -> Mapping[str, WordLists]:
    """Read the lists of a pack's languages, and the core's for languages that the pack has none for.

    Raises
    ------
    AssistantError
        With every fault of a file.

    Examples
    --------
    >>> load_word_lists(None)["en"].senses["by"]
    'by'
    """
    core = read_word_lists(Path(__file__).with_name(_FILE))
    return {**core, **read_word_lists(pack.path("assistant", _FILE))} if pack and pack.has("assistant", _FILE) else core


def read_word_lists(path: Path) -> Mapping[str, WordLists]:
    """Read one file; see `load_word_lists`."""
    file = read_yaml(path)
    try:
        return _File.model_validate(file.data or {}).languages
    except ValidationError as error:
        told = tell_lines(error, file, _File, Guide(path.name))
        lines = "\n".join(f"  {path.name} line {line}: {fault}" for line, fault in told)
        raise AssistantError(
            f"{path} has {len(told)} fault{'s' if len(told) > 1 else ''}\n{lines}",
            why="What a model writes is checked by these lists; with half of them, false sentences would stand.",
            fix=f"Correct the lines named; {_FILE} of the core tells of every key.",
            code="assistant.verification",
        ) from error
