# SPDX-License-Identifier: Apache-2.0
"""Languages: how many tokens the same text costs in each language.

Comes in: the languages of a `Place`, a model, and the inputs. Goes out: rows for the input table where somebody has
measured, and the mean ratio to English over all requests. Where nobody has, the ratio is an input with a wide range and
the plan says so.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping
from functools import cache
from importlib.resources import files
from typing import Any

import numpy as np

from daulat.plan.figures import Floats
from daulat.plan.inputs.draws import Values
from daulat.plan.inputs.settings import Settings
from daulat.plan.note import Note, note
from daulat.plan.place import Place

SPREAD = 0.1  # below a measured ratio: other texts, other domains


@cache
def measured() -> tuple[Mapping[str, str], ...]:
    """Return the rows of languages.csv: ratio of tokens to English, by language and tokenizer.

    `tokenizer_of` holds how the names of the models begin that have this vocabulary, with blanks between.
    """
    text = files("daulat.plan").joinpath("data", "languages.csv").read_text(encoding="utf-8")
    return tuple(csv.DictReader(text.splitlines()))


def language_rows(place: Place, settings: Settings) -> dict[str, dict[str, Any]]:
    """Return a row of the input table for each language that was measured, on the tokenizer nearest to the model's.

    The model's own vocabulary first; else the mean of all, with the range of all. A service whose own model has another
    vocabulary than the plan's has rows of its own.
    """
    found = dict(_rows(place, settings.model, "demand"))
    for service in settings.services:
        if _vocabulary(service.model) != _vocabulary(settings.model):
            found |= _rows(place, service.model, f"service.{service.id}")
    return found


def _rows(place: Place, model: str, section: str) -> Iterator[tuple[str, dict[str, Any]]]:
    whose = "" if section == "demand" else f", with the vocabulary of `{model}`"
    for tag, _ in place.languages:
        rows = [row for row in measured() if row["language"] == tag]
        own = [row for row in rows if _has(model, row)]
        used = own or rows
        if not used:
            continue
        same = [float(row["tokens_vs_english"]) for row in used]
        # A word for a word is the upper end: it says what texts of another kind, with fewer long words, may cost.
        low, high = min(same) * (1 - SPREAD), max(float(row["tokens_per_word_vs_english"]) for row in used)
        yield (
            f"{section}.tokens_vs_english_{tag.lower()}",
            {
                "about": f"Tokens of the same text in `{tag}` against English{whose}.",
                "value": float(np.mean(same)),
                **({} if tag == "en" else {"low": low, "high": max(high, *same), "kind": "triangular"}),
                "unit": "ratio",
                "min": 0.2,
                "max": 30.0,
                "basis": "measured",
                "source": "; ".join(dict.fromkeys(row["source"] for row in used)),
                "date": used[0]["date"],
                "licence": "Apache-2.0",
            },
        )


def vocabulary_notes(settings: Settings) -> Iterator[Note]:
    """Yield which models' vocabularies nobody has measured."""
    models = dict.fromkeys((settings.model, *(one.model for one in settings.services)))
    unknown = [model for model in models if not _vocabulary(model)]
    if unknown:
        known = list(dict.fromkeys(row["tokenizer_of"].split()[0] for row in measured()))
        yield note("vocabulary_unmeasured", models=unknown, measured=known)


def _vocabulary(model: str) -> str:
    """Return whose vocabulary a model has, as the table names it; empty where it was not measured."""
    return next((row["tokenizer_of"] for row in measured() if _has(model, row)), "")


def _has(model: str, row: Mapping[str, str]) -> bool:
    return model.startswith(tuple(row["tokenizer_of"].split()))


def token_ratio(place: Place, v: Values, service: str) -> Floats:
    """Return tokens against English of one service, float64[draws, languages], in the order of `place.languages`."""
    columns = []
    for tag, _ in place.languages:
        paths = (f"{section}.tokens_vs_english_{tag.lower()}" for section in (f"service.{service}", "demand"))
        columns.append(v(next((one for one in paths if one in v.arrays), "demand.other_language_tokens_vs_english")))
    return np.concatenate([np.broadcast_to(column, (v.n_draws, 1)) for column in columns], axis=1)


def unmeasured(place: Place) -> tuple[str, ...]:
    """Return the tags that nobody has measured on any tokenizer."""
    known = {row["language"] for row in measured()}
    return tuple(tag for tag, _ in place.languages if tag not in known)
