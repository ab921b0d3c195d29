# SPDX-License-Identifier: Apache-2.0
"""What a million output tokens of a model cost on rented accelerators: models and a system in; prices with a range out.

Predicted throughput times the list price of renting. An answer of `output_tokens` brings the reading of `prompt_tokens`
with it. Chooses no model; a model that does not fit, or that the planner has no dimensions of, has no price.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from daulat.plan._rows import Workload
from daulat.plan._tables import accelerators, models, number
from daulat.plan.errors import DoesNotFitError, PlanError
from daulat.plan.money.prices import price_rows
from daulat.plan.throughput import predict

_REPLICA_SIZES = (1, 2, 4, 8)
_REQUESTS_A_ACCELERATOR = 32.0
_SOFTWARE_OF = date(2025, 8, 15)


@dataclass(frozen=True, slots=True)
class System:
    """What models are priced on.

    Attributes
    ----------
    accelerator : str
        Its id in the planner's tables.
    prompt_tokens, output_tokens : float
        Of a mean request.
    utilisation : float
        Share of what it could do that is really asked of it, in (0, 1].
    """

    accelerator: str = "h100-sxm"
    prompt_tokens: float = 1000.0
    output_tokens: float = 300.0
    utilisation: float = 0.5


@dataclass(frozen=True, slots=True)
class TokenCost:
    """US dollars for a million output tokens, with the range of throughput and price; `basis` says how it was found."""

    model: str
    usd_per_mtok: float
    low: float
    high: float
    basis: str


def token_costs(names: Iterable[str], system: System | None = None) -> dict[str, TokenCost]:
    """Price models on a system; those that cannot be priced are left out.

    Raises
    ------
    PlanError
        If the accelerator is not in the planner's tables.

    Examples
    --------
    >>> cost = token_costs(["llama-3.1-8b", "nobody-knows-it"])
    >>> list(cost), cost["llama-3.1-8b"].low < cost["llama-3.1-8b"].usd_per_mtok < cost["llama-3.1-8b"].high
    (['llama-3.1-8b'], True)
    """
    system = system or System()
    if system.accelerator not in accelerators():
        raise PlanError(
            f"`{system.accelerator[:60]}` is not an accelerator of the planner",
            why="Nothing is known of its speed and price.",
            fix=f"use one of {', '.join(accelerators())}.",
            code="plan.accelerator",
        )
    found = (_cost(name, system) for name in names if name in models())
    return {cost.model: cost for cost in found if cost is not None}


def _cost(name: str, system: System) -> TokenCost | None:
    """Return the price on the number of accelerators a replica at which it is lowest."""
    found = [cost for size in _REPLICA_SIZES if (cost := _cost_on(name, size, system)) is not None]
    return min(found, key=lambda cost: cost.usd_per_mtok, default=None)


def _cost_on(name: str, size: int, system: System) -> TokenCost | None:
    rent = price_rows(system.accelerator, [])["money.rent_usd_per_hour"]
    has_fp8 = number(accelerators()[system.accelerator], "fp8_tflops") is not None
    precision = "fp8" if has_fp8 else "bf16"
    workload = Workload(
        name, name, system.accelerator, size, precision, "closed-loop concurrency", "", "", "vllm",
        system.prompt_tokens, system.output_tokens, _REQUESTS_A_ACCELERATOR * size, None, _SOFTWARE_OF,
    )  # fmt: skip
    try:
        [speed] = predict([workload])
    except DoesNotFitError:
        return None
    mean, used = speed.predicted_output_tok_s_per_accelerator, system.utilisation
    price, low, high = (float(rent.get(key, rent["value"])) for key in ("value", "low", "high"))
    basis = (
        f"{size} x {system.accelerator}, {precision}, {mean:,.0f} output tokens/s each at full load, "
        f"{used:.0%} used, {price:g} USD/h"
    )
    return TokenCost(name, _usd(price, mean, used), _usd(low, speed.p90, used), _usd(high, speed.p10, used), basis)


def _usd(usd_per_hour: float, tokens_per_s: float, utilisation: float) -> float:
    """Return US dollars for a million tokens.

    >>> round(_usd(3.6, 1000, 0.5), 6)    # 3.6 USD buy 1000 x 3600 x 0.5 tokens
    2.0
    """
    return usd_per_hour / (tokens_per_s * 3600 * utilisation) * 1e6
