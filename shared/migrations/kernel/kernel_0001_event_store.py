"""The kernel's tables: the log, its publication, the consumers' places, parking, and idempotency keys."""

from alembic import op

revision = "kernel_0001"
down_revision = None
branch_labels = None
depends_on = None

LOG = """
CREATE SEQUENCE event_position CACHE 1;

CREATE TABLE stream (
    stream_id text PRIMARY KEY,
    version   integer  NOT NULL,
    partition smallint NOT NULL
) WITH (fillfactor = 80);

CREATE TABLE event (
    position       bigint      PRIMARY KEY,
    tx             xid8        NOT NULL DEFAULT pg_current_xact_id(),
    stream_id      text        NOT NULL,
    version        integer     NOT NULL,
    type           text        NOT NULL,
    schema_version smallint    NOT NULL,
    partition      smallint    NOT NULL,
    subject        text        NOT NULL,
    data           jsonb       NOT NULL,
    meta           jsonb       NOT NULL,
    occurred_at    timestamptz NOT NULL,
    recorded_at    timestamptz NOT NULL,
    UNIQUE (stream_id, version)
);

CREATE TABLE outbox (
    position  bigint   PRIMARY KEY,
    partition smallint NOT NULL
) WITH (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 20000);

CREATE TABLE idempotency (
    key         text        PRIMARY KEY,
    fingerprint text        NOT NULL,
    answer      bytea       NOT NULL,
    expires_at  timestamptz NOT NULL
);
CREATE INDEX idempotency_expires ON idempotency (expires_at);
"""

APPEND = """
CREATE FUNCTION append_events(
    head_streams text[], head_expected integer[], head_version integer[], head_partition smallint[],
    streams text[], versions integer[], types text[], schema_versions smallint[], subjects text[],
    data jsonb[], metas jsonb[], occurred timestamptz[], recorded timestamptz[]
) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    created integer;
    advanced integer;
BEGIN
    -- Heads are the locks: first the new ones, then the present ones, each by name, so that two batches can't deadlock.
    INSERT INTO stream (stream_id, version, partition)
    SELECT h.stream_id, h.version, h.partition
    FROM unnest(head_streams, head_expected, head_version, head_partition) AS h(stream_id, expected, version, partition)
    WHERE h.expected = 0
    ORDER BY h.stream_id
    ON CONFLICT DO NOTHING;
    GET DIAGNOSTICS created = ROW_COUNT;

    WITH taken AS (
        SELECT s.stream_id, h.expected, h.version
        FROM unnest(head_streams, head_expected, head_version) AS h(stream_id, expected, version)
        JOIN stream s ON s.stream_id = h.stream_id
        WHERE h.expected > 0
        ORDER BY s.stream_id
        FOR UPDATE OF s
    )
    UPDATE stream s SET version = taken.version
    FROM taken WHERE s.stream_id = taken.stream_id AND s.version = taken.expected;
    GET DIAGNOSTICS advanced = ROW_COUNT;

    IF created + advanced < cardinality(head_streams) THEN
        RAISE EXCEPTION 'stale' USING ERRCODE = 'RP412';
    END IF;

    WITH recorded_events AS (
        INSERT INTO event (position, stream_id, version, type, schema_version, partition, subject,
                           data, meta, occurred_at, recorded_at)
        SELECT nextval('event_position'), n.stream_id, n.version, n.type, n.schema_version, s.partition, n.subject,
               n.data, n.meta, n.occurred_at, n.recorded_at
        FROM unnest(streams, versions, types, schema_versions, subjects, data, metas, occurred, recorded)
             WITH ORDINALITY
             AS n(stream_id, version, type, schema_version, subject, data, meta, occurred_at, recorded_at, place)
        JOIN stream s ON s.stream_id = n.stream_id
        ORDER BY n.place
        RETURNING position, partition
    )
    INSERT INTO outbox SELECT position, partition FROM recorded_events;
END $$;
"""

PUBLICATION = """
CREATE TABLE publication (
    partition smallint NOT NULL,
    first_seq bigint   NOT NULL,
    positions bigint[] NOT NULL,
    PRIMARY KEY (partition, first_seq)
);

CREATE TABLE relay_partition (
    partition smallint PRIMARY KEY,
    epoch     bigint NOT NULL DEFAULT 0,
    next_seq  bigint NOT NULL DEFAULT 1,
    acked_seq bigint NOT NULL DEFAULT 0
) WITH (fillfactor = 50);
INSERT INTO relay_partition (partition) SELECT generate_series(0, 11);
"""

CONSUMERS = """
CREATE TABLE consumer_position (
    consumer     text     NOT NULL,
    topic        text     NOT NULL,
    partition    smallint NOT NULL,
    epoch        bigint   NOT NULL DEFAULT 1,
    next_offset  bigint   NOT NULL DEFAULT 0,
    next_seq     bigint   NOT NULL DEFAULT 1,
    seen_seq     bigint   NOT NULL DEFAULT 0,
    moved_at     timestamptz,
    PRIMARY KEY (consumer, topic, partition)
) WITH (fillfactor = 50);

CREATE TABLE parked_key (
    handler text        NOT NULL,
    key     text        NOT NULL,
    since   timestamptz NOT NULL,
    PRIMARY KEY (handler, key)
);

CREATE TABLE parked (
    id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    handler      text        NOT NULL,
    key          text        NOT NULL,
    topic        text        NOT NULL,
    partition    smallint    NOT NULL,
    kafka_offset bigint      NOT NULL,
    record_key   bytea,
    headers      jsonb       NOT NULL,
    value        bytea,
    reason       text,
    parked_at    timestamptz NOT NULL,
    attempts     integer     NOT NULL DEFAULT 1,
    discarded_at timestamptz,
    discarded_by text
);
CREATE INDEX parked_by_key ON parked (handler, key, id) WHERE discarded_at IS NULL;
"""


def upgrade() -> None:
    for script in (LOG, PUBLICATION, CONSUMERS):
        for statement in filter(str.strip, script.split(";")):
            op.execute(statement)
    op.execute(APPEND)
