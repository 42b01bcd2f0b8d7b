"""The third generation of the views: it also knows lots, what was taken from them, and partners."""

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
    op.execute("""
        CREATE TABLE partners_v3 (
            partner_id    text PRIMARY KEY,
            name          text    NOT NULL,
            money         text    NOT NULL,
            prepaid       boolean NOT NULL,
            pack          bigint  NOT NULL,
            owed          numeric NOT NULL,
            entries       integer NOT NULL,
            closed_until  date,
            last_entry_at timestamptz
        )
    """)
    op.execute("""
        CREATE TABLE settlements_v3 (
            settlement_id text PRIMARY KEY,
            partner_id    text    NOT NULL,
            month         date    NOT NULL,
            money         text    NOT NULL,
            closed        boolean NOT NULL,
            entries       integer NOT NULL,
            accruals      numeric NOT NULL,
            redemptions   numeric NOT NULL,
            reversals     numeric NOT NULL,
            packs         numeric NOT NULL,
            payments      numeric NOT NULL,
            total         numeric NOT NULL,
            opening       numeric,
            closing       numeric
        )
    """)
    op.execute("CREATE INDEX settlements_v3_by_month ON settlements_v3 (month DESC, settlement_id DESC)")
    op.execute("""
        CREATE TABLE partner_entries_v3 (
            event_id        text PRIMARY KEY,
            partner_id      text        NOT NULL,
            entry_id        text        NOT NULL,
            kind            text        NOT NULL,
            month           date        NOT NULL,
            happened_at     timestamptz NOT NULL,
            points_currency text        NOT NULL,
            points          bigint      NOT NULL,
            unit_price      numeric     NOT NULL,
            amount          numeric     NOT NULL,
            money           text        NOT NULL,
            reverses        text        NOT NULL,
            pack            bigint      NOT NULL,
            late            boolean     NOT NULL
        )
    """)
    op.execute("CREATE INDEX partner_entries_v3_by_partner ON partner_entries_v3 (partner_id, happened_at, event_id)")
