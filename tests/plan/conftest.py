# SPDX-License-Identifier: Apache-2.0
"""A workload to vary: one that every test here can change by a field."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import settings

from daulat.plan import Workload

settings.register_profile("unhurried", deadline=None)
settings.load_profile("unhurried")


@pytest.fixture(scope="session")
def workload() -> Workload:
    return Workload(
        row_id="w",
        model="llama-3.3-70b",
        accelerator="h200-sxm",
        n_accelerators=8,
        precision="fp8",
        scenario="offline",
        benchmark="",
        harness="mlperf-v5.1",
        framework="vllm",
        prompt_tokens=1000.0,
        output_tokens=500.0,
        concurrency=None,
        split=None,
        measured_on=date(2025, 9, 1),
    )
