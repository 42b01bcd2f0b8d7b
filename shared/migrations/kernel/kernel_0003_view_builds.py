"""View builds: which table of a view is live, which one came before, which one is being built."""

revision = "kernel_0003"
down_revision = "kernel_0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    pass
