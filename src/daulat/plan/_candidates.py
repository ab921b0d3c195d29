# SPDX-License-Identifier: Apache-2.0
"""Candidates of the capacity stage: names checked, ranges held, precisions and splits that a model allows.

Comes in: what the author wrote. Goes out: known names, or a `PlanError` that names the close match, the allowed range
and the likely unit. It computes no times; memory is asked only for the smallest replica that fits.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence
from dataclasses import replace

import numpy as np

from daulat.plan._columns import SOFTWARE_DATES, Floats, lay_out_splits
from daulat.plan._deployment import Mix
from daulat.plan._goodput import Objective
from daulat.plan._memory import memory_of
from daulat.plan._rows import PRECISIONS, Workload
from daulat.plan._tables import accelerators, models, number, throughput_fit
from daulat.plan.errors import InputError
from daulat.plan.units import likely_meant

Split = tuple[int, int, int, int]  # tensor, pipeline, data, expert
DEFAULT_PRECISIONS = ("bf16", "fp8", "fp4")
RANGES = {  # far beyond what anybody serves; what lies outside is a slip of unit
    "prompt_tokens": (1.0, 2e6, "tokens"),
    "output_tokens": (1.0, 2e6, "tokens"),
    "context_tokens": (1.0, 1e7, "tokens"),
    "cached_share": (0.0, 0.99, "share"),
    "ttft_s": (0.02, 600.0, "s"),
    "tpot_s": (0.0005, 5.0, "s"),
    "share": (0.5, 0.999, "share"),
}


def within(name: str, values: Floats, low: float, high: float, unit: str) -> None:
    """Raise `InputError` unless all values are numbers in the range; the message names the likely meant unit."""
    wrong = ~((values >= low) & (values <= high))
    if not wrong.any():
        return
    value = float(np.asarray(values)[wrong].flat[0])
    meant = likely_meant(value, unit, low, high)
    raise InputError(
        f"{name} is {value:,.6g} {unit}; allowed is {low:,.6g} to {high:,.6g} {unit}",
        why="Every count of accelerators behind it would be wrong by the same factor.",
        fix=f"did you mean {meant}" if meant else "Correct the value, and look for a slip of unit.",
        code=f"plan.capacity.{name}",
    )


def known(name: str, allowed: Iterable[str], what: str) -> str:
    """Return a name as the tables write it; raise `InputError` with the close matches where there is none."""
    names, plain = list(allowed), "-".join(name.lower().split())
    if plain in names:
        return plain
    near = [f"`{one}`" for one in difflib.get_close_matches(plain, names, n=3, cutoff=0.4)]
    raise InputError(
        f"{what} `{name}` is not known",
        why="Its figures are not in the tables, and a guess would not be traceable.",
        fix=f"did you mean {' or '.join(near)}? `daulat plan choices {what}` lists all."
        if near
        else f"`daulat plan choices {what}` lists all {len(names)}.",
        code=f"plan.capacity.{what}",
    )


def check_inputs(
    model: str, mix: Mix, objective: Objective, chips: Iterable[str], precisions: Iterable[str] | None
) -> tuple[str, list[str], list[str]]:
    """Return model, accelerators and precisions by their known names, all values being in their ranges."""
    given = {name: getattr(mix, name) for name in ("prompt_tokens", "output_tokens", "context_tokens", "cached_share")}
    given |= {name: getattr(objective, name) for name in ("ttft_s", "tpot_s", "share")}
    for name, value in given.items():
        if value is not None:
            within(name, np.asarray(value, dtype=float), *RANGES[name])
    model = known(model, models(), "model")
    supported = number(models()[model], "context")
    if supported and mix.longest > supported:
        raise InputError(
            f"a context of {mix.longest:,.0f} tokens is beyond the {supported:,.0f} that `{model}` supports",
            why="The model would refuse or forget what lies beyond.",
            fix="Shorten the context, or choose a model with a longer one.",
            code="plan.capacity.context_tokens",
        )
    wanted = [known(one, PRECISIONS, "precision") for one in precisions] if precisions else list(DEFAULT_PRECISIONS)
    return model, [known(one, accelerators(), "accelerator") for one in chips], wanted


def precisions_of(model: str, wanted: Sequence[str]) -> list[str]:
    """Return the wanted precisions that differ for a model: one released in four bits keeps its weights so."""
    native = models()[model]["released_precision"]
    same = [native if native and one in ("bf16", "fp8") else one for one in wanted]
    return list(dict.fromkeys(same))


def splits_of(model: str, chip: str, largest: int) -> list[Split]:
    """Return the splits of one replica: tensor ranks that divide the heads, pipeline stages, expert ranks."""
    record = models()[model]
    heads, layers = number(record, "heads") or 1.0, number(record, "layers") or 1.0
    domain = number(accelerators()[chip], "link_domain") or 1.0
    found: list[Split] = []
    for ranks in (one for one in (1, 2, 4, 8, 16, 32, 64) if one <= largest):
        tensor = min(ranks, 8 if domain <= 8 else int(domain))
        if heads % tensor == 0 and ranks // tensor <= layers:
            found.append((tensor, ranks // tensor, 1, 1))
        if 1 < ranks <= 8 and domain <= 1:
            found.append((1, ranks, 1, 1))
        if ranks > 1 and number(record, "moe_experts"):
            found.append((1, 1, ranks, ranks))
    return found


def workload_of(model: str, chip: str, precision: str, mix: Mix, framework: str) -> Workload:
    """Return the workload by which the roofline is asked: no harness's offset, software as of the last measured row."""
    return Workload(
        row_id="",
        model=model,
        accelerator=chip,
        n_accelerators=1,
        precision=precision,
        scenario="offline",
        benchmark="",
        harness="inferencex",
        framework=framework,
        prompt_tokens=mix.prompt_tokens,
        output_tokens=mix.output_tokens,
        concurrency=None,
        split=None,
        measured_on=SOFTWARE_DATES[1],
    )


def smallest_that_fits(model: str, chip: str, precision: str, mix: Mix) -> str:
    """Say which replica would hold a single request: of this accelerator, else of the least memory that does."""
    asked = workload_of(model, chip, precision, mix, "vllm")
    ranks = _ranks_that_fit(asked, mix)
    if ranks:
        return f"the smallest that fits is {ranks} x {chip}"
    for other in sorted(accelerators(), key=lambda one: number(accelerators()[one], "memory_gb") or 0.0):
        ranks = _ranks_that_fit(replace(asked, accelerator=other), mix)
        if ranks:
            return f"none of up to 64 {chip} fits; {ranks} x {other} would"
    return "no accelerator of the table holds it"


def _ranks_that_fit(asked: Workload, mix: Mix) -> int:
    splits = splits_of(asked.model, asked.accelerator, 64)
    memory = memory_of(throughput_fit()["coefficients"][0], lay_out_splits(asked, splits), mix.longest)
    fitting = [
        tensor * pipeline * data
        for (tensor, pipeline, data, _), most in zip(splits, memory.most_requests, strict=True)
        if most >= 1
    ]
    return min(fitting, default=0)
