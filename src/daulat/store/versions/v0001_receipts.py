# SPDX-License-Identifier: Apache-2.0
"""The first tables: releases of knowledge, the chain of audit events, one receipt per answer; no citizen's words."""

from alembic import op

revision = "0001"
down_revision = None

# pgvector is for large nations' own indexes; a server without it, or a role that may not add it, still serves.
_EXTENSION = """
DO $$ BEGIN
  CREATE EXTENSION IF NOT EXISTS vector;
EXCEPTION WHEN insufficient_privilege OR undefined_file OR feature_not_supported THEN
  RAISE NOTICE 'pgvector is not available here';
END $$
"""

_RELEASE = """
CREATE TABLE knowledge_release (
  release_id      text PRIMARY KEY,
  manifest_sha256 bytea NOT NULL CHECK (length(manifest_sha256) = 32),
  published_at    timestamptz NOT NULL,
  published_by    text NOT NULL,
  is_current      boolean NOT NULL DEFAULT false
)
"""

_ONE_CURRENT = "CREATE UNIQUE INDEX knowledge_release_current ON knowledge_release (is_current) WHERE is_current"

_EVENT = """
CREATE TABLE ledger_event (
  id            bigint PRIMARY KEY,
  at            timestamptz NOT NULL,
  kind          text NOT NULL,
  payload       jsonb NOT NULL,
  previous_hash bytea NOT NULL CHECK (length(previous_hash) = 32),
  hash          bytea NOT NULL UNIQUE CHECK (length(hash) = 32)
)
"""

_RECEIPT = """
CREATE TABLE answer_receipt (
  id                uuid PRIMARY KEY,
  at                timestamptz NOT NULL,
  service           text NOT NULL,
  language          text NOT NULL,
  mode              text NOT NULL,
  answered          boolean NOT NULL,
  citations         integer NOT NULL CHECK (citations >= 0),
  prompt_tokens     integer NOT NULL CHECK (prompt_tokens >= 0),
  completion_tokens integer NOT NULL CHECK (completion_tokens >= 0),
  model             text NOT NULL,
  release_id        text NOT NULL,
  duration_ms       integer NOT NULL CHECK (duration_ms >= 0)
)
"""

_BY_TIME = "CREATE INDEX answer_receipt_at ON answer_receipt USING brin (at)"


def upgrade() -> None:
    """Make the tables."""
    for statement in (_EXTENSION, _RELEASE, _ONE_CURRENT, _EVENT, _RECEIPT, _BY_TIME):
        op.execute(statement)
