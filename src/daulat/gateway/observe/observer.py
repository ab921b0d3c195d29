# SPDX-License-Identifier: Apache-2.0
"""The observer: hears of each call once, when it has ended, and tells metrics, traces and the log. Never waits."""

from __future__ import annotations

import msgspec

from daulat.gateway.observe.calls import CallLog
from daulat.gateway.observe.metrics import Metrics
from daulat.gateway.observe.power import EnergyBook
from daulat.gateway.observe.traces import Traces
from daulat.gateway.ports import Call, CallUsage, Grant, Target


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
        drawn, _ = self.energy.range_of(usage)
        if drawn is None:
            return usage
        carbon_g = self.energy.carbon_g(usage.declared, drawn.value_wh)
        return msgspec.structs.replace(usage, energy_wh=drawn.value_wh, carbon_g=carbon_g)

    def annotate(self, call: Call, grant: Grant, target: Target, usage: CallUsage) -> bytes:  # noqa: ARG002
        """Return the member ``daulat`` of the answer's `usage`: whole numbers, which every client can add up."""
        drawn, is_metered = self.energy.range_of(usage)
        if drawn is None or usage.energy_wh is None:
            return b""
        carbon = "" if usage.carbon_g is None else f',"carbon_ug":{round(usage.carbon_g * 1e6)}'
        embodied = self.energy.embodied_g(usage)
        made = "" if embodied is None else f',"embodied_ug":{round(embodied * 1e6)}'
        # The value that is booked; a meter, read a moment later, would say a little more.
        low, high = (usage.energy_wh, usage.energy_wh) if is_metered else (drawn.low_wh, drawn.high_wh)
        return (
            f'"daulat":{{"energy_uwh":{round(usage.energy_wh * 1e6)},"energy_low_uwh":{round(low * 1e6)},'
            f'"energy_high_uwh":{round(high * 1e6)}{carbon}{made},"metered":{int(is_metered)}}}'
        ).encode()

    def finished(self, call: Call, grant: Grant | None, target: Target | None, usage: CallUsage) -> None:  # noqa: ARG002
        """Take note of a call."""
        self.metrics.add(call, usage)
        if self.traces is not None:
            self.traces.add(call, usage)
        if self.log is not None:
            self.log.add(call, grant, usage)
