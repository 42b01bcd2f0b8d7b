"""Pools, and the members of whom something was suspected or refused."""

from alembic import op

revision = "loyalty_0009"
down_revision = "loyalty_0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("""
        CREATE TABLE pools_v2 (
            pool_id       text PRIMARY KEY,
            customer_id   uuid        NOT NULL,
            members       integer     NOT NULL,
            most          integer     NOT NULL,
            leaving       text        NOT NULL,
            spenders      text        NOT NULL,
            created_at    timestamptz NOT NULL,
            spends        integer     NOT NULL,
            last_spent_at timestamptz,
            closed_at     timestamptz
        ) WITH (fillfactor = 80)
    """)
    op.execute("CREATE INDEX pools_v2_by_created_at ON pools_v2 (created_at DESC, pool_id DESC)")
    op.execute("CREATE INDEX pools_v2_by_customer ON pools_v2 (customer_id)")
    op.execute("""
        CREATE TABLE flagged_v2 (
            customer_id  uuid PRIMARY KEY,
            blocked      boolean NOT NULL,
            suspicions   integer NOT NULL,
            open         integer NOT NULL,
            refusals     integer NOT NULL,
            last_rule    text,
            last_outcome text,
            last_at      timestamptz
        ) WITH (fillfactor = 80)
    """)
    op.execute("CREATE INDEX flagged_v2_by_last_at ON flagged_v2 (last_at DESC, customer_id DESC)")
