"""The first views of scoring: what customers bought, their scores, and the runs."""

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
            last_day         integer
        ) WITH (fillfactor = 80)
    """)
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
