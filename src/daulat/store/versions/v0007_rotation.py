# SPDX-License-Identifier: Apache-2.0
"""A key that is rotated keeps the end that it was given, beside the sooner one that its overlap gives it."""

from alembic import op

revision = "0007"
down_revision = "0006"

# Null: it was not rotated with an overlap. `infinity`: it was, and had been given no end.
_GIVEN = "ALTER TABLE access_key ADD COLUMN given_until timestamptz"


def upgrade() -> None:
    """Add the column; no row is written again."""
    op.execute(_GIVEN)
