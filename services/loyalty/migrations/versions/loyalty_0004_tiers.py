"""The list of members by tier."""

from alembic import op

revision = "loyalty_0004"
down_revision = "loyalty_0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("""
        CREATE TABLE tiers_v2 (
            customer_id   uuid PRIMARY KEY,
            programme     text        NOT NULL,
            tier          text        NOT NULL,
            rank          integer     NOT NULL,
            service_level text        NOT NULL,
            reason        text        NOT NULL,
            since         timestamptz NOT NULL,
            next_at       timestamptz
        ) WITH (fillfactor = 80)
    """)
    op.execute("CREATE INDEX tiers_v2_by_since ON tiers_v2 (since DESC, customer_id DESC)")
    op.execute("CREATE INDEX tiers_v2_by_tier ON tiers_v2 (tier, since DESC, customer_id DESC)")
