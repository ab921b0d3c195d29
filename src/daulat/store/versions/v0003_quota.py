# SPDX-License-Identifier: Apache-2.0
"""How much may be used: limits, what of each was used and leased, and the leases of the workers.

`quota_exchange` is the one statement by which a worker reserves and settles. A worker says what stands, never what to
add: how much it has spent of a lease since the lease began, and how much of it it keeps. So a statement that is sent
twice, or whose answer was lost, counts once. Derivation: docs/concepts/quotas.md
"""

from alembic import op

revision = "0003"
down_revision = "0002"

# `amount` is in requests, tokens, calls at once, or units of `currency`.
_LIMIT = """
CREATE TABLE quota_limit (
  id       bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  scope    text NOT NULL CHECK (scope IN ('organisation', 'project', 'key')),
  scope_id text NOT NULL,
  metric   text NOT NULL CHECK (metric IN ('requests', 'tokens_in', 'tokens_out', 'concurrent', 'money')),
  period   text NOT NULL CHECK (period IN ('minute', 'day', 'month', '')),
  currency text NOT NULL DEFAULT '' CHECK (currency ~ '^([A-Z]{3})?$'),
  amount   numeric(38, 8) NOT NULL CHECK (amount BETWEEN 0 AND 90000000000),
  UNIQUE (scope, scope_id, metric, period, currency),
  CHECK ((metric = 'concurrent') = (period = '')),
  CHECK ((metric = 'money') = (currency <> '')),
  CHECK (metric = 'money' OR amount = trunc(amount))
)
"""

# What refuses and what is displayed: limit.amount - used - leased.
_COUNTER = """
CREATE TABLE quota_counter (
  limit_id     bigint NOT NULL REFERENCES quota_limit ON DELETE CASCADE,
  period_start timestamptz NOT NULL,
  used         numeric(38, 8) NOT NULL DEFAULT 0,
  leased       numeric(38, 8) NOT NULL DEFAULT 0,
  PRIMARY KEY (limit_id, period_start)
)
"""

# `amount`: credit that the worker may still spend. `spent`: what it has reported, of this lease, in all. `charged`:
# what was charged when it did not report in time; given back if it comes again.
_LEASE = """
CREATE TABLE quota_lease (
  worker       uuid NOT NULL,
  limit_id     bigint NOT NULL,
  period_start timestamptz NOT NULL,
  amount       numeric(38, 8) NOT NULL,
  spent        numeric(38, 8) NOT NULL,
  charged      numeric(38, 8) NOT NULL DEFAULT 0,
  serial       bigint NOT NULL,
  expires_at   timestamptz NOT NULL,
  PRIMARY KEY (limit_id, period_start, worker),
  FOREIGN KEY (limit_id, period_start) REFERENCES quota_counter ON DELETE CASCADE
)
"""

