"""The first views of scoring: what customers bought, which events say so, their scores, and the runs."""

from alembic import op

revision = "scoring_0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("""
        CREATE TABLE customer_value (
            key              text PRIMARY KEY,
            customer_id      uuid    NOT NULL,
            currency         text    NOT NULL,
            purchases        integer NOT NULL,
            revenue          numeric NOT NULL,
            days             jsonb   NOT NULL,
            transaction_days integer NOT NULL,
            first_day        integer,
            last_day         integer,
            latest_day       integer NOT NULL,
            last_purchase_at timestamptz
        ) WITH (fillfactor = 80)
    """)
    op.execute("""
        CREATE TABLE evidence (
            event_id    text PRIMARY KEY,
            customer_id uuid        NOT NULL,
            currency    text        NOT NULL,
            amount      numeric     NOT NULL,
            occurred_at timestamptz NOT NULL
        )
    """)
    op.execute("CREATE INDEX evidence_by_customer ON evidence (customer_id, occurred_at DESC)")
    op.execute("""
        CREATE TABLE scores (
            customer_id        uuid PRIMARY KEY,
            run_id             uuid    NOT NULL,
            tier               text    NOT NULL,
            recency            integer NOT NULL,
            frequency          integer NOT NULL,
            monetary           integer NOT NULL,
            value              numeric NOT NULL,
            currency           text    NOT NULL,
            expected_purchases double precision,
            probability_alive  double precision,
            scored_at          timestamptz NOT NULL
        )
    """)
    op.execute("CREATE INDEX scores_by_value ON scores (value DESC, customer_id DESC)")
    op.execute("CREATE INDEX scores_by_tier ON scores (tier, value DESC, customer_id DESC)")
    op.execute("""
        CREATE TABLE runs (
            run_id         uuid PRIMARY KEY,
            status         text        NOT NULL,
            requested_at   timestamptz NOT NULL,
            observed_until date,
            customers      integer,
            changed        integer,
            ended_at       timestamptz,
            reason         text
        )
    """)
    op.execute("CREATE INDEX runs_by_end ON runs (status, ended_at DESC)")
