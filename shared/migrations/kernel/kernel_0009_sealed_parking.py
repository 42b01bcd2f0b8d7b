"""Parked messages from outside are sealed: under whose key, or none for those that hold tokens or came before."""

from alembic import op

revision = "kernel_0009"
down_revision = "kernel_0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("ALTER TABLE parked ADD COLUMN sealed_for text")
