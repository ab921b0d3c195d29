# SPDX-License-Identifier: Apache-2.0
"""Private: what pydantic found in a declaration in; the sentences that its author reads out.

Shared by nation.yaml and by the declarations of other rooms, so that a misspelt key is met with the same help
everywhere. It knows no key: the model says which there are.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from daulat.nation._yaml import YamlFile

_NEAR = 0.65  # how much of two keys must agree; less names another key than the one that was meant
Loc = tuple[int | str, ...]
# What belongs in a place, by how pydantic's kind of error begins: its name, and how it is written.
_BELONGS = {
    "int_": ("a whole number", "Write digits alone, such as `365`."),
    "float_": ("a number", "Write digits alone, such as `12` or `0.5`."),
    "finite_number": ("a number", "Write digits alone, such as `12` or `0.5`."),
    "bool_": ("yes or no", "Write `true` or `false`."),
    "string_type": ("text", "Write one text in its place."),
    "list_type": ("a list", "Write it in brackets, parted by commas: `[one, two]`."),
    "tuple_type": ("a list", "Write it in brackets, parted by commas: `[one, two]`."),
}
_BOUNDS = {
    "greater_than_equal": "{ge:,.12g} or more",
    "greater_than": "more than {gt:,.12g}",
    "less_than_equal": "{le:,.12g} or less",
    "less_than": "less than {lt:,.12g}",
}
_SECRET = re.compile(r"(?:key|secret|token|password)(?:_from)?$")


# Keys that files of earlier versions have: what to do with them.
_GONE = {"retention.audit_days": "Delete the line: events are a chain, which cannot lose its beginning, and are kept."}


@dataclass(frozen=True, slots=True)
class Told:
    """A fault: what it is, why it matters, what to write instead, and its code."""

    what: str
    why: str
    fix: str
    code: str


@dataclass(frozen=True, slots=True)
class Guide:
    """What is declared in, and where its author finds help: a whole sentence each, or nothing.

    Parameters
    ----------
    file : str
        As the author calls it.
    example, rules : str
        Where it is shown how a value is written; where it is stated what is allowed.
    """

    file: str
    example: str = ""
    rules: str = ""


def is_secret(loc: Loc) -> bool:
    """Say whether a secret may stand in a place, by mistake or not; what is there is never shown.

    >>> is_secret(("models", 0, "key_from")), is_secret(("api_key",)), is_secret(("knowledge", "trusted_keys", 0))
    (True, True, False)
    """
    return bool(_SECRET.search(next((step for step in reversed(loc) if isinstance(step, str)), "")))


def told_once(errors: list[ErrorDetails], model: type[BaseModel]) -> list[ErrorDetails]:
    """Leave out the keys that are missing because they are misspelt: the misspelt one is told, with what was meant."""
    meant = {
        (*error["loc"][:-1], near)
        for error in errors
        if error["type"] == "extra_forbidden"
        and (near := _nearest(str(error["loc"][-1]), _known_keys(model, error["loc"])))
    }
    return [error for error in errors if error["type"] != "missing" or error["loc"] not in meant]


def explain(error: ErrorDetails, model: type[BaseModel], guide: Guide) -> Told:
    """Turn one error of pydantic into sentences."""
    if is_secret(error["loc"]) and error["type"] not in ("missing", "extra_forbidden"):
        return _no_secret(error["loc"])
    context = error.get("ctx", {})
    key, shown = ".".join(str(step) for step in error["loc"]), _short(error["input"])
    match error["type"]:
        case "nation_fault":
            return Told(*(str(context[name]) for name in ("what", "why", "fix", "code")))
        case "missing":
            why = "It has no default that would be right for every nation."
            return Told(
                f"`{key}` is missing", why, _joined(f"Add `{error['loc'][-1]}:`.", guide.example), "nation.missing"
            )
        case "extra_forbidden":
            meant = _meant(str(error["loc"][-1]), known := _known_keys(model, error["loc"]))
            fix = _GONE.get(key) or meant or f"The keys here: {', '.join(known)}."
            return Told(f"`{key}` is not a key of {guide.file}", "It would have no effect.", fix, "nation.key")
        case "literal_error":
            expected = str(context.get("expected", ""))
            meant = _meant(shown.strip("`"), expected.replace("'", "").replace(" or ", ", ").split(", "))
            fix = _joined(meant, f"One of {expected}.")
            return Told(f"`{key}` is {shown}", "Only some words have a meaning here.", fix, "nation.value")
        case "string_pattern_mismatch":
            return Told(
                f"`{key}` is {shown}, which has characters or a length that it may not have",
                "It becomes part of URLs, file names and records.",
                f"It must match {context.get('pattern')}.",
                "nation.value",
            )
        case "model_type" | "model_attributes_type" | "dict_type":
            known = [] if error["type"] == "dict_type" else _known_keys(model, (*error["loc"], ""))
            keys = f" that may hold {', '.join(f'`{name}`' for name in known)}" if known else ""
            why, fix = "One value cannot say which key it is for.", f"Write a mapping{keys}, each `key: value`."
            return Told(f"`{key}` is {shown}, where keys with values belong", why, fix, "nation.value")
        case kind if kind.startswith("date_"):
            why, fix = "How old a text is could not be said.", "Write it as `2026-05-02`."
            return Told(f"`{key}` is {shown}, which is not a day", why, fix, "nation.value")
        case "string_type" if isinstance(error["input"], int | float):
            why, fix = "As a number it could lose a zero.", f"Write it between quotes: `'{error['input']}'`."
            return Told(f"`{key}` is {shown}, a number where text belongs", why, fix, "nation.value")
        case "value_error":
            why, fix = "What depends on it could not be worked out.", "Correct the value."
            return Told(f"`{key}`: {context['error']}", why, fix, "nation.value")
        case _:
            return _another_belongs(error, key, shown, guide)


def _another_belongs(error: ErrorDetails, key: str, shown: str, guide: Guide) -> Told:
    """Say of a value of the wrong kind or size what belongs in its place, in words that need no Python."""
    kind, why = error["type"], "What depends on it could not be worked out."
    if kind in _BOUNDS:
        allowed = _BOUNDS[kind].format(**error.get("ctx", {}))
        fix = _joined(f"Write {allowed}.", guide.rules)
        return Told(f"`{key}` is {shown}, and may be {allowed}", why, fix, "nation.value")
    for begins, (belongs, fix) in _BELONGS.items():
        if kind.startswith(begins):
            one = isinstance(error["input"], str) and error["input"]
            fix = f"Write it in brackets: `[{one}]`." if belongs == "a list" and one else fix
            return Told(f"`{key}` is {shown}, where {belongs} belongs", why, _joined(fix, guide.rules), "nation.value")
    fix = _joined("Correct the value.", guide.rules)
    return Told(f"`{key}` is {shown}: {error['msg'][0].lower()}{error['msg'][1:]}", why, fix, "nation.value")


def _no_secret(loc: Loc) -> Told:
    return Told(
        f"`{'.'.join(map(str, loc))}` is not the name of an environment variable",
        "The secret itself never stands in a declaration; if it does now, whoever has read the file knows it.",
        "Write a name in capitals, such as `ENGINE_KEY`, and put the secret into that variable.",
        "nation.secret",
    )


def tell_lines(error: ValidationError, file: YamlFile, model: type[BaseModel], guide: Guide) -> list[tuple[int, str]]:
    """Return all that pydantic found in a file, each with its line and what to write instead, in order."""
    found: list[tuple[int, str]] = []
    for fault in told_once(error.errors(include_url=False), model):
        told = explain(fault, model, guide)
        # A rule of our own says in its one sentence what to write instead.
        more = "" if fault["type"] == "value_error" else f"; {told.fix[0].lower()}{told.fix[1:]}"
        found.append((file.line_of(fault["loc"]), told.what + more))
    return sorted(found)


def _meant(word: str, known: list[str]) -> str:
    near = _nearest(word, known)
    return f"did you mean `{near}`?" if near else ""


def _nearest(word: str, known: list[str]) -> str:
    return next(iter(get_close_matches(word, known, n=1, cutoff=_NEAR)), "")


def _joined(*sentences: str) -> str:
    return " ".join(sentence for sentence in sentences if sentence)


def _known_keys(model: Any, loc: Loc) -> list[str]:
    """Return the keys that the mapping around `loc` may have."""
    for step in loc[:-1]:
        if isinstance(step, str) and step in model.model_fields:
            model = _model_in(model.model_fields[step].annotation) or model
    return list(model.model_fields)


def _model_in(annotation: Any) -> Any:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    inner = [_model_in(argument) for argument in getattr(annotation, "__args__", ())]
    return next((found for found in inner if found is not None), None)


def _short(value: object) -> str:
    text = f"{value}" if isinstance(value, str | int | float) else f"a {type(value).__name__}"
    return "empty" if value in ("", None) else f"`{text[:60]}{'...' if len(text) > 60 else ''}`"
