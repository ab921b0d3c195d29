# SPDX-License-Identifier: Apache-2.0
"""The usage ledger tells how sure its energy is, and of work that engines did for nothing; older rows tell neither."""

from alembic import op

revision = "0006"
down_revision = "0005"

# A worker of the version before may still write and knows none of them, so each may be left out; `stream` is null then.
# `discarded`: empty for a call; else what became of an attempt within one that an engine worked on and nobody was
# given. Carbon has no range of its own: it is that of the energy, times one factor.
_COLUMNS = """
ALTER TABLE usage_call
  ADD COLUMN energy_low_wh  real,
  ADD COLUMN energy_high_wh real,
  ADD COLUMN energy_method  text DEFAULT '',
  ADD COLUMN embodied_g     real,
  ADD COLUMN stream         boolean,
  ADD COLUMN discarded      text DEFAULT ''
"""


def upgrade() -> None:
    """Add the columns; constant defaults write no row again."""
    op.execute(_COLUMNS)
