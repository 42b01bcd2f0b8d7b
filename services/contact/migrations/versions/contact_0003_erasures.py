"""Erasures under way and done, and the way from a customer to their identifiers."""

from alembic import op

revision = "contact_0003"
down_revision = "contact_0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("""
        CREATE TABLE erasure (
            customer_id  uuid        PRIMARY KEY,
            members      uuid[]      NOT NULL,
            requested_at timestamptz NOT NULL,
            step         text        NOT NULL,
            trouble      text,
            finished_at  timestamptz
        )
    """)
    op.execute("CREATE INDEX erasure_of_member ON erasure USING gin (members)")
    op.execute("CREATE INDEX event_identifiers ON event (subject) WHERE type = 'identifier-claimed'")
