"""An index for the list of customers by their latest contact, which is read most and grew with every customer."""

from alembic import op

revision = "contact_0004"
down_revision = "contact_0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("""
        CREATE INDEX customers_v2_by_last_contact ON customers_v2 (last_contact_at DESC, customer_id DESC)
        WHERE last_contact_at IS NOT NULL
    """)
