"""The second generation of the views, beside the first: the release before keeps its own tables."""

from alembic import op

revision = "contact_0002"
down_revision = "contact_0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("""
        CREATE TABLE customers_v2 (
            customer_id        uuid PRIMARY KEY,
            registered_at      timestamptz,
            source             text,
            channel            text,
            identifiers        integer NOT NULL,
            purchases          integer NOT NULL,
            revenue            jsonb   NOT NULL,
            last_purchase_at   timestamptz,
            interactions       integer NOT NULL,
            last_contact_at    timestamptz,
            erased_at          timestamptz,
            points             bigint,
            points_earned      bigint  NOT NULL,
            tickets            jsonb   NOT NULL,
            tier               text,
            rfm                text,
            value              numeric,
            expected_purchases double precision,
            probability_alive  double precision
        ) WITH (fillfactor = 70)
    """)
    op.execute("""
        CREATE TABLE timeline_v2 (
            event_id       text PRIMARY KEY,
            customer_id    uuid        NOT NULL,
            occurred_at    timestamptz NOT NULL,
            recorded_at    timestamptz NOT NULL,
            service        text        NOT NULL,
            type           text        NOT NULL,
            data           jsonb       NOT NULL,
            schema_version smallint    NOT NULL,
            partition      smallint    NOT NULL,
            number         bigint      NOT NULL
        )
    """)
    op.execute("CREATE INDEX timeline_v2_of_customer ON timeline_v2 (customer_id, occurred_at DESC, event_id DESC)")
    op.execute("CREATE INDEX timeline_v2_arrived ON timeline_v2 (service, partition, number)")
