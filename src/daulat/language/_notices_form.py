# SPDX-License-Identifier: Apache-2.0
"""The form of a notices.yaml: what it may say, checked; a tree of text in, the same with every place filled, out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from typing import Any, Literal, get_args

from daulat.language.errors import LanguageError

Tier = Literal["alone", "always", "beside", "short", "urgent"]
KEYS = ("urgent_words", "near_words", "question_words", "asking_words", "past_words")
_TREES = ("groups", "courtesies", "emergencies")


def checked(data: Any) -> dict[str, Any]:
    """Return notices with all of their places, those that are not written empty.

    Raises
    ------
    LanguageError
        If the data is of another form, or has a key or a tier that nothing would read.
    """
    tree = _tree("notices.yaml", {} if data is None else data)
    _known("notices.yaml", tree, (*_TREES, "exceptions", *KEYS))
    full: dict[str, Any] = {key: _texts(key, tree.get(key) or {}) for key in ("groups", "courtesies")}
    emergencies = _tree("emergencies", tree.get("emergencies") or {})
    full["emergencies"] = {name: _texts(f"emergencies.{name}", tiers or {}) for name, tiers in emergencies.items()}
    for name, tiers in full["emergencies"].items():
        _known(f"emergencies.{name}", tiers, get_args(Tier))
    return {**full, **_texts("notices.yaml", {key: tree.get(key) or "" for key in ("exceptions", *KEYS)})}


def _tree(place: str, data: Any) -> Mapping[str, Any]:
    if not isinstance(data, Mapping):
        raise _fault(f"`{place}` is not a mapping of names", "Write `name:` and what belongs to it, one a line.")
    # A bare `off` or `no` is to YAML a truth value, not text; it would silently hear nothing.
    other = next((key for key in data if not isinstance(key, str)), None)
    if other is not None:
        raise _fault(
            f"`{place}` has the key `{other}`, which is not text",
            "Quote it: YAML takes a bare on, off, yes or no for a truth value.",
        )
    return data


def _texts(place: str, data: Any) -> dict[str, str]:
    tree = _tree(place, data)
    other = next((key for key, value in tree.items() if not isinstance(value, str | None)), None)
    if other is not None:
        raise _fault(
            f"`{place}`: `{other}` is not text", "Write patterns behind `>-`, parted by `|`; quote a lone `no`."
        )
    return {key: value or "" for key, value in tree.items()}


def _known(place: str, tree: Mapping[str, Any], names: Iterable[str]) -> None:
    names = tuple(names)
    strange = next((key for key in tree if key not in names), None)
    if strange is not None:
        near = get_close_matches(strange, names, n=1)
        meant = f"Did you mean `{near[0]}`?" if near else f"Use {', '.join(f'`{name}`' for name in names)}."
        raise _fault(f"`{place}` has `{strange}`, which nothing reads", meant)


def _fault(what: str, fix: str) -> LanguageError:
    named = what if "notices.yaml" in what else f"notices.yaml: {what}"
    return LanguageError(named, why="Somebody in danger might not be heard.", fix=fix, code="language.notices")
