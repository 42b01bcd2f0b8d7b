"""Views of lots, of what was taken from them, and of partners."""

from alembic import op

revision = "loyalty_0005"
down_revision = "loyalty_0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("""
        CREATE TABLE lots_issued_v2 (
            event_id    text PRIMARY KEY,
            customer_id uuid        NOT NULL,
            lot_id      text        NOT NULL,
            occurred_at timestamptz NOT NULL,
            recorded_at timestamptz NOT NULL,
            issued_at   timestamptz NOT NULL,
            lapses_at   timestamptz,
            currency    text        NOT NULL,
            partner     text        NOT NULL,
            money       text        NOT NULL,
            points      bigint      NOT NULL,
            sale        text        NOT NULL,
            price       numeric     NOT NULL,
            goods       numeric     NOT NULL,
            unit_price  numeric
        )
    """)
    op.execute("""
        CREATE TABLE lots_moved_v2 (
            event_id    text PRIMARY KEY,
            customer_id uuid        NOT NULL,
            occurred_at timestamptz NOT NULL,
            recorded_at timestamptz NOT NULL,
            redeemed    jsonb       NOT NULL,
            lot_id      text        NOT NULL,
            reversed    jsonb       NOT NULL,
            price       numeric     NOT NULL,
            hold_id     text        NOT NULL,
            held        jsonb       NOT NULL,
            held_until  timestamptz,
            lapsed      jsonb       NOT NULL,
            exempts     boolean     NOT NULL,
            forfeited   jsonb       NOT NULL,
            parts       jsonb       NOT NULL,
            giver       uuid
        )
    """)
    op.execute("""
        CREATE TABLE partners_v2 (
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
        CREATE TABLE settlements_v2 (
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
    op.execute("CREATE INDEX settlements_v2_by_month ON settlements_v2 (month DESC, settlement_id DESC)")
    op.execute("""
        CREATE TABLE partner_entries_v2 (
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
    op.execute("CREATE INDEX partner_entries_v2_by_partner ON partner_entries_v2 (partner_id, happened_at, event_id)")
