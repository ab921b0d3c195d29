# SPDX-License-Identifier: Apache-2.0
"""Who may call: organisations, their projects, the keys of those; people's roles and sessions. No secret is kept."""

from alembic import op

revision = "0002"
down_revision = "0001"

_ORGANISATION = r"""
CREATE TABLE access_organisation (
  id         text PRIMARY KEY CHECK (id ~ '^[a-z0-9][a-z0-9-]{0,59}$'),
  name       text NOT NULL,
  created_at timestamptz NOT NULL,
  closed_at  timestamptz
)
"""

# A project's id carries that of its organisation, so that one word names it everywhere.
_PROJECT = r"""
CREATE TABLE access_project (
  id              text PRIMARY KEY CHECK (id = organisation_id || '/' || split_part(id, '/', 2)
                                          AND split_part(id, '/', 2) ~ '^[a-z0-9][a-z0-9-]{0,59}$'),
  organisation_id text NOT NULL REFERENCES access_organisation,
  name            text NOT NULL,
  created_at      timestamptz NOT NULL,
  closed_at       timestamptz
)
"""

# Empty arrays: no restriction. `digest` is SHA-256 of the whole key, which is shown once and kept nowhere.
_KEY = """
CREATE TABLE access_key (
  id               text PRIMARY KEY,
  project_id       text NOT NULL REFERENCES access_project,
  name             text NOT NULL,
  digest           bytea NOT NULL UNIQUE CHECK (length(digest) = 32),
  shown            text NOT NULL,
  created_at       timestamptz NOT NULL,
  created_by       text NOT NULL,
  expires_at       timestamptz,
  revoked_at       timestamptz,
  models           text[] NOT NULL DEFAULT '{}',
  services         text[] NOT NULL DEFAULT '{}',
  networks         cidr[] NOT NULL DEFAULT '{}',
  data_class       text NOT NULL DEFAULT 'internal' CHECK (data_class IN ('public', 'internal', 'personal')),
  highest_priority text NOT NULL DEFAULT 'interactive'
                   CHECK (highest_priority IN ('emergency', 'interactive', 'batch'))
)
"""

_KEY_PROJECT = "CREATE INDEX access_key_project ON access_key (project_id)"

# `principal` is `subject:<sub of the issuer>` or `email:<address that the issuer has verified>`.
_ROLE = """
CREATE TABLE access_role (
  id              text PRIMARY KEY,
  principal       text NOT NULL,
  role            text NOT NULL CHECK (role IN ('owner', 'operator', 'editor', 'auditor', 'member')),
  organisation_id text NOT NULL DEFAULT '',
  granted_at      timestamptz NOT NULL,
  granted_by      text NOT NULL,
  revoked_at      timestamptz,
  CHECK ((role = 'member') = (organisation_id <> ''))
)
"""
_ONE_ROLE = (
    "CREATE UNIQUE INDEX access_role_held ON access_role (principal, role, organisation_id) WHERE revoked_at IS NULL"
)

_SESSION = """
CREATE TABLE access_session (
  digest     bytea PRIMARY KEY CHECK (length(digest) = 32),
  subject    text NOT NULL,
  email      text NOT NULL,
  created_at timestamptz NOT NULL,
  expires_at timestamptz NOT NULL,
  revoked_at timestamptz
)
"""

# A sign-in that has begun and not ended; its row is deleted by the one callback that may use it.
_SIGN_IN = """
CREATE TABLE access_sign_in (
  state_digest  bytea PRIMARY KEY CHECK (length(state_digest) = 32),
  nonce         text NOT NULL,
  code_verifier text NOT NULL,
  return_to     text NOT NULL,
  expires_at    timestamptz NOT NULL
)
"""

# For a worker that could not listen: one number that every change moves on, in the transaction of the change. And a
# name of this database, by which its counters elsewhere are told from those of another.
_VERSION = "CREATE TABLE access_version AS SELECT 0::bigint AS version, gen_random_uuid() AS installation"

# Every worker listens; whatever changes the tables, a person at psql too, is heard.
_TELL = """
CREATE FUNCTION access_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  UPDATE access_version SET version = version + 1;
  PERFORM pg_notify('daulat_access', TG_TABLE_NAME);
  RETURN NULL;
END $$
"""

TOLD = ("access_organisation", "access_project", "access_key")


def upgrade() -> None:
    """Make the tables."""
    for statement in (
        _ORGANISATION,
        _PROJECT,
        _KEY,
        _KEY_PROJECT,
        _ROLE,
        _ONE_ROLE,
        _SESSION,
        _SIGN_IN,
        _VERSION,
        _TELL,
    ):
        op.execute(statement)
    for table in TOLD:
        op.execute(
            f"CREATE TRIGGER {table}_changed AFTER INSERT OR UPDATE OR DELETE ON {table}"
            " FOR EACH STATEMENT EXECUTE FUNCTION access_changed()"
        )
