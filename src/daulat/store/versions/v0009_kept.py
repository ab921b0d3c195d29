# SPDX-License-Identifier: Apache-2.0
"""A batch may say how long its answers are kept."""

from alembic import op

revision = "0009"
down_revision = "0008"

# In seconds. Null: for as long as all files are.
_KEPT = "ALTER TABLE api_batch ADD COLUMN output_keep_s integer"


def upgrade() -> None:
    """Add the column; no row is written again."""
    op.execute(_KEPT)
