"""View builds: which table of a view is live, which one came before, which one is being built."""

from alembic import op

revision = "kernel_0003"
down_revision = "kernel_0002"
branch_labels = None
depends_on = None

# `places`, `left_out` and the rows of `parked_before` say how far the table had come when it was put aside:
# a rollback goes on from there.
BUILDS = """
CREATE TABLE view_build (
    table_name text        NOT NULL,
    number     integer     NOT NULL,
    state      text        NOT NULL CHECK (state IN ('building', 'live', 'before', 'gone', 'failed')),
    started_at timestamptz NOT NULL,
    ended_at   timestamptz,
    rows       bigint,
    changed    bigint,
    checksum   text,
    places     jsonb,
    left_out   jsonb,
    locked_at  timestamptz,
    held_ms    double precision,
    PRIMARY KEY (table_name, number)
);
CREATE UNIQUE INDEX view_build_by_state ON view_build (table_name, state) WHERE state IN ('live', 'before');

CREATE TABLE parked_before (
    table_name text        NOT NULL,
    key        text        NOT NULL,
    place      integer     NOT NULL,
    topic      text        NOT NULL,
    partition  smallint    NOT NULL,
    record_key bytea,
    headers    jsonb       NOT NULL,
    value      bytea,
    reason     text,
    PRIMARY KEY (table_name, key, place)
);
"""


def upgrade() -> None:
    for statement in filter(str.strip, BUILDS.split(";")):
        op.execute(statement)
