"""The second generation of the views, beside the first: the release before keeps its own tables."""

from alembic import op

revision = "tickets_0002"
down_revision = "tickets_0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("""
        CREATE TABLE queue_v2 (
            ticket_id                uuid PRIMARY KEY,
            customer_id              uuid        NOT NULL,
            category                 text        NOT NULL,
            severity                 text        NOT NULL,
            status                   text        NOT NULL,
            channel                  text        NOT NULL,
            received_at              timestamptz NOT NULL,
            acknowledge_by           timestamptz NOT NULL,
            acknowledged             boolean     NOT NULL,
            acknowledgement_breached boolean     NOT NULL,
            promises                 jsonb       NOT NULL,
            promises_broken          integer     NOT NULL,
            next_due_at              timestamptz,
            next_due                 text,
            next_warned              boolean     NOT NULL,
            warned                   jsonb       NOT NULL,
            reopenings               integer     NOT NULL,
            decision                 text,
            touchpoint               text,
            invented                 boolean     NOT NULL
        ) WITH (fillfactor = 80)
    """)
    op.execute("CREATE INDEX queue_v2_due ON queue_v2 (next_due_at, ticket_id) WHERE next_due_at IS NOT NULL")
    op.execute("CREATE INDEX queue_v2_received ON queue_v2 (received_at DESC, ticket_id DESC)")
    op.execute("CREATE INDEX queue_v2_of_customer ON queue_v2 (customer_id, received_at DESC, ticket_id DESC)")
