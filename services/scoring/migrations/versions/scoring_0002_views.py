"""The second generation of the views, beside the first: the release before keeps its own tables."""

from alembic import op

revision = "scoring_0002"
down_revision = "scoring_0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("""
        CREATE TABLE customer_value_v2 (
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
        CREATE TABLE evidence_v2 (
            event_id    text PRIMARY KEY,
            customer_id uuid        NOT NULL,
            currency    text        NOT NULL,
            amount      numeric     NOT NULL,
            refund      boolean     NOT NULL,
            occurred_at timestamptz NOT NULL,
            recorded_at timestamptz NOT NULL
        )
    """)
    op.execute("CREATE INDEX evidence_v2_by_customer ON evidence_v2 (customer_id, occurred_at DESC)")
    op.execute("""
        CREATE TABLE scores_v2 (
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
    op.execute("CREATE INDEX scores_v2_by_value ON scores_v2 (value DESC, customer_id DESC)")
    op.execute("CREATE INDEX scores_v2_by_tier ON scores_v2 (tier, value DESC, customer_id DESC)")
    op.execute("""
        CREATE TABLE runs_v2 (
            run_id         uuid PRIMARY KEY,
            status         text        NOT NULL,
            requested_at   timestamptz NOT NULL,
            observed_until date,
            customers      integer,
            changed        integer,
            ended_at       timestamptz,
            reason         text,
            because        text
        )
    """)
    op.execute("CREATE INDEX runs_v2_by_end ON runs_v2 (status, ended_at DESC)")
    op.execute("""
        CREATE TABLE activity_v2 (
            customer_id          uuid PRIMARY KEY,
            purchase_days        integer     NOT NULL,
            last_purchase_day    timestamptz NOT NULL,
            moments              jsonb       NOT NULL,
            high_frequency_until timestamptz,
            active_until         timestamptz,
            regular_until        timestamptz,
            inactive_until       timestamptz
        ) WITH (fillfactor = 80)
    """)
    op.execute("CREATE INDEX activity_v2_by_purchase ON activity_v2 (last_purchase_day DESC, customer_id DESC)")
