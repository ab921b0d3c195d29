# SPDX-License-Identifier: Apache-2.0
"""What can go wrong with the database, told to the person who runs it.

DaulatError
└── StoreError
    ├── DiskFullError         nothing more can be written until there is room
    ├── SchemaNewerError      a newer Daulat has been here; this one must not write
    ├── DataVersionError      the data were made by another major version of PostgreSQL
    ├── StoreBusyError        another process is starting or stopping the same database
    └── StoreUnreachableError the server does not answer, or refuses us
"""

from __future__ import annotations

from daulat.errors import DaulatError


class StoreError(DaulatError):
    """The database could not be used; nothing has been damaged."""


class DiskFullError(StoreError):
    """There is no room left for the database.

    Parameters
    ----------
    where : str
        The directory or the server that is full.
    """

    def __init__(self, where: str) -> None:
        super().__init__(
            f"the disk of {where} is full",
            why="Nothing more can be recorded; what was recorded is safe.",
            fix="Free at least 100 MB there and start again.",
            code="store.disk_full",
        )


class SchemaNewerError(StoreError):
    """The schema is one that this version does not know."""

    def __init__(self, found: str, known: str) -> None:
        super().__init__(
            f"the database has schema `{found}`; this version of Daulat knows up to `{known}`",
            why="A newer version has changed it, and writing with an older one could lose what it added.",
            fix="Install the newer Daulat again, or restore the backup made before it.",
            code="store.schema_newer",
        )


class DataVersionError(StoreError):
    """The data directory belongs to another major version of PostgreSQL."""

    def __init__(self, directory: str, found: str, ours: int) -> None:
        super().__init__(
            f"{directory} was made by PostgreSQL {found}; this Daulat brings PostgreSQL {ours}",
            why="The files of one major version cannot be read by another; they have not been touched.",
            fix="Start the version that made it, run `pg_dumpall`, move the directory aside, and load the dump into "
            f"{ours}; or set DATABASE_URL to a server that you run.",
            code="store.data_version",
        )


class StoreBusyError(StoreError):
    """Another process holds the lock of the embedded database for too long."""

    def __init__(self, directory: str, holder: str, waited_s: float) -> None:
        super().__init__(
            f"process {holder} has been starting or stopping the database in {directory} for {waited_s:.0f} s",
            why="Two processes must not start the same database at once.",
            fix=f"Wait for it, or see what it does with `ps -p {holder}`; end it if it hangs.",
            code="store.busy",
        )


class StoreUnreachableError(StoreError):
    """The server cannot be reached, or does not let us in."""
