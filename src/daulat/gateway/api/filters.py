# SPDX-License-Identifier: Apache-2.0
"""Filters over attributes, as OpenAI's vector stores have them: a filter and attributes in, yes or no out. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from daulat.gateway._decode import fault_of
from daulat.gateway.api.vector_schema import Attribute, Filter
from daulat.gateway.errors import BadRequest

MOST_DEPTH = 8

_COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    "eq": lambda found, wanted: found == wanted,
    "gt": lambda found, wanted: found > wanted,
    "gte": lambda found, wanted: found >= wanted,
    "lt": lambda found, wanted: found < wanted,
    "lte": lambda found, wanted: found <= wanted,
    "in": lambda found, wanted: found in wanted,
}
_NOT = {"ne": "eq", "nin": "in"}


def read_filter(value: dict[str, Any] | None) -> Filter | None:
    """Read a filter and refuse one that means nothing.

    Raises
    ------
    BadRequest
        With the place that is at fault.
    """
    if value is None:
        return None
    try:
        found = msgspec.convert(value, Filter)
    except msgspec.ValidationError as error:
        what, path = fault_of(error)
        raise _invalid(f"filters.{path}" if path else "filters", what) from None
    check(found)
    return found


def fits(attributes: Mapping[str, Attribute], wanted: Filter) -> bool:
    """Say whether attributes satisfy a filter that `check` has passed. What is absent satisfies `ne` and `nin` alone.

    Examples
    --------
    >>> law = {"kind": "UU", "year": 2013}
    >>> fits(law, Filter("and", filters=[Filter("eq", "kind", "UU"), Filter("gte", "year", 2013)]))
    True
    >>> fits(law, Filter("eq", "article", "Pasal 1")), fits(law, Filter("ne", "article", "Pasal 1"))
    (False, True)
    """
    if wanted.type == "and":
        return all(fits(attributes, each) for each in wanted.filters or ())
    if wanted.type == "or":
        return any(fits(attributes, each) for each in wanted.filters or ())
    if wanted.type in _NOT:
        return not _compare(attributes, _NOT[wanted.type], wanted)
    return _compare(attributes, wanted.type, wanted)


def check(wanted: Filter, path: str = "filters", depth: int = 1) -> None:
    """Refuse a filter that means nothing.

    Raises
    ------
    BadRequest
        With the place that is at fault.
    """
    if depth > MOST_DEPTH:
        raise _invalid(path, f"filters stand in each other more than {MOST_DEPTH} deep")
    if wanted.type in ("and", "or"):
        if not wanted.filters:
            raise _invalid(f"{path}.filters", f"`{wanted.type}` needs filters")
        for place, each in enumerate(wanted.filters):
            check(each, f"{path}.filters[{place}]", depth + 1)
        return
    if not wanted.key:
        raise _invalid(f"{path}.key", "a comparison needs a `key`")
    if isinstance(wanted.value, list) != (wanted.type in ("in", "nin")) or wanted.value is None:
        raise _invalid(f"{path}.value", "`in` and `nin` take a list, the others one value")


def equals(wanted: Filter | None, key: str) -> frozenset[str]:
    """Return the values that `key` must have for the filter to be satisfied at all; empty where that is not known.

    Examples
    --------
    >>> sorted(equals(Filter("and", filters=[Filter("in", "status", ["in_force", "amended"])]), "status"))
    ['amended', 'in_force']
    """
    if wanted is None:
        return frozenset()
    if wanted.type == "and":
        return next((found for each in wanted.filters or () if (found := equals(each, key))), frozenset())
    if wanted.key == key and wanted.type == "eq" and isinstance(wanted.value, str):
        return frozenset((wanted.value,))
    if wanted.key == key and wanted.type == "in" and isinstance(wanted.value, list):
        return frozenset(value for value in wanted.value if isinstance(value, str))
    return frozenset()


def _compare(attributes: Mapping[str, Attribute], how: str, wanted: Filter) -> bool:
    found = attributes.get(wanted.key or "")
    if found is None:
        return False
    try:
        return _COMPARE[how](found, wanted.value)
    except TypeError:  # a number and a text have no order
        return False


def _invalid(param: str, what: str) -> BadRequest:
    return BadRequest(
        f"the filter is not one: {what}",
        why="A filter that is read otherwise than it was meant shows the wrong passages.",
        fix="see /openapi.json for the shape of this body.",
        code="invalid_filter",
        param=param,
    )
