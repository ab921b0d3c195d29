# SPDX-License-Identifier: Apache-2.0
r"""One row of `usage_call` as COPY reads it: what is kept of a call in; a line of text out, a tab between columns.

It is written here because the driver asks each value of each row for its type, which costs three times as much. What a
column cannot hold is cut to what it can, or left out as `\N`: one row must never hold up the others.
"""

from __future__ import annotations

from datetime import UTC, datetime
from functools import lru_cache
from typing import Literal, Protocol

EnergyMethod = Literal["", "meter", "ecologits"]
Discarded = Literal["", "rejected", "lost", "broke_off"]

_MOST = 2**31 - 1
_SMALLEST_REAL, _LARGEST_REAL = 1e-30, 1e30
# As many digits as a `real` has; all five at once take half the time of an f-string.
_FIGURES = "\t".join(["%.7g"] * 5)
_NOTHING_DRAWN = "\t".join(["\\N"] * 5)
_ESCAPED = str.maketrans({"\\": r"\\", "\t": r"\t", "\n": r"\n", "\r": r"\r"})


class Used(Protocol):
    """What a call came to; the names are those of `UsageRow`."""

    @property
    def estimated(self) -> bool: ...
    @property
    def status(self) -> int: ...
    @property
    def code(self) -> str: ...
    @property
    def time_to_first_token_s(self) -> float | None: ...
    @property
    def duration_s(self) -> float: ...
    @property
    def energy_wh(self) -> float | None: ...
    @property
    def energy_low_wh(self) -> float: ...
    @property
    def energy_high_wh(self) -> float: ...
    @property
    def energy_method(self) -> EnergyMethod: ...
    @property
    def carbon_g(self) -> float | None: ...
    @property
    def embodied_g(self) -> float | None: ...
    @property
    def discarded(self) -> Discarded: ...


def usage_line(
    at_s: float,
    names: tuple[str, ...],
    counts: tuple[int, int, int, int],
    used: Used,
    cost: tuple[str, str],
    *,
    stream: bool,
) -> str:
    r"""Return a row's line, behind its id.

    Parameters
    ----------
    at_s : float
        When the call ended, seconds since 1970 UTC.
    names : tuple of str
        Organisation, project, id of the key, model, route, engine, place, reason and class of data.
    counts : tuple of int
        Tokens of the prompt, of the completion, of its reasoning, and of the prompt those that were cached.
    cost : tuple of str
        An amount in decimal digits, and its currency.
    """
    second, microsecond = divmod(int(at_s * 1e6), 1_000_000)
    prompt, completion, reasoning, cached = counts
    # A count that its column cannot hold has a bit above its 31, or is negative and has all of them.
    if (prompt | completion | reasoning | cached) >> 31:
        prompt, completion, reasoning, cached = map(_count, counts)
    return (
        f"\t{_date(second)}.{microsecond:06d}+00\t{_names(*names)}\t{prompt}\t{completion}\t{reasoning}\t{cached}"
        f"\t{used.estimated}\t{used.status}\t{_text(used.code)}"
        f"\t{_milliseconds(used.time_to_first_token_s)}\t{_milliseconds(used.duration_s)}"
        f"\t{cost[0]}\t{_text(cost[1])}\t{_drawn(used)}\t{used.energy_method}\t{stream}\t{used.discarded}\n"
    )


@lru_cache(maxsize=16)
def _date(second: int) -> str:
    """Return a second since 1970 as a date and a time in UTC; many calls end in the same."""
    return datetime.fromtimestamp(second, UTC).strftime("%Y-%m-%d %H:%M:%S")


@lru_cache(maxsize=256)
def _names(*names: str) -> str:
    """Return the columns of names, which most calls of a key share."""
    return "\t".join(map(_text, names))


@lru_cache(maxsize=1024)
def _text(name: str) -> str:
    """Return a name as PostgreSQL can keep it and COPY reads it: callers choose names of models, engines of errors."""
    return name.encode("utf-8", "replace").decode().replace("\0", "")[:300].translate(_ESCAPED)


def _count(tokens: int) -> int:
    return min(max(tokens, 0), _MOST)


def _milliseconds(seconds: float | None) -> str:
    """Return a time to the microsecond, as `_real` would."""
    return f"{seconds * 1000:.3f}" if seconds is not None and 0 <= seconds < _LARGEST_REAL else "\\N"


def _drawn(row: Used) -> str:
    """Return the columns of energy and carbon: at once where all of them are plain figures, which is nearly always."""
    value, carbon, embodied = row.energy_wh, row.carbon_g, row.embodied_g
    if value is None:
        return _NOTHING_DRAWN
    low, high = row.energy_low_wh, row.energy_high_wh
    least, most = _SMALLEST_REAL, _LARGEST_REAL
    if (
        carbon is not None
        and embodied is not None
        and least < low <= value <= high < most
        and least < carbon < most
        and least < embodied < most
    ):
        return _FIGURES % (value, low, high, carbon, embodied)
    return "\t".join(map(_real, (value, low, high, carbon, embodied)))


def _real(figure: float | None) -> str:
    """Return a figure that fits its column, or nothing: what cannot be was not measured."""
    if figure is None or not 0 <= figure < _LARGEST_REAL:
        return "\\N"
    return f"{figure:.7g}" if figure > _SMALLEST_REAL else "0"
