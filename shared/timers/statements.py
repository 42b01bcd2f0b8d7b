"""The SQL of timers. Whoever changes a timer holds the head of its stream."""

# Only heads are locked, and none is waited for: no order of locks can lead to a deadlock, and workers share the work.
CLAIM = """
SELECT s.stream_id FROM timer t JOIN stream s ON s.stream_id = t.stream_id
WHERE t.reason IS NULL AND t.due_at <= $1
ORDER BY t.due_at LIMIT $2 FOR UPDATE OF s SKIP LOCKED
"""
CLAIM_ONE = "SELECT stream_id FROM stream WHERE stream_id = $1 FOR UPDATE SKIP LOCKED"

# What the claim saw may be older than its locks: another worker may have fired meanwhile. Now nobody can any more.
STILL_DUE = """
SELECT stream_id FROM timer WHERE stream_id = ANY($1::text[]) AND reason IS NULL AND due_at <= $2 ORDER BY due_at
"""

SET = "SELECT set_timers($1, $2)"
NEXT = "SELECT min(due_at) FROM timer WHERE reason IS NULL"

# A timer that was moved meanwhile is no longer due, and nothing is held against it.
SET_ASIDE = """
UPDATE timer t SET reason = g.reason, attempts = attempts + 1, failed_at = $3
FROM unnest($1::text[], $2::text[]) AS g(stream_id, reason)
WHERE t.stream_id = g.stream_id AND t.due_at <= $3
"""

COUNT = """
SELECT (SELECT count(*) FROM timer WHERE reason IS NULL AND due_at <= $1),
       (SELECT count(*) FROM timer WHERE reason IS NOT NULL)
"""
LIST_ASIDE = """
SELECT stream_id, due_at, attempts, reason, failed_at FROM timer WHERE reason IS NOT NULL ORDER BY failed_at LIMIT $1
"""
LIST_NEXT = """
SELECT stream_id, due_at, attempts, reason, failed_at FROM timer WHERE reason IS NULL ORDER BY due_at LIMIT $1
"""

# What is locked is being fired or moved at this moment, and needs no retry.
RETRY = """
UPDATE timer SET reason = NULL WHERE stream_id IN (
    SELECT stream_id FROM timer WHERE reason IS NOT NULL AND ($1::text IS NULL OR stream_id = $1)
    FOR UPDATE SKIP LOCKED)
"""

DERIVED = "SELECT version FROM timer_derived WHERE decider = $1"
NOTE_DERIVED = """
INSERT INTO timer_derived (decider, version) VALUES ($1, $2) ON CONFLICT (decider) DO UPDATE SET version = $2
"""
STREAMS_AFTER = """
SELECT stream_id FROM stream WHERE stream_id > $1 AND starts_with(stream_id, $2) ORDER BY stream_id LIMIT $3
"""
LOCK = "SELECT stream_id FROM stream WHERE stream_id = ANY($1::text[]) ORDER BY stream_id FOR UPDATE"
DUE_OF = "SELECT stream_id, due_at FROM timer WHERE stream_id = ANY($1::text[])"
