"""The list of simulations."""

from alembic import op

revision = "loyalty_0008"
down_revision = "loyalty_0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("""
        CREATE TABLE simulations_v2 (
            simulation_id uuid PRIMARY KEY,
            programme_id  text             NOT NULL,
            status        text             NOT NULL,
            progress      double precision NOT NULL,
            since         timestamptz      NOT NULL,
            until         timestamptz      NOT NULL,
            requested_at  timestamptz      NOT NULL,
            ended_at      timestamptz,
            reason        text
        ) WITH (fillfactor = 80)
    """)
    op.execute("CREATE INDEX simulations_v2_by_requested_at ON simulations_v2 (requested_at DESC, simulation_id DESC)")
