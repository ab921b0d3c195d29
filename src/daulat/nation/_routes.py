# SPDX-License-Identifier: Apache-2.0
"""Faults between a nation's routes and models: a read file in, faults with their lines out."""

from __future__ import annotations

from collections.abc import Iterator

from daulat.nation._yaml import YamlFile
from daulat.nation.errors import NationError


def route_faults(file: YamlFile) -> Iterator[NationError]:
    """Yield what is wrong with routes and prices, tolerating whatever else is wrong."""
    models = {str(row.get("id")): row for _, row in file.rows("models")}
    for index, route in file.rows("routes"):
        name = route.get("id")
        if name in models:
            yield _fault(
                file, ("routes", index, "id"), "nation.duplicate",
                f"route `{name}` has the name of a model",
                "Nobody could tell which of the two is meant.", "Give one of them another name.",
            )  # fmt: skip
        targets = route.get("to")
        for place, target in enumerate(targets if isinstance(targets, list) else []):
            named = target.get("model") if isinstance(target, dict) else None
            if named is not None and str(named) not in models:
                yield _fault(
                    file, ("routes", index, "to", place, "model"), "nation.route",
                    f"route `{name}` leads to `{named}`, which is not among the models",
                    "Requests for it would go nowhere.",
                    f"Use one of {', '.join(sorted(models)) or 'the models; none is declared yet'}.",
                )  # fmt: skip
        if route.get("policy") == "cascade" and isinstance(targets, list) and len(targets) < 2:
            yield _fault(
                file, ("routes", index), "nation.route",
                f"route `{name}` is a cascade of one model",
                "There is no larger one to go to.", "Add the larger model, or use another policy.",
            )  # fmt: skip
    yield from _currencies(file)


def _currencies(file: YamlFile) -> Iterator[NationError]:
    """Name the first model whose price is in another currency than those before it."""
    first = ""
    for index, row in file.rows("models"):
        price = row.get("price")
        currency = str(price.get("currency", "")) if isinstance(price, dict) else ""
        first = first or currency
        if currency and currency != first:
            yield _fault(
                file, ("models", index, "price"), "nation.price",
                f"model `{row.get('id')}` has its price in {currency}, models before it in {first}",
                "A service may ask either, and what a call may cost has to be known before one of them answers.",
                "State all prices in one currency.",
            )  # fmt: skip
            return


def _fault(file: YamlFile, loc: tuple[int | str, ...], code: str, what: str, why: str, fix: str) -> NationError:
    return NationError(what, why=why, fix=fix, code=code, file=file.name, line=file.line_of(loc))
