# SPDX-License-Identifier: Apache-2.0
"""Prices: what the plan's accelerator costs to buy and to rent, and what its models cost on public APIs.

Comes in: the chosen hardware and models. Goes out: rows for the input table, each with source and date. Where a table
has no row the price is derived from the others with a range twice as wide, and the row says so.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping
from functools import cache
from importlib.resources import files
from statistics import median
from typing import Any

from daulat.plan._tables import accelerators, number


@cache
def table(name: str) -> tuple[Mapping[str, str], ...]:
    """Return the rows of one of the price tables."""
    text = files("daulat.plan").joinpath("data", name).read_text(encoding="utf-8")
    return tuple(csv.DictReader(text.splitlines()))


def price_rows(accelerator: str, models: Iterable[str]) -> dict[str, dict[str, Any]]:
    """Return the rows of the input table for hardware, rent and APIs, by path."""
    rows = {
        "money.hardware_usd_per_accelerator": _hardware(accelerator),
        "money.rent_usd_per_hour": _rent(accelerator),
    }
    for model in dict.fromkeys(models):
        for side in ("input", "output"):
            rows[f"money.api_{side}_usd_per_mtok_{slug(model)}"] = _api(model, side)
    return rows


def slug(model: str) -> str:
    """Return a model's id as part of a path: no dots, for they separate.

    >>> slug("llama-3.3-70b")
    'llama-3-3-70b'
    """
    return model.replace(".", "-")


def _row(about: str, values: list[float], unit: str, top: float, basis: str, source: str, date: str) -> dict[str, Any]:
    value, low, high = values
    spread = {"low": low, "high": high, "kind": "triangular"} if high > low else {}
    return {
        "about": about,
        "value": value,
        **spread,
        "unit": unit,
        "min": 0.0,
        "max": top,
        "basis": basis,
        "source": source,
        "date": date,
        "licence": "facts",
    }


def _hardware(accelerator: str) -> dict[str, Any]:
    about = "One accelerator with its share of server and network."
    found = next((row for row in table("accelerator_prices.csv") if row["accelerator"] == accelerator), None)
    if found:
        values = [float(found[key]) for key in ("usd", "low_usd", "high_usd")]
        return _row(about, values, "USD/accelerator", 1e7, found["basis"], found["source"], found["date"])
    known = [(row["accelerator"], float(row["usd"])) for row in table("accelerator_prices.csv")]
    a_byte = sorted(usd / _bandwidth(name) for name, usd in known)
    values = [_bandwidth(accelerator) * a_byte[place] for place in (len(a_byte) // 2, 1, -2)]
    source = (
        f"no price known for {accelerator}: memory bandwidth times the middle of accelerator_prices.csv, wide range"
    )
    return _row(about, values, "USD/accelerator", 1e7, "judgement", source, "2026-11-25")


def _bandwidth(accelerator: str) -> float:
    return number(accelerators()[accelerator], "memory_bandwidth_gb_per_s") or 1000.0


def _rent(accelerator: str) -> dict[str, Any]:
    about = "List price of renting one accelerator for an hour."
    found = [row for row in table("rental_prices.csv") if row["accelerator"] == accelerator]
    if len(found) > 1:
        prices = sorted(float(row["usd_per_hour"]) for row in found)
        source = "rental_prices.csv: " + ", ".join(f"{row['provider']} {row['usd_per_hour']}" for row in found)
        return _row(
            about, [median(prices), prices[0], prices[-1]], "USD/hour", 1e4, "published", source, found[0]["read_on"]
        )
    buy = _hardware(accelerator)
    one = float(found[0]["usd_per_hour"]) if found else float(buy["value"]) / 8500
    source = (
        f"rental_prices.csv: {found[0]['provider']} alone"
        if found
        else "no list price known: that of buying over 8,500 hours, as of h100 and h200"
    )
    return _row(
        about,
        [one, one * 0.6, one * 1.6],
        "USD/hour",
        1e4,
        "judgement",
        source,
        found[0]["read_on"] if found else "2026-11-25",
    )


def _api(model: str, side: str) -> dict[str, Any]:
    about = f"Public price of a million {side} tokens of {model}."
    found = [row for row in table("api_prices.csv") if row["model"] == model]
    if found:
        prices = sorted(float(row[f"{side}_usd_per_mtok"]) for row in found)
        source = "api_prices.csv: " + ", ".join(f"{row['provider']} {row[f'{side}_usd_per_mtok']}" for row in found)
        wide = len(found) == 1
        values = [median(prices), prices[0] * (0.7 if wide else 1), prices[-1] * (1.4 if wide else 1)]
        return _row(about, values, "USD/Mtok", 1e4, "published", source, found[0]["read_on"])
    rows = [row for row in table("api_prices.csv") if row["model"]]
    prices = sorted(float(row[f"{side}_usd_per_mtok"]) for row in rows)
    source = f"no price known for {model}: the middle half of api_prices.csv"
    values = [median(prices), prices[len(prices) // 4], prices[3 * len(prices) // 4]]
    return _row(about, values, "USD/Mtok", 1e4, "judgement", source, "2026-11-25")
