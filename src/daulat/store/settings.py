# SPDX-License-Identifier: Apache-2.0
"""Which database is used: an address that was given, or a directory for the embedded one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import psycopg
from psycopg.conninfo import conninfo_to_dict

from daulat.store.errors import StoreError


@dataclass(frozen=True, slots=True)
class StoreSettings:
    """Where the records are kept.

    Parameters
    ----------
    data_dir : Path
        Directory of the embedded PostgreSQL; made when it does not exist. Unused when `database_url` is given.
    database_url : str
        A libpq URL, `postgresql://user:password@host:port/name`. Never shown when the settings are printed.
    connections : int
        How many connections a process keeps at most.
    start_timeout_s : float
        How long a start may take, seconds, before it is given up; crash recovery included.
    """

    data_dir: Path
    database_url: str = field(default="", repr=False)
    connections: int = 4
    start_timeout_s: float = 60.0

    @classmethod
    def from_environment(cls, data_dir: Path, environ: Mapping[str, str]) -> StoreSettings:
        """Return the settings of this machine: `DATABASE_URL` wins over the embedded database.

        >>> StoreSettings.from_environment(Path("data"), {"DATABASE_URL": "postgresql://u:secret@db/daulat"})
        StoreSettings(data_dir=PosixPath('data'), connections=4, start_timeout_s=60.0)
        """
        return cls(data_dir, environ.get("DATABASE_URL", ""))

    def where(self) -> str:
        """Return where the database is, in words that hold no password.

        Raises
        ------
        StoreError
            If the address that was given is none.

        Examples
        --------
        >>> StoreSettings(Path("data"), "postgresql://u:secret@db/daulat").where()
        'db:5432/daulat'
        """
        if not self.database_url:
            return str(self.data_dir)
        try:
            parts = conninfo_to_dict(self.database_url)
        except psycopg.ProgrammingError:
            parts = {"dbname": "@"}
        # An `@` that is not percent-encoded leaves the end of the password with the host; in front, it is a socket.
        if "@" in f"{parts.get('host', '')}"[1:] + f"{parts.get('port', '')}{parts.get('dbname', '')}":
            # libpq's message repeats a part of the URL, which may be the password; so it is neither shown nor chained.
            raise StoreError(
                "DATABASE_URL is not a PostgreSQL URL",
                why="The database cannot be found without it.",
                fix="Write it as postgresql://user:password@host:5432/name, with special characters percent-encoded.",
                code="store.url",
            ) from None
        return f"{parts.get('host', 'localhost')}:{parts.get('port', 5432)}/{parts.get('dbname', '')}"
