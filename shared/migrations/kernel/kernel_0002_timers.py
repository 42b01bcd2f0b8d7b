"""Timers: when each stream must be woken next, set in the transaction of the append that changes it."""

from alembic import op

revision = "kernel_0002"
down_revision = "kernel_0001"
branch_labels = None
depends_on = None

TABLE = """
CREATE TABLE timer (
    stream_id text        PRIMARY KEY,
    due_at    timestamptz NOT NULL,
    attempts  integer     NOT NULL DEFAULT 0,
    reason    text,
    failed_at timestamptz
) WITH (fillfactor = 80);
CREATE INDEX timer_due ON timer (due_at) WHERE reason IS NULL;
CREATE INDEX timer_aside ON timer (failed_at) WHERE reason IS NOT NULL;

CREATE TABLE timer_derived (
    decider text    PRIMARY KEY,
    version integer NOT NULL
)
"""

# Whoever changes a timer holds its stream's head, so no two transactions meet at a row of this table.
SET_TIMERS = """
CREATE FUNCTION set_timers(streams text[], due timestamptz[]) RETURNS void LANGUAGE sql AS $$
    DELETE FROM timer t USING unnest(streams, due) AS g(stream_id, due_at)
    WHERE t.stream_id = g.stream_id AND g.due_at IS NULL;

    INSERT INTO timer (stream_id, due_at)
    SELECT g.stream_id, g.due_at FROM unnest(streams, due) AS g(stream_id, due_at) WHERE g.due_at IS NOT NULL
    ON CONFLICT (stream_id) DO UPDATE
    SET due_at = excluded.due_at, attempts = 0, reason = NULL, failed_at = NULL;
$$;
"""

APPEND_TIMED = """
CREATE FUNCTION append_events_timed(
    head_streams text[], head_expected integer[], head_version integer[], head_partition smallint[],
    streams text[], versions integer[], types text[], schema_versions smallint[], subjects text[],
    data jsonb[], metas jsonb[], occurred timestamptz[], recorded timestamptz[],
    timer_streams text[], timer_due timestamptz[]
) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    PERFORM append_events(head_streams, head_expected, head_version, head_partition, streams, versions, types,
                          schema_versions, subjects, data, metas, occurred, recorded);
    PERFORM set_timers(timer_streams, timer_due);
END $$;
"""


def upgrade() -> None:
    for statement in filter(str.strip, TABLE.split(";")):
        op.execute(statement)
    op.execute(SET_TIMERS)
    op.execute(APPEND_TIMED)
