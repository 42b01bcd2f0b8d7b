"""Recovery: which log each place is in, how far the broker holds ours, and room to read lost events back."""

from alembic import op

revision = "kernel_0006"
down_revision = "kernel_0005"
branch_labels = None
depends_on = None

TABLES = """
ALTER TABLE consumer_position ADD COLUMN origin text;

ALTER TABLE relay_partition
    ADD COLUMN origin       text,
    ADD COLUMN acked_offset bigint,
    ADD COLUMN first_offset bigint NOT NULL DEFAULT 0,
    ADD COLUMN topic_seq    bigint NOT NULL DEFAULT 0;

CREATE TABLE recovery (
    partition      smallint    NOT NULL,
    seq            bigint      NOT NULL,
    position       bigint      NOT NULL,
    stream_id      text        NOT NULL,
    version        integer     NOT NULL,
    type           text        NOT NULL,
    schema_version smallint    NOT NULL,
    subject        text        NOT NULL,
    data           jsonb       NOT NULL,
    meta           jsonb       NOT NULL,
    occurred_at    timestamptz NOT NULL,
    recorded_at    timestamptz NOT NULL,
    PRIMARY KEY (partition, seq)
);
CREATE INDEX recovery_by_stream ON recovery (stream_id, version);

CREATE TABLE set_aside (
    id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    stream_id    text        NOT NULL,
    version      integer     NOT NULL,
    event        jsonb       NOT NULL,
    set_aside_at timestamptz NOT NULL DEFAULT now()
);
"""


def upgrade() -> None:
    for statement in filter(str.strip, TABLES.split(";")):
        op.execute(statement)
