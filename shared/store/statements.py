"""The SQL of the event store. One event is one statement; several go through functions of the database."""

from enum import Enum
from itertools import product

_EVENT = """
recorded_event AS (
    INSERT INTO event (position, stream_id, version, type, schema_version, partition, subject,
                       data, meta, occurred_at, recorded_at)
    SELECT nextval('event_position'), $1, $2, $3, $4, head.partition, $5, $6, $7, $8, $9 FROM head
    RETURNING position, partition
)"""

_OUTBOX = "INSERT INTO outbox SELECT position, partition FROM recorded_event"

STORED = "INSERT 0 1"
"""The status of `append_one` where the stream was at its expected version."""

_ONCE = """,
answer AS (
    INSERT INTO idempotency (key, fingerprint, answer, expires_at) SELECT $11, $12, $13, $14 FROM head
)"""

_MOVE_TIMER = """,
timed AS (
    INSERT INTO timer (stream_id, due_at) SELECT $1, {due_at}::timestamptz FROM head
    ON CONFLICT (stream_id) DO UPDATE SET due_at = excluded.due_at, attempts = 0, reason = NULL, failed_at = NULL
)"""
_CANCEL_TIMER = """,
timed AS (DELETE FROM timer USING head WHERE timer.stream_id = $1)"""

# The head row is the lock: positions are drawn only from a head that was taken, so a loser burns none; and by a
# transaction that has its number by then, on which the relay counts (`shared/relay/floor.py`).
_CREATE = """
head AS (
    INSERT INTO stream (stream_id, version, partition) VALUES ($1, $2, $10) ON CONFLICT DO NOTHING RETURNING partition
)"""
_ADVANCE = """
head AS (
    UPDATE stream SET version = $2 WHERE stream_id = $1 AND version = $10 RETURNING partition
)"""


class Timing(Enum):
    """What an append does with its stream's timer."""

    LEAVE = "leave"
    MOVE = "move"
    CANCEL = "cancel"


def append_one(*, create: bool, once: bool, timing: Timing) -> str:
    """Return the statement that appends one event; its status is `STORED`, unless there was a conflict.

    Parameters: stream, version, type, schema version, subject, data, meta,
    occurred_at, recorded_at; then the partition (create) or the expected
    version (advance); then, with `once`, key, fingerprint, answer, expires_at;
    then, to move the timer, its due_at.
    """
    timed = {
        Timing.LEAVE: "",
        Timing.MOVE: _MOVE_TIMER.format(due_at="$15" if once else "$11"),
        Timing.CANCEL: _CANCEL_TIMER,
    }[timing]
    return f"WITH {_CREATE if create else _ADVANCE}, {_EVENT}{_ONCE if once else ''}{timed} {_OUTBOX}"


APPEND_ONE = {
    (create, once, timing): append_one(create=create, once=once, timing=timing)
    for create, once, timing in product((True, False), (True, False), Timing)
}

APPEND_MANY = "SELECT append_events($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)"
APPEND_MANY_TIMED = "SELECT append_events_timed($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)"
APPEND_EACH = f"SELECT append_each({', '.join(f'${place}' for place in range(1, 21))})"
WAKES_AT = "SELECT due_at FROM timer WHERE stream_id = $1"

# A stream that must not exist has a head until the transaction ends, so that whoever begins it waits, and is seen by
# no one: the head goes in the same transaction.
LEAVE_ABSENT = "DELETE FROM stream WHERE stream_id = ANY($1::text[]) AND version = 0"
"""Takes away the heads of streams that were only held to not existing."""

KEEP_ANSWER = "INSERT INTO idempotency (key, fingerprint, answer, expires_at) VALUES ($1, $2, $3, $4)"
KEEP_ANSWERS = """
INSERT INTO idempotency (key, fingerprint, answer, expires_at)
SELECT * FROM unnest($1::text[], $2::text[], $3::bytea[], $4::timestamptz[])
"""
FORGET_EXPIRED = "DELETE FROM idempotency WHERE key = $1 AND expires_at <= $2"
ANSWERED = "SELECT fingerprint, answer, expires_at FROM idempotency WHERE key = $1"

COLUMNS = (
    "e.stream_id, e.version, e.position, e.partition, e.subject, e.type, e.schema_version, e.data::text,"
    " e.occurred_at, e.recorded_at, e.meta::text"
)

READ = f"SELECT {COLUMNS} FROM event e WHERE stream_id = $1 AND version > $2 AND version <= $3 ORDER BY version"
NEWS = """
SELECT version, type, schema_version, data::text FROM event WHERE stream_id = $1 AND version > $2 ORDER BY version
"""
READ_AT = f"""
SELECT {COLUMNS} FROM event e WHERE stream_id = $1 AND version > $2 AND version <= $3
  AND ($4::timestamptz IS NULL OR occurred_at <= $4) AND ($5::timestamptz IS NULL OR recorded_at <= $5)
ORDER BY version
"""
READ_NEWS_OF_MANY = f"""
SELECT {COLUMNS} FROM unnest($1::text[], $2::integer[]) AS w(stream_id, after)
JOIN event e ON e.stream_id = w.stream_id AND e.version > w.after
ORDER BY e.stream_id, e.version
"""
READ_BEHIND = f"""
SELECT w.stream_id, {COLUMNS.partition(", ")[2]}
FROM unnest($1::text[], $2::integer[], $3::timestamptz[]) AS w(stream_id, version, recorded_at)
LEFT JOIN event e ON e.stream_id = w.stream_id AND e.version >= w.version
WHERE (e.version, e.recorded_at) IS DISTINCT FROM (w.version, w.recorded_at)
ORDER BY w.stream_id, e.version
"""
"""What came after marks. Of a mark that doesn't stand, a row says so: an event at its own version, or none at all."""
READ_MANY = f"SELECT {COLUMNS} FROM event e WHERE stream_id = ANY($1::text[]) ORDER BY stream_id, version"

LOG_ENDS = "SELECT partition, next_seq - 1 FROM relay_partition"
LOG_PAGE = f"""
WITH block AS (
    SELECT first_seq, positions FROM publication
    WHERE partition = $1 AND first_seq >= coalesce(
        (SELECT max(first_seq) FROM publication WHERE partition = $1 AND first_seq <= $2 + 1), 0)
    ORDER BY first_seq LIMIT $3
), numbered AS (
    SELECT block.first_seq + place - 1 AS seq, position
    FROM block, unnest(positions) WITH ORDINALITY AS item(position, place)
)
SELECT numbered.seq, {COLUMNS} FROM numbered JOIN event e USING (position) WHERE numbered.seq > $2 ORDER BY numbered.seq
"""
