# SPDX-License-Identifier: Apache-2.0
"""What `make up` runs: `daulat up`, where nation.yaml declares the country that was asked for: `up.py [COUNTRY]`.

In place of the shell, so that every signal reaches the service; stopped by Ctrl-C it ends well, since make would call
its exit code an error. A declaration with faults is left to `daulat up`, which names them all.
"""

from __future__ import annotations

import sys
from pathlib import Path

from daulat.cli import EXIT_INTERRUPTED, main
from daulat.errors import DaulatError
from daulat.nation import NationError, load_nation
from daulat.nation.reference import find_country


def another_country(asked: str, path: Path = Path("nation.yaml")) -> DaulatError | None:
    """Return what is wrong where another country is declared than the one that was asked for."""
    try:
        declared, code = load_nation(path).country, find_country(asked).code
    except NationError:
        return None
    if declared == code:
        return None
    return DaulatError(
        f"{path} declares {declared}, and {code} was asked for",
        why=f"It would be the service of {declared} that starts.",
        fix=f"leave COUNTRY out, or start {code} in a folder of its own: `daulat init {code}`, then `daulat up`.",
        code="nation.other",
    )


def run(asked: str) -> None:
    """Start the service, unless it is another country's."""
    fault = another_country(asked) if asked else None
    if fault is not None:
        print(fault, file=sys.stderr)
        sys.exit(2)
    try:
        main(["up"])
    except SystemExit as ended:
        sys.exit(0 if ended.code == EXIT_INTERRUPTED else ended.code)


if __name__ == "__main__":
    run("".join(sys.argv[1:]))
