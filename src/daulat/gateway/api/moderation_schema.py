# SPDX-License-Identifier: Apache-2.0
"""The bodies of POST /v1/moderations, as OpenAI's clients send and read them. No logic."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta, Struct

from daulat.gateway.schema import ModelId, Text


class TextPart(Struct):
    """A text as a part. No image: no rule here sees one."""

    text: Text
    type: Literal["text"]


class ModerationRequest(Struct):
    """The body of POST /v1/moderations. Without `model` the rules of the country's pack answer."""

    input: Text | Annotated[list[Text | TextPart], Meta(min_length=1, max_length=128)]
    model: ModelId | None = None


class ModerationResult(Struct):
    """One text. A score is 1 where a rule fits and 0 where none does: rules know nothing between."""

    flagged: bool
    categories: dict[str, bool]
    category_scores: dict[str, float]
    category_applied_input_types: dict[str, list[str]]


class ModerationMethod(Struct):
    """What the rules are, and which categories they look at; the others are false because nobody looked."""

    method: str
    checked: list[str]
    not_checked: list[str]


class ModerationResponse(Struct):
    """The answer to POST /v1/moderations."""

    id: str
    model: str
    results: list[ModerationResult]
    daulat: ModerationMethod
