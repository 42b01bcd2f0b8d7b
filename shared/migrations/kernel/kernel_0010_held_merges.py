"""Is anybody merged? Asked by each batch of views, so that none lists its subjects where the answer is no."""

from alembic import op

revision = "kernel_0010"
down_revision = "kernel_0009"
branch_labels = None
depends_on = None

# The lock first and then the look, which in a function has a snapshot of its own: what it sees stays so.
HOLD = """
CREATE FUNCTION hold_merges() RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_advisory_xact_lock_shared(hashtext('rapport.merging'));
    RETURN EXISTS (SELECT FROM merged_subject);
END $$
"""


def upgrade() -> None:
    op.execute(HOLD)
