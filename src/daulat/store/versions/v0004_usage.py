# SPDX-License-Identifier: Apache-2.0
"""One row for each call of the API: counts, times, names of things and money; never words, never an address."""

from alembic import op

revision = "0004"
down_revision = "0003"

_USAGE = """
CREATE TABLE usage_call (
  id                uuid PRIMARY KEY,
  at                timestamptz NOT NULL,
  organisation      text NOT NULL,
  project           text NOT NULL,
  key_id            text NOT NULL,
  model             text NOT NULL,
  route             text NOT NULL,
  engine            text NOT NULL,
  place             text NOT NULL,
  reason            text NOT NULL,
  data_class        text NOT NULL,
  prompt_tokens     integer NOT NULL CHECK (prompt_tokens >= 0),
  completion_tokens integer NOT NULL CHECK (completion_tokens >= 0),
  reasoning_tokens  integer NOT NULL CHECK (reasoning_tokens >= 0),
  cached_tokens     integer NOT NULL CHECK (cached_tokens >= 0),
  estimated         boolean NOT NULL,
  status            smallint NOT NULL,
  code              text NOT NULL,
  ttft_ms           real,
  duration_ms       real,
  cost              numeric(38, 8) NOT NULL,
  currency          text NOT NULL,
  energy_wh         real,
  carbon_g          real
)
"""

_BY_TIME = "CREATE INDEX usage_call_at ON usage_call USING brin (at)"
_BY_PROJECT = "CREATE INDEX usage_call_project ON usage_call (project, at)"


def upgrade() -> None:
    """Make the table."""
    for statement in (_USAGE, _BY_TIME, _BY_PROJECT):
        op.execute(statement)
