"""The second generation of the views, beside the first: the release before keeps its own tables."""

from alembic import op

revision = "loyalty_0002"
down_revision = "loyalty_0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("""
        CREATE TABLE members_v2 (
            customer_id      uuid PRIMARY KEY,
            enrolled_at      timestamptz,
            balance          bigint  NOT NULL,
            debt             bigint  NOT NULL,
            pending          bigint  NOT NULL,
            earned           bigint  NOT NULL,
            reversed         bigint  NOT NULL,
            spent            bigint  NOT NULL,
            expired          bigint  NOT NULL,
            lots             integer NOT NULL,
            last_movement_at timestamptz
        ) WITH (fillfactor = 80)
    """)
    op.execute("CREATE INDEX members_v2_by_balance ON members_v2 (balance DESC, customer_id DESC)")
