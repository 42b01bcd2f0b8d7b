"""How far the members of each programme have been asked what its tier tables make of their tiers."""

from alembic import op

revision = "loyalty_0010"
down_revision = "loyalty_0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("""
        CREATE TABLE tier_round (
            programme_id text PRIMARY KEY,
            tables       text    NOT NULL,
            after        text    NOT NULL,
            done         boolean NOT NULL
        )
    """)
