# SPDX-License-Identifier: Apache-2.0
"""A process that words migrations: a revision as its argument, empty for a new database; the SQL of the steps after it
on stdout. `python -m daulat.store.written 0004`. It opens no database; `daulat.store.migrate` runs what it writes.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TextIO

from alembic import command
from alembic.config import Config


def write(before: str, out: TextIO) -> None:
    """Write the SQL of the steps after a revision."""
    config = Config(output_buffer=out)
    config.set_main_option("script_location", str(Path(__file__).parent).replace("%", "%%"))
    command.upgrade(config, f"{before}:head" if before else "head", sql=True)


if __name__ == "__main__":
    write(sys.argv[1], sys.stdout)
