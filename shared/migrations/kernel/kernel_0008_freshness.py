"""Freshness: the moment up to which a consumer has taken all that a partition held."""

from alembic import op

revision = "kernel_0008"
down_revision = "kernel_0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("ALTER TABLE consumer_position ADD COLUMN current_at timestamptz")
