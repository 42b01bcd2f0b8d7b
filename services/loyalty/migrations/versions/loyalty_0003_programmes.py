"""The list of programmes."""

from alembic import op

revision = "loyalty_0003"
down_revision = "loyalty_0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("""
        CREATE TABLE programmes_v2 (
            programme_id   text PRIMARY KEY,
            name           text        NOT NULL,
            version        integer     NOT NULL,
            effective_from timestamptz NOT NULL,
            published_at   timestamptz NOT NULL,
            rules          integer     NOT NULL,
            currencies     integer     NOT NULL
        ) WITH (fillfactor = 80)
    """)
