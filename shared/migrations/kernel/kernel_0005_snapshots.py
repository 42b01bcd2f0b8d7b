"""Snapshots: folded states of long streams."""

from alembic import op

revision = "kernel_0005"
down_revision = "kernel_0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # Text, not jsonb: the order of a state's dicts is part of it.
    op.execute("""
        CREATE TABLE snapshot (
            stream_id    text    NOT NULL,
            decider      text    NOT NULL,
            fold_version integer NOT NULL,
            version      integer NOT NULL,
            state        text    NOT NULL,
            PRIMARY KEY (stream_id, decider)
        )
    """)
