"""The third generation of the views: it also knows each lot, and what was taken from it."""

from alembic import op

revision = "loyalty_0003"
down_revision = "loyalty_0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("""
        CREATE TABLE members_v3 (
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
    op.execute("CREATE INDEX members_v3_by_balance ON members_v3 (balance DESC, customer_id DESC)")
    op.execute("""
        CREATE TABLE lots_issued_v3 (
            event_id    text PRIMARY KEY,
            customer_id uuid        NOT NULL,
            lot_id      text        NOT NULL,
            occurred_at timestamptz NOT NULL,
            recorded_at timestamptz NOT NULL,
            issued_at   timestamptz NOT NULL,
            expires_at  timestamptz,
            currency    text        NOT NULL,
            partner     text        NOT NULL,
            money       text        NOT NULL,
            points      bigint      NOT NULL,
            price       numeric     NOT NULL,
            goods       numeric     NOT NULL
        )
    """)
    op.execute("""
        CREATE TABLE lots_moved_v3 (
            event_id    text PRIMARY KEY,
            customer_id uuid        NOT NULL,
            occurred_at timestamptz NOT NULL,
            recorded_at timestamptz NOT NULL,
            redeemed    jsonb       NOT NULL,
            lot_id      text        NOT NULL,
            reversed    bigint      NOT NULL,
            price       numeric     NOT NULL
        )
    """)
