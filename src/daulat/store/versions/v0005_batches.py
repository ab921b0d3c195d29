# SPDX-License-Identifier: Apache-2.0
"""Files that applications hand in, and batches of requests that are worked off later.

The only tables that hold words of callers: each file says when it is deleted, and a line of a batch is deleted when its
batch has ended. A line belongs to the worker that leases it until its lease runs out; whoever holds it answers it, and
only what the holder says counts.
"""

from alembic import op

revision = "0005"
down_revision = "0004"

_FILE = """
CREATE TABLE api_file (
  id         text PRIMARY KEY,
  project    text NOT NULL,
  name       text NOT NULL,
  purpose    text NOT NULL,
  bytes      bigint NOT NULL,
  created_at timestamptz NOT NULL,
  expires_at timestamptz NOT NULL
)
"""

_FILE_OWNER = "CREATE INDEX api_file_project ON api_file (project, created_at)"
_FILE_END = "CREATE INDEX api_file_expires ON api_file (expires_at)"

# In pieces, so that no reader and no writer holds a whole file in memory.
_FILE_PART = """
CREATE TABLE api_file_part (
  file_id text NOT NULL REFERENCES api_file ON DELETE CASCADE,
  number  integer NOT NULL,
  content bytea NOT NULL,
  PRIMARY KEY (file_id, number)
)
"""

_BATCH = """
CREATE TABLE api_batch (
  id             text PRIMARY KEY,
  project        text NOT NULL,
  key_id         text NOT NULL,
  data_class     text NOT NULL,
  endpoint       text NOT NULL,
  input_file     text NOT NULL,
  output_file    text,
  error_file     text,
  status         text NOT NULL CHECK (status IN ('validating', 'failed', 'in_progress', 'completed', 'expired',
                                                 'cancelling', 'cancelled')),
  window_s       integer NOT NULL,
  metadata       jsonb NOT NULL,
  errors         jsonb,
  total          integer NOT NULL DEFAULT 0,
  completed      integer NOT NULL DEFAULT 0,
  failed         integer NOT NULL DEFAULT 0,
  created_at     timestamptz NOT NULL,
  expires_at     timestamptz NOT NULL,
  in_progress_at timestamptz,
  cancelling_at  timestamptz,
  ended_at       timestamptz
)
"""

_BATCH_OWNER = "CREATE INDEX api_batch_project ON api_batch (project, created_at)"
_BATCH_OPEN = """
CREATE INDEX api_batch_open ON api_batch (created_at) WHERE status IN ('validating', 'in_progress', 'cancelling')
"""

# `lost`: how many workers ended with this line in their hands. `status`: of the answer; null until there is one.
_LINE = """
CREATE TABLE api_batch_line (
  batch_id    text NOT NULL REFERENCES api_batch ON DELETE CASCADE,
  number      integer NOT NULL,
  custom_id   text NOT NULL,
  body        bytea NOT NULL,
  worker      uuid,
  lease_until timestamptz,
  not_before  timestamptz,
  attempts    integer NOT NULL DEFAULT 0,
  lost        integer NOT NULL DEFAULT 0,
  status      smallint,
  request_id  text,
  answer      bytea,
  PRIMARY KEY (batch_id, number)
)
"""

_LINE_OPEN = "CREATE INDEX api_batch_line_open ON api_batch_line (number) WHERE status IS NULL"
_LINE_LEFT = "CREATE INDEX api_batch_line_left ON api_batch_line (batch_id) WHERE status IS NULL"

# As their owners see them: times in seconds since 1970 UTC, and how far a batch is.
_FILE_CARD = """
CREATE VIEW api_file_card AS
SELECT id, bytes, extract(epoch FROM created_at)::bigint AS created, extract(epoch FROM expires_at)::bigint AS expires,
       name, purpose, project, created_at
FROM api_file WHERE expires_at > now()
"""

_BATCH_CARD = """
CREATE VIEW api_batch_card AS
SELECT b.id, b.endpoint, b.input_file, b.window_s, b.status, extract(epoch FROM b.created_at)::bigint AS created,
       extract(epoch FROM b.expires_at)::bigint AS expires, b.output_file, b.error_file, b.errors, b.metadata,
       extract(epoch FROM b.in_progress_at)::bigint AS begun, extract(epoch FROM b.cancelling_at)::bigint AS cancelling,
       extract(epoch FROM b.ended_at)::bigint AS ended, b.total, b.completed + l.completed AS completed,
       b.failed + l.failed AS failed, b.project, b.created_at
FROM api_batch b CROSS JOIN LATERAL (
  SELECT count(*) FILTER (WHERE status = 200) AS completed, count(*) FILTER (WHERE status <> 200) AS failed
  FROM api_batch_line WHERE batch_id = b.id) l
"""


def upgrade() -> None:
    """Make the tables."""
    for statement in (
        _FILE, _FILE_OWNER, _FILE_END, _FILE_PART, _BATCH, _BATCH_OWNER, _BATCH_OPEN, _LINE, _LINE_OPEN, _LINE_LEFT,
        _FILE_CARD, _BATCH_CARD,
    ):  # fmt: skip
        op.execute(statement)
