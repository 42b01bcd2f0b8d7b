"""Appends that share a transaction, each for itself: what can't be taken at once is left out, and stops no other."""

from alembic import op

revision = "kernel_0011"
down_revision = "kernel_0010"
branch_labels = None
depends_on = None

# Nobody waits for another's lock behind whom others wait: a present head that is locked is passed over, and a new one
# that someone else is making ends the whole call after a moment. Positions are drawn after the last head was taken.
APPEND_EACH = """
CREATE FUNCTION append_each(
    streams text[], expected integer[], heads integer[], partitions smallint[], subjects text[], metas jsonb[],
    occurred timestamptz[], recorded timestamptz[],
    owners integer[], versions integer[], types text[], schema_versions smallint[], data jsonb[],
    timer_streams text[], timer_due timestamptz[],
    once_streams text[], keys text[], fingerprints text[], answers bytea[], expiries timestamptz[]
) RETURNS text[] LANGUAGE plpgsql SET lock_timeout = '20ms' AS $$
DECLARE
    stored text[];
BEGIN
    WITH given AS (
        SELECT * FROM unnest(streams, expected, heads, partitions, subjects, metas, occurred, recorded)
        WITH ORDINALITY
        AS g(stream_id, expected, version, partition, subject, meta, occurred_at, recorded_at, owner)
    ), created AS (
        INSERT INTO stream (stream_id, version, partition)
        SELECT g.stream_id, g.version, g.partition FROM given g WHERE g.expected = 0 ORDER BY g.stream_id
        ON CONFLICT DO NOTHING
        RETURNING stream.stream_id, stream.partition
    ), taken AS (
        SELECT s.stream_id, g.version FROM given g JOIN stream s ON s.stream_id = g.stream_id
        WHERE g.expected > 0 AND s.version = g.expected
        ORDER BY s.stream_id
        FOR UPDATE OF s SKIP LOCKED
    ), advanced AS (
        UPDATE stream s SET version = t.version FROM taken t WHERE s.stream_id = t.stream_id
        RETURNING s.stream_id, s.partition
    ), head AS (
        SELECT * FROM created UNION ALL SELECT * FROM advanced
    ), recorded_event AS (
        INSERT INTO event (position, stream_id, version, type, schema_version, partition, subject,
                           data, meta, occurred_at, recorded_at)
        SELECT nextval('event_position'), g.stream_id, n.version, n.type, n.schema_version, head.partition, g.subject,
               n.data, g.meta, g.occurred_at, g.recorded_at
        FROM head
        JOIN given g ON g.stream_id = head.stream_id
        JOIN unnest(owners, versions, types, schema_versions, data)
             AS n(owner, version, type, schema_version, data) ON n.owner = g.owner
        ORDER BY n.owner, n.version
        RETURNING position, partition
    ), waiting AS (
        INSERT INTO outbox SELECT position, partition FROM recorded_event
    )
    SELECT array_agg(head.stream_id) INTO stored FROM head;

    IF cardinality(timer_streams) > 0 THEN
        PERFORM set_timers(array_agg(t.stream_id), array_agg(t.due_at))
        FROM unnest(timer_streams, timer_due) AS t(stream_id, due_at) WHERE t.stream_id = ANY (stored);
    END IF;
    IF cardinality(keys) > 0 THEN
        INSERT INTO idempotency (key, fingerprint, answer, expires_at)
        SELECT o.key, o.fingerprint, o.answer, o.expires_at
        FROM unnest(once_streams, keys, fingerprints, answers, expiries)
             AS o(stream_id, key, fingerprint, answer, expires_at)
        WHERE o.stream_id = ANY (stored);
    END IF;
    RETURN coalesce(stored, '{}');
END $$;
"""


def upgrade() -> None:
    op.execute(APPEND_EACH)
