"""The first view of tickets: the queue."""

from alembic import op

revision = "tickets_0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("""
        CREATE TABLE queue (
            ticket_id       uuid PRIMARY KEY,
            customer_id     uuid        NOT NULL,
            status          text        NOT NULL,
            severity        text        NOT NULL,
            category        text        NOT NULL,
            channel         text        NOT NULL,
            received_at     timestamptz NOT NULL,
            acknowledge_by  timestamptz NOT NULL,
            acknowledged_at timestamptz,
            promises        jsonb       NOT NULL,
            due_at          timestamptz,
            due             text,
            touchpoint      text,
            invented        boolean     NOT NULL
        )
    """)
    op.execute("CREATE INDEX queue_by_due ON queue (due_at, ticket_id)")
    op.execute("CREATE INDEX queue_of_customer ON queue (customer_id, ticket_id)")
