# SPDX-License-Identifier: Apache-2.0
"""The file that the product ships: one line a figure, the kept rows on one line.

Comes in: the result of a fit. Goes out: `src/daulat/plan/data/throughput_fit.json`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

PATH = Path(__file__).parents[2] / "src" / "daulat" / "plan" / "data" / "throughput_fit.json"


def read_fit() -> dict[str, Any]:
    """Return the shipped fit."""
    return dict(json.loads(PATH.read_text(encoding="utf-8")))


def write_fit(result: Mapping[str, Any]) -> None:
    """Write a fit; `support` is kept on one line."""
    short = json.dumps({name: value for name, value in result.items() if name != "support"}, indent=1)
    support = json.dumps(result["support"], separators=(",", ":"))
    PATH.write_text(f'{short[:-2]},\n "support": {support}\n}}\n', encoding="utf-8")
    print(f"wrote {PATH}: {PATH.stat().st_size / 1000:.0f} kB, {len(result['support']['weights'])} rows kept")
