# SPDX-License-Identifier: Apache-2.0
"""`make bench-plan`: run every measurement of the planner, one after another.

Comes in: names of sections, none for all. Goes out: their tables on stdout. A section is a file beside this one with a
`main()`; it is added by its name below.
"""

from __future__ import annotations

import importlib
import sys
import time
from pathlib import Path

SECTIONS = ("accuracy", "built_sites", "chain", "siting")


def main() -> None:
    """Run the sections that were named, or all."""
    sys.path.insert(0, str(Path(__file__).parent))
    chosen = sys.argv[1:] or list(SECTIONS)
    unknown = [name for name in chosen if name not in SECTIONS]
    if unknown:
        sys.exit(f"no section {', '.join(unknown)}; there are {', '.join(SECTIONS)}")
    sys.argv = sys.argv[:1]
    for name in chosen:
        started = time.perf_counter()
        print(f"== {name}", flush=True)
        importlib.import_module(name).main()
        print(f"== {name}: {time.perf_counter() - started:.0f} s\n", flush=True)


if __name__ == "__main__":
    main()
