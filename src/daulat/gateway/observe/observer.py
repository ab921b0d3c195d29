# SPDX-License-Identifier: Apache-2.0
"""The observer: hears of each call once, when it has ended, and tells metrics, traces and the log. Never waits."""

from __future__ import annotations

from daulat.gateway.observe.calls import CallLog
from daulat.gateway.observe.metrics import Metrics
from daulat.gateway.observe.power import METER, EnergyBook
from daulat.gateway.observe.traces import Traces
from daulat.gateway.ports import Call, CallUsage, Grant, Target

_BY_METER, _BY_ECOLOGITS = ',"by_meter":1,"by_ecologits":0', ',"by_meter":0,"by_ecologits":1'


class CallObserver:
    """Tells whoever is declared; see `daulat.gateway.ports.Observer`.

    Parameters
    ----------
    energy : EnergyBook
        What answers drew.
    metrics : Metrics
        Always kept: a few additions a call.
    traces, log : optional
        Where declared.
    """

    def __init__(
        self, energy: EnergyBook, metrics: Metrics, traces: Traces | None = None, log: CallLog | None = None
    ) -> None:
        self.energy, self.metrics, self.traces, self.log = energy, metrics, traces, log

    def measure(self, call: Call, grant: Grant, target: Target, usage: CallUsage) -> CallUsage:  # noqa: ARG002
        """Return the usage with its energy and carbon, where something is known of them."""
        return self.energy.measured(usage)

    def annotate(self, call: Call, grant: Grant, target: Target, usage: CallUsage) -> bytes:  # noqa: ARG002
        """Return the member ``daulat`` of the answer's `usage`: whole numbers, which every client can add up."""
        told = _times(call, usage)
        money, currency = self.metrics.cost(
            usage.declared, usage.prompt_tokens, usage.completion_tokens, usage.cached_tokens
        )
        if currency:  # in 10⁻⁸ of its unit
            told += f',"cost_{currency.lower()}_e8":{round(money * 1e8)}'
        if usage.energy_wh is not None:
            told += _drawn(usage, usage.energy_wh)
        return f'"daulat":{{{told[1:]}}}'.encode() if told else b""

    def finished(self, call: Call, grant: Grant | None, target: Target | None, usage: CallUsage) -> None:  # noqa: ARG002
        """Take note of a call."""
        self.metrics.add(call, usage)
        if self.traces is not None:
            self.traces.add(call, usage)
        if self.log is not None:
            self.log.add(call, grant, usage)

    def discarded(self, call: Call, grant: Grant, usage: CallUsage) -> None:
        """Take note of an attempt within a call that nobody was given."""
        self.metrics.discard(usage)
        if self.traces is not None:
            self.traces.add(call, usage)
        if self.log is not None:
            self.log.add(call, grant, usage)


def _times(call: Call, usage: CallUsage) -> str:
    """Tell how long the first token took and, of a stream, each further one: a whole answer comes at once."""
    first_s = usage.time_to_first_token_s
    if first_s is None:
        return ""
    told = f',"ttft_us":{round(first_s * 1e6)}'
    if call.stream and usage.completion_tokens > 1:
        told += f',"tpot_us":{round((usage.duration_s - first_s) / (usage.completion_tokens - 1) * 1e6)}'
    return told


def _drawn(usage: CallUsage, energy_wh: float) -> str:
    """Tell energy and carbon, one by one and not in a loop: this is written into every answer.

    The method is told by two members, of which one is 1, so that their sums count answers by method.
    """
    low_wh, high_wh, carbon_g = usage.energy_low_wh, usage.energy_high_wh, usage.carbon_g
    told = (
        f',"energy_uwh":{int(energy_wh * 1e6 + 0.5)},"energy_low_uwh":{int(low_wh * 1e6 + 0.5)}'
        f',"energy_high_uwh":{int(high_wh * 1e6 + 0.5)}'
    )
    if carbon_g is not None:
        factor = carbon_g / energy_wh * 1e6 if energy_wh else 0.0  # the grid's
        told += (
            f',"carbon_ug":{int(carbon_g * 1e6 + 0.5)},"carbon_low_ug":{int(low_wh * factor + 0.5)}'
            f',"carbon_high_ug":{int(high_wh * factor + 0.5)}'
        )
    if usage.embodied_g is not None:
        told += f',"embodied_ug":{int(usage.embodied_g * 1e6 + 0.5)}'
    return told + (_BY_METER if usage.energy_method == METER else _BY_ECOLOGITS)
