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
    key        text NOT NULL,
    row        jsonb,
    PRIMARY KEY (table_name, subject, key)
) WITH (fillfactor = 70)
"""

# One round trip for a batch: the lock on the edges first; then the groups' own locks, in one order, each the row of its
# root with an empty key, which is always there; and only then a look, with a snapshot of its own.
LOCKED = """
CREATE FUNCTION lock_merged_rows(of_table text, of_subjects text[])
RETURNS TABLE (subject text, root text, key text, "row" text) LANGUAGE plpgsql AS $$
DECLARE
    roots text[];
BEGIN
    PERFORM pg_advisory_xact_lock_shared(hashtext('rapport.merging'));
    IF NOT EXISTS (SELECT FROM merged_subject) THEN
        RETURN;
    END IF;
    SELECT array_agg(DISTINCT s.root) INTO roots FROM merged_subject s WHERE s.subject = ANY(of_subjects);
    PERFORM FROM merged_row m
        WHERE m.table_name = of_table AND m.subject = ANY(roots) AND m.key = '' ORDER BY m.subject FOR UPDATE;
    RETURN QUERY
        SELECT s.subject, s.root, m.key, m.row::text FROM merged_subject s
        LEFT JOIN merged_row m ON m.table_name = of_table AND m.subject = s.subject AND m.key <> ''
        WHERE s.root = ANY(roots);
END $$
"""


def upgrade() -> None:
    for statement in EDGES.split(";"):
        op.execute(statement)
    op.execute(LOCKED)