# Rows of counters are locked in one order, so that two workers never wait for each other; the lease rows of a counter
# are touched only under its lock.
_EXCHANGE = """
CREATE FUNCTION quota_exchange(
  p_worker uuid, p_serial bigint, p_now timestamptz, p_ttl interval,
  p_limits bigint[], p_starts timestamptz[],
  p_spent numeric[], p_keep numeric[], p_need numeric[], p_want numeric[]
) RETURNS TABLE (o_limit bigint, o_start timestamptz, o_granted numeric, o_amount numeric, o_used numeric,
                 o_leased numeric)
LANGUAGE plpgsql AS $$
DECLARE
  claim record;
  allowed record;
  counter record;
  lease record;
  dead numeric;
  granted numeric;
  available numeric;
BEGIN
  FOR claim IN
    SELECT * FROM unnest(p_limits, p_starts, p_spent, p_keep, p_need, p_want)
      AS c (limit_id, start, spent, keep, need, want) ORDER BY 1, 2
  LOOP
    SELECT l.amount, l.metric INTO allowed FROM quota_limit l WHERE l.id = claim.limit_id FOR KEY SHARE;
    CONTINUE WHEN NOT FOUND;
    INSERT INTO quota_counter (limit_id, period_start) VALUES (claim.limit_id, claim.start) ON CONFLICT DO NOTHING;
    SELECT c.used, c.leased INTO counter FROM quota_counter c
      WHERE c.limit_id = claim.limit_id AND c.period_start = claim.start FOR UPDATE;

    -- Leases of workers that have not been heard of: their credit may have been spent, so it is charged. A call in
    -- progress of a worker that died is over, so its place is free.
    SELECT coalesce(sum(l.amount), 0) INTO dead FROM quota_lease l
      WHERE l.limit_id = claim.limit_id AND l.period_start = claim.start AND l.amount > 0
        AND l.expires_at <= p_now AND l.worker <> p_worker;
    IF dead > 0 THEN
      UPDATE quota_lease l
        SET charged = CASE WHEN allowed.metric = 'concurrent' THEN 0 ELSE l.charged + l.amount END, amount = 0
        WHERE l.limit_id = claim.limit_id AND l.period_start = claim.start AND l.amount > 0
          AND l.expires_at <= p_now AND l.worker <> p_worker;
      counter.leased := counter.leased - dead;
      IF allowed.metric <> 'concurrent' THEN counter.used := counter.used + dead; END IF;
    END IF;

    SELECT l.amount, l.spent, l.charged, l.serial INTO lease FROM quota_lease l
      WHERE l.limit_id = claim.limit_id AND l.period_start = claim.start AND l.worker = p_worker;
    IF NOT FOUND THEN
      SELECT 0::numeric AS amount, 0::numeric AS spent, 0::numeric AS charged, -1::bigint AS serial INTO lease;
    END IF;
    granted := 0;
    IF p_serial > lease.serial THEN
      counter.used := counter.used - lease.charged + greatest(claim.spent - lease.spent, 0);
      counter.leased := counter.leased - lease.amount + claim.keep;
      available := allowed.amount - counter.used - counter.leased;
      IF claim.want > 0 AND available >= claim.need THEN
        granted := least(claim.want, greatest(
          claim.need, trunc(available / 4, CASE WHEN allowed.metric = 'money' THEN 8 ELSE 0 END)));
        granted := greatest(granted, 0);
      END IF;
      counter.leased := counter.leased + granted;
      INSERT INTO quota_lease AS l (worker, limit_id, period_start, amount, spent, serial, expires_at)
        VALUES (p_worker, claim.limit_id, claim.start, claim.keep + granted, claim.spent, p_serial, p_now + p_ttl)
        ON CONFLICT (limit_id, period_start, worker) DO UPDATE
          SET amount = excluded.amount, spent = greatest(l.spent, excluded.spent), charged = 0,
              serial = excluded.serial, expires_at = excluded.expires_at;
    END IF;
    UPDATE quota_counter c SET used = counter.used, leased = counter.leased
      WHERE c.limit_id = claim.limit_id AND c.period_start = claim.start;
    o_limit := claim.limit_id; o_start := claim.start; o_granted := granted;
    o_amount := allowed.amount; o_used := counter.used; o_leased := counter.leased;
    RETURN NEXT;
  END LOOP;
END $$
"""

# The same row as above, with what an expired lease will have been charged by whoever comes next.
_READ = """
CREATE FUNCTION quota_read(p_now timestamptz, p_limits bigint[], p_starts timestamptz[])
RETURNS TABLE (o_limit bigint, o_amount numeric, o_used numeric, o_leased numeric)
LANGUAGE sql STABLE AS $$
  SELECT l.id, l.amount,
         coalesce(c.used, 0) + CASE WHEN l.metric = 'concurrent' THEN 0 ELSE dead.amount END,
         coalesce(c.leased, 0) - dead.amount
  FROM unnest(p_limits, p_starts) AS w (limit_id, start)
  JOIN quota_limit l ON l.id = w.limit_id
  LEFT JOIN quota_counter c ON c.limit_id = w.limit_id AND c.period_start = w.start
  CROSS JOIN LATERAL (SELECT coalesce(sum(e.amount), 0) AS amount FROM quota_lease e
    WHERE e.limit_id = w.limit_id AND e.period_start = w.start AND e.expires_at <= p_now) AS dead
  ORDER BY l.id
$$
"""


def upgrade() -> None:
    """Make the tables and the functions."""
    for statement in (_LIMIT, _COUNTER, _LEASE, _EXCHANGE, _READ):
        op.execute(statement)
    op.execute(
        "CREATE TRIGGER quota_limit_changed AFTER INSERT OR UPDATE OR DELETE ON quota_limit"
        " FOR EACH STATEMENT EXECUTE FUNCTION access_changed()"
    )
