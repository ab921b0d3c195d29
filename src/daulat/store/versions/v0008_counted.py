# SPDX-License-Identifier: Apache-2.0
"""The database says where the service counts what is used, so that nobody reads counters that stand still."""

from alembic import op

revision = "0008"
down_revision = "0007"

# Empty: no service of this version has been here yet.
_COUNTED = "ALTER TABLE access_version ADD COLUMN counted_in text NOT NULL DEFAULT ''"


def upgrade() -> None:
    """Add the column."""
    op.execute(_COUNTED)
