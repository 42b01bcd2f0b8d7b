"""Merged subjects: who stands for whom, and the rows of those who were merged."""

revision = "kernel_0004"
down_revision = "kernel_0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    pass
