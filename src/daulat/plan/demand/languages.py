# SPDX-License-Identifier: Apache-2.0
"""Languages: how many tokens the same text costs in each language.

Comes in: the languages of a `Place`, a model, and the inputs. Goes out: rows for the input table where somebody has
measured, and the mean ratio to English over all requests. Where nobody has, the ratio is an input with a wide range and
the plan says so.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any

import numpy as np

from daulat.plan.figures import Floats
from daulat.plan.inputs.draws import Values
from daulat.plan.inputs.settings import Settings
from daulat.plan.place import Place

SPREAD = 0.1  # below a measured ratio: other texts, other domains


@cache
def measured() -> tuple[Mapping[str, str], ...]:
    """Return the rows of languages.csv: ratio of tokens to English, by language and tokenizer.

    `tokenizer_of` holds how the names of the models begin that have this vocabulary, with blanks between.
    """
    text = files("daulat.plan").joinpath("data", "languages.csv").read_text(encoding="utf-8")
    return tuple(csv.DictReader(text.splitlines()))


def language_rows(place: Place, model: str) -> dict[str, dict[str, Any]]:
    """Return a row of the input table for each language that was measured, on the tokenizer nearest to the model's.

    The model's own family first; else the mean of all, with the range of all.
    """
    found: dict[str, dict[str, Any]] = {}
    for tag, _ in place.languages:
        rows = [row for row in measured() if row["language"] == tag]
        own = [row for row in rows if _has(model, row)]
        used = own or rows
        if not used:
            continue
        same = [float(row["tokens_vs_english"]) for row in used]
        # A word for a word is the upper end: it says what texts of another kind, with fewer long words, may cost.
        low, high = min(same) * (1 - SPREAD), max(float(row["tokens_per_word_vs_english"]) for row in used)
        fixed = tag == "en"
        found[f"demand.tokens_vs_english_{tag.lower()}"] = {
            "about": f"Tokens of the same text in `{tag}` against English.",
            "value": float(np.mean(same)),
            **({} if fixed else {"low": low, "high": max(high, *same), "kind": "triangular"}),
            "unit": "ratio",
            "min": 0.2,
            "max": 30.0,
            "basis": "measured",
            "source": "; ".join(dict.fromkeys(row["source"] for row in used)),
            "date": used[0]["date"],
            "licence": "Apache-2.0",
        }
    return found


def vocabulary_notes(settings: Settings) -> tuple[str, ...]:
    """Return which models' vocabularies nobody has measured, and which services are counted with another's."""
    found = []
    if not any(_has(settings.model, row) for row in measured()):
        of = ", ".join(dict.fromkeys(row["tokenizer_of"].split()[0] for row in measured()))
        found.append(
            f"tokens by language: the vocabulary of `{settings.model}` was not measured; the mean of {of} is used"
        )
    others = [one.id for one in settings.services if one.model != settings.model]
    if others:
        found.append(f"tokens by language: {', '.join(others)} are counted with the vocabulary of `{settings.model}`")
    return tuple(found)


def _has(model: str, row: Mapping[str, str]) -> bool:
    return model.startswith(tuple(row["tokenizer_of"].split()))


def token_ratio(place: Place, v: Values) -> Floats:
    """Return tokens against English, float64[draws, languages], in the order of `place.languages`."""
    columns = []
    for tag, _ in place.languages:
        path = f"demand.tokens_vs_english_{tag.lower()}"
        columns.append(v(path) if path in v.arrays else v("demand.other_language_tokens_vs_english"))
    return np.concatenate([np.broadcast_to(column, (v.n_draws, 1)) for column in columns], axis=1)


def unmeasured(place: Place) -> tuple[str, ...]:
    """Return the tags that nobody has measured on any tokenizer."""
    known = {row["language"] for row in measured()}
    return tuple(tag for tag, _ in place.languages if tag not in known)
