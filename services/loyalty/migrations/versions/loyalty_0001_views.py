"""The first view of loyalty: its members."""

from alembic import op

revision = "loyalty_0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("""
        CREATE TABLE members (
            customer_id      uuid PRIMARY KEY,
            enrolled_at      timestamptz,
            balance          bigint  NOT NULL,
            debt             bigint  NOT NULL,
            earned           bigint  NOT NULL,
            reversed         bigint  NOT NULL,
            spent            bigint  NOT NULL,
            lots             integer NOT NULL,
            last_movement_at timestamptz
        ) WITH (fillfactor = 80)
    """)
    op.execute("CREATE INDEX members_by_balance ON members (balance DESC, customer_id DESC)")
