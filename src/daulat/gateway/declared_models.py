# SPDX-License-Identifier: Apache-2.0
"""Which declared models can run, told as a part of the service: a declaration and its engines in, `Readiness` out.

Weights that are missing or altered are named as soon as the service comes up, before anybody asks for the model, and
again when the files change. It starts no engine, and asks no remote one: those are probed (`daulat.gateway.routing`).
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

from daulat.gateway.readiness import PartState, Readiness
from daulat.models import Approval, EmbeddedEngine, EngineSet, WeightsError

MODELS = "models"
LOOK_S = 5.0


async def keep_told(engines: EngineSet, readiness: Readiness) -> None:
    """Tell which models can run, for as long as the service lasts."""
    approvals = {model: approval for model in engines.model_ids if (approval := _approval_of(engines, model))}
    if not engines.model_ids:
        readiness.set(MODELS, "ready", "none declared: answers are the official text, quoted")
        return
    told = None
    while True:
        stamps = [approval.stamps() for approval in approvals.values()]
        if stamps != told:
            if approvals and told is None:
                readiness.set(MODELS, "loading", "checking the weights")
            faults = await asyncio.to_thread(_faults, approvals)
            readiness.set(MODELS, *_told(engines.model_ids, faults))
            told = stamps
        await asyncio.sleep(LOOK_S)


def _approval_of(engines: EngineSet, model: str) -> Approval | None:
    engine = engines.engine_for(model)
    return engine.approval if isinstance(engine, EmbeddedEngine) else None


def _faults(approvals: Mapping[str, Approval]) -> dict[str, WeightsError]:
    faults = {}
    for model, approval in approvals.items():
        try:
            approval.check()
        except WeightsError as error:
            faults[model] = error
    return faults


def _told(models: list[str], faults: Mapping[str, WeightsError]) -> tuple[PartState, str]:
    """Put the state of all models in a phrase: what runs, then what does not and what brings it."""
    runs = [model for model in models if model not in faults]
    stopped = [f"`{model}` does not run: {error.what}. {error.fix}" for model, error in faults.items()]
    words = " ".join([f"{', '.join(runs)};" if runs and faults else ", ".join(runs), *stopped]).strip()
    if not faults:
        return "ready", words
    return "failed" if any(error.code == "models.weights.changed" for error in faults.values()) else "absent", words
