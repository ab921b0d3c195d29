# SPDX-License-Identifier: Apache-2.0
"""What each answer drew: a declared model with its meter or its size, and a usage, in; the usage with energy out."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from msgspec.structs import replace

from daulat.gateway.observe.energy import EnergyRange, embodied_per_token, energy_per_prompt_token, energy_per_token
from daulat.gateway.observe.meter import MeteredShare
from daulat.gateway.ports import CallUsage
from daulat.ledger import EnergyMethod

NOTHING = EnergyRange(0.0, 0.0, 0.0)
METER: EnergyMethod = "meter"
ECOLOGITS: EnergyMethod = "ecologits"


@dataclass(frozen=True, slots=True)
class Power:
    """What is known of the power of one model on its engine.

    Attributes
    ----------
    per_token : EnergyRange or None
        Modelled, for one output token, at the wall; None where its size is not known.
    metered : MeteredShare or None
        Its meter.
    pue : float
        Site power over what the meter sees.
    grid_gco2_per_kwh : float or None
        The grid of its place.
    per_prompt_token : EnergyRange
        Modelled, for one token that is read, at the wall.
    embodied_g : tuple of float or None
        From making the machines, grams of CO2 equivalent for one prompt token and for one output token.
    """

    per_token: EnergyRange | None = None
    metered: MeteredShare | None = None
    pue: float = 1.0
    grid_gco2_per_kwh: float | None = None
    per_prompt_token: EnergyRange = NOTHING
    embodied_g: tuple[float, float] | None = None

    @staticmethod
    def of_size(active_b: float, total_b: float, pue: float, grid: float | None) -> Power:
        """Model the power of a model of a size."""
        output, prompt = energy_per_token(active_b, total_b, pue), energy_per_prompt_token(active_b, pue)
        return Power(output, None, 1.0, grid, prompt, embodied_per_token(active_b, total_b))

    def modelled(self, written: int, read: int) -> EnergyRange | None:
        """Return what so many tokens written and read draw by the model's size; None where it is not known, or none."""
        writing, reading = self.per_token, self.per_prompt_token
        if writing is None or not (written or read):
            return None
        return EnergyRange(
            writing.low_wh * written + reading.low_wh * read,
            writing.value_wh * written + reading.value_wh * read,
            writing.high_wh * written + reading.high_wh * read,
        )


class EnergyBook:
    """Says what answers drew.

    Parameters
    ----------
    powers : mapping of str to Power
        By declared model.
    clock : callable
        Monotonic seconds.
    """

    def __init__(self, powers: Mapping[str, Power], clock: Callable[[], float]) -> None:
        self._powers, self._clock = powers, clock

    def measured(self, usage: CallUsage) -> CallUsage:
        """Return the usage of an answer that ends now with what it drew and emitted, where that is known."""
        power = self._powers.get(usage.declared)
        if power is None:
            return usage
        read = max(0, usage.prompt_tokens - usage.cached_tokens)
        drawn, method = self._metered(power, usage.engine_s), METER
        if drawn is None:
            drawn, method = power.modelled(usage.completion_tokens, read), ECOLOGITS
        if drawn is None:
            return usage
        grid, making = power.grid_gco2_per_kwh, power.embodied_g
        return replace(
            usage,
            energy_wh=drawn.value_wh,
            carbon_g=None if grid is None else drawn.value_wh * grid / 1000,
            energy_low_wh=drawn.low_wh,
            energy_high_wh=drawn.high_wh,
            embodied_g=None if making is None else read * making[0] + usage.completion_tokens * making[1],
            energy_method=method,
        )

    def _metered(self, power: Power, seconds: float) -> EnergyRange | None:
        """Return what the meter of a model says of the last seconds; None where it has none, or says nothing."""
        if power.metered is None:
            return None
        now = self._clock()
        measured = power.metered.energy_wh(now - seconds, now)
        if measured is None:
            return None
        value = measured * power.pue
        return EnergyRange(value, value, value)
