"""The table of the key database: one wrapped data key for each subject, or the note that it was destroyed."""

from alembic import op

revision = "keys_0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("""
        CREATE TABLE data_key (
            subject    text        PRIMARY KEY,
            wrapped    bytea,
            master_key text,
            created_at timestamptz NOT NULL,
            erased_at  timestamptz,
            CHECK ((wrapped IS NULL) = (erased_at IS NOT NULL)),
            CHECK ((wrapped IS NULL) = (master_key IS NULL))
        )
    """)
    op.execute("CREATE INDEX data_key_of_master ON data_key (master_key) WHERE wrapped IS NOT NULL")
