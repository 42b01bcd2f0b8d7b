"""The SQL of a recovery: what the topic holds and the log lacks, put back in its place."""

EMPTY = "TRUNCATE recovery"
NEXT = "SELECT partition, next_seq FROM relay_partition"
KNOWN = "SELECT partition, acked_offset FROM relay_partition WHERE origin = $1 AND acked_offset IS NOT NULL"

KEEP = """
INSERT INTO recovery
SELECT r.partition, r.seq, r.position, r.stream_id, r.version, r.type, r.schema_version, r.subject,
       r.data::jsonb, r.meta::jsonb, r.occurred_at::timestamptz, r.recorded_at::timestamptz
FROM unnest($1::smallint[], $2::bigint[], $3::bigint[], $4::text[], $5::integer[], $6::text[], $7::smallint[],
            $8::text[], $9::text[], $10::text[], $11::text[], $12::text[])
     AS r(partition, seq, position, stream_id, version, type, schema_version, subject, data, meta,
          occurred_at, recorded_at)
"""

# Every append needs a row of `stream`, every relay its epoch.
ALONE = (
    "LOCK TABLE stream IN EXCLUSIVE MODE",
    "UPDATE relay_partition SET epoch = epoch + 1",
)

COUNT = "SELECT count(*), count(DISTINCT stream_id), max(recorded_at) FROM recovery"

_STRAYS = """
stray AS (
    SELECT e.* FROM outbox o JOIN event e USING (position)
    WHERE NOT EXISTS (SELECT FROM recovery r WHERE r.stream_id = e.stream_id AND r.version = e.version
                      AND r.position = e.position AND r.recorded_at = e.recorded_at AND r.type = e.type
                      AND r.data = e.data)
)"""
"""What this log alone knows: nobody else has seen it."""

# What follows on a contradiction stands on it, and goes aside with it.
SET_ASIDE = f"""
WITH {_STRAYS}, contradicts AS (
    SELECT s.stream_id, min(s.version) AS version FROM stray s
    WHERE EXISTS (SELECT FROM recovery r WHERE r.stream_id = s.stream_id AND r.version >= s.version)
    GROUP BY s.stream_id
), gone AS (
    DELETE FROM event e USING contradicts c WHERE e.stream_id = c.stream_id AND e.version >= c.version
    AND e.position IN (SELECT position FROM stray)
    RETURNING e.*
), unpublished AS (
    DELETE FROM outbox o USING gone WHERE o.position = gone.position
), kept AS (
    INSERT INTO set_aside (stream_id, version, event) SELECT stream_id, version, to_jsonb(gone) - 'tx' FROM gone
    RETURNING 1
)
SELECT count(*) FROM kept
"""
HEADS_BACK = """
UPDATE stream s SET version = coalesce((SELECT max(version) FROM event e WHERE e.stream_id = s.stream_id), 0)
WHERE s.stream_id IN (SELECT stream_id FROM set_aside)
"""

ADVANCE_SEQUENCE = """
SELECT setval('event_position', greatest((SELECT last_value FROM event_position),
                                         (SELECT max(position) FROM recovery))) FROM recovery LIMIT 1
"""

# Positions that were given twice: those of events that nobody has seen are given anew, in the order that they had.
MOVE_UNPUBLISHED = f"""
WITH {_STRAYS}, numbered AS MATERIALIZED (
    SELECT position AS old, nextval('event_position') AS new
    FROM (SELECT position FROM stray ORDER BY position) ordered
    WHERE EXISTS (SELECT FROM recovery)
), moved AS (
    UPDATE event e SET position = numbered.new FROM numbered WHERE e.position = numbered.old
), waiting AS (
    UPDATE outbox o SET position = numbered.new FROM numbered WHERE o.position = numbered.old
)
SELECT count(*) FROM numbered
"""

PUT_BACK = (
    """
INSERT INTO stream AS s (stream_id, version, partition)
SELECT stream_id, max(version), min(partition) FROM recovery GROUP BY stream_id
ON CONFLICT (stream_id) DO UPDATE SET version = greatest(s.version, excluded.version)
""",
    """
INSERT INTO event (position, stream_id, version, type, schema_version, partition, subject,
                   data, meta, occurred_at, recorded_at)
SELECT r.position, r.stream_id, r.version, r.type, r.schema_version, r.partition, r.subject,
       r.data, r.meta, r.occurred_at, r.recorded_at
FROM recovery r WHERE NOT EXISTS (SELECT FROM event e WHERE e.position = r.position)
ORDER BY r.position
""",
    "DELETE FROM outbox o USING recovery r WHERE o.position = r.position",
    """
INSERT INTO publication (partition, first_seq, positions)
SELECT partition, min(seq), array_agg(position ORDER BY seq) FROM recovery GROUP BY partition, seq / 4000
""",
    """
UPDATE relay_partition p SET next_seq = r.last + 1, acked_seq = r.last
FROM (SELECT partition, max(seq) AS last FROM recovery GROUP BY partition) r WHERE p.partition = r.partition
""",
    # What was derived from streams that are others now is derived anew: snapshots when read, timers by the next worker.
    """
DO $$ BEGIN
    IF to_regclass('snapshot') IS NOT NULL THEN
        DELETE FROM snapshot WHERE stream_id IN (SELECT stream_id FROM set_aside);
    END IF;
    IF to_regclass('timer_derived') IS NOT NULL THEN
        DELETE FROM timer_derived;
    END IF;
END $$
""",
    EMPTY,
)
