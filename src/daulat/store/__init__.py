# SPDX-License-Identifier: Apache-2.0
"""The one database: PostgreSQL, embedded or given.

Comes in: `StoreSettings`. Goes out: a `Store` that lends connections, with its schema at this version. The embedded
server is started by its first user and stopped by its last; a given one is only used. This room holds no SQL of other
rooms, keeps no words of citizens, and never touches a directory that it did not make.
"""

from daulat.store.database import Store, StoreStatus, migrate_store, open_store
from daulat.store.embedded import EmbeddedServer
from daulat.store.ending import end_tasks
from daulat.store.errors import (
    DataVersionError,
    DiskFullError,
    SchemaNewerError,
    StoreBusyError,
    StoreError,
    StoreUnreachableError,
)
from daulat.store.migrate import Migration
from daulat.store.patience import REPORT_S, PatientThreadConnection
from daulat.store.settings import StoreSettings

__all__ = [
    "REPORT_S",
    "DataVersionError",
    "DiskFullError",
    "EmbeddedServer",
    "Migration",
    "PatientThreadConnection",
    "SchemaNewerError",
    "Store",
    "StoreBusyError",
    "StoreError",
    "StoreSettings",
    "StoreStatus",
    "StoreUnreachableError",
    "end_tasks",
    "migrate_store",
    "open_store",
]
