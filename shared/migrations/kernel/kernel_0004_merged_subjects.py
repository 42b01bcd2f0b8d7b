"""Merged subjects: who stands for whom, and the rows of those who were merged."""

from alembic import op

revision = "kernel_0004"
down_revision = "kernel_0003"
branch_labels = None
depends_on = None

EDGES = """
CREATE TABLE merge_edge (
    merge_id           text PRIMARY KEY,
    child              text NOT NULL,
    parent             text NOT NULL,
    occurred_at        timestamptz,
    recorded_at        timestamptz,
    undone_occurred_at timestamptz,
    undone_recorded_at timestamptz
);
CREATE INDEX merge_edge_child ON merge_edge (child);
CREATE INDEX merge_edge_parent ON merge_edge (parent);

CREATE TABLE merged_subject (
    subject text PRIMARY KEY,
    root    text NOT NULL
);
CREATE INDEX merged_subject_root ON merged_subject (root);

CREATE TABLE merged_row (
    table_name text NOT NULL,
    subject    text NOT NULL,
    row        jsonb,
    PRIMARY KEY (table_name, subject)
) WITH (fillfactor = 70)
"""

# One round trip for a batch: the lock first, and then a look with a snapshot of its own. Rows are locked in one order.
LOCKED = """
CREATE FUNCTION lock_merged_rows(of_table text, of_subjects text[])
RETURNS TABLE (subject text, root text, "row" text) LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_advisory_xact_lock_shared(hashtext('rapport.merging'));
    IF NOT EXISTS (SELECT FROM merged_subject) THEN
        RETURN;
    END IF;
    RETURN QUERY
        SELECT m.subject, s.root, m.row::text
        FROM merged_subject s JOIN merged_row m ON m.subject = s.subject AND m.table_name = of_table
        WHERE s.root IN (SELECT asked.root FROM merged_subject asked WHERE asked.subject = ANY(of_subjects))
        ORDER BY s.root, m.subject FOR UPDATE OF m;
END $$
"""


def upgrade() -> None:
    for statement in EDGES.split(";"):
        op.execute(statement)
    op.execute(LOCKED)
