# SPDX-License-Identifier: Apache-2.0
"""Faults between the rule of residency and what data would be sent to: a read file in, faults with their lines out."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from daulat.nation._yaml import YamlFile
from daulat.nation.errors import NationError
from daulat.nation.places import ANYWHERE, Rule, standing

_CLASSES = ("public", "internal", "personal")
# What reads questions beside the models: key under `knowledge`, and what is sent there.
_READERS = {"encoder": "Questions and official text", "reranker": "Questions and the passages found for them"}


def residency_faults(file: YamlFile) -> Iterator[NationError]:
    """Yield the engines that no data may reach, and readers of questions that personal data may not reach."""
    rules = file.data.get("residency")
    if not isinstance(rules, dict):
        return
    yield from _unreachable(file, rules)
    knowledge = file.data.get("knowledge")
    for key, sent in _READERS.items():
        row = knowledge.get(key) if isinstance(knowledge, dict) else None
        if isinstance(row, dict) and isinstance(row.get("url"), str):
            yield from _closed(file, key, row, sent, _personal(rules))


def _unreachable(file: YamlFile, rules: dict[str, Any]) -> Iterator[NationError]:
    """Name the models that the rule of residency keeps from every class of data."""
    lists = [rules.get(name, ANYWHERE if name == "public" else []) for name in _CLASSES]
    if any(not isinstance(rule, list) for rule in lists):
        return  # one of them may go anywhere
    anything = Rule({str(code) for rule in lists for code in rule})
    for index, row in file.rows("models"):
        place = row.get("place")
        if isinstance(place, str) and not anything.allows(place):
            yield NationError(
                f"model `{row.get('id')}` stands in `{place}`, where no class of data may go",
                why="No request would ever reach it.",
                fix="Correct its place, or add that place to the classes of data under `residency` that may go there.",
                code="nation.residency",
                file=file.name,
                line=file.line_of(("models", index, "place")),
            )


def _closed(file: YamlFile, key: str, row: dict[str, Any], sent: str, rule: Rule) -> Iterator[NationError]:
    """Name an endpoint that the rule for personal data keeps questions from."""
    place = standing(row.get("place"), row["url"], str(file.data.get("country")))
    operator = str(row.get("operator") or "")
    if rule.allows(place, operator):
        return
    stands = f"stands in `{place}`" if place else "stands where nobody has said"
    whose = f", with {operator}" if operator else ""
    missing = " and ".join(
        name for name, lacks in (("place", not place), ("operator", rule.operators and not operator)) if lacks
    )
    yield NationError(
        f"`knowledge.{key}` {stands}{whose}, and personal data may go to {rule} only",
        why=f"{sent} would be sent there, and a question of a citizen is personal.",
        fix=(f"If it stands where they may go, write its `{missing}` beside `url`. Else " if missing else "")
        + "name one that does, leave it out, or change `personal` under `residency`.",
        code="nation.residency",
        file=file.name,
        line=file.line_of(("knowledge", key, "place" if "place" in row else "url")),
    )


def _personal(rules: dict[str, Any]) -> Rule:
    """Return the rule for personal data; where its form is wrong, which is a fault of its own, all is allowed."""
    places, among = rules.get("personal"), rules.get("operators")
    operators = among.get("personal") if isinstance(among, dict) else None
    return Rule(
        {str(code) for code in places} if isinstance(places, list) else None,
        {str(name) for name in operators} if isinstance(operators, list) else None,
    )
