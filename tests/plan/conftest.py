# SPDX-License-Identifier: Apache-2.0
"""A workload to vary by a field, and the first nation with its pack; a room with another nation of its own says so."""

from __future__ import annotations

from datetime import date

import pytest

from daulat.nation import Nation, Pack, bootstrap, find_pack, nation_of
from daulat.plan import Workload


@pytest.fixture(scope="session")
def pack() -> Pack:
    found = find_pack("ID")
    assert found is not None
    return found


@pytest.fixture(scope="session")
def nation(pack: Pack) -> Nation:
    return nation_of(bootstrap("ID", pack))


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
