"""A log of millions of events, made inside the database in minutes: as the store, the relay and the view would have."""

import json
from decimal import Decimal
from uuid import UUID, uuid4

import asyncpg

from bench.place import CONTACT
from services.contact.domain.purchase import PurchaseRecorded
from shared.clock import system_clock
from shared.store.contract import Context
from shared.store.partition import partition_of

EACH = 5
"""Events of one stream."""

STREAMS_EACH = 10
"""Streams of one customer."""

CHUNK = 1_000_000
BLOCK = 100

BARE = "ALTER TABLE event DROP CONSTRAINT event_pkey, DROP CONSTRAINT event_stream_id_version_key"
WHOLE = "ALTER TABLE event ADD PRIMARY KEY (position), ADD UNIQUE (stream_id, version)"
EVENTS = """
INSERT INTO event
SELECT n, pg_current_xact_id(), 'purchase-bench-' || s, 1 + n / $4, 'purchase-recorded', 1,
       p.partition, p.customer_id::text,
       $5::jsonb || jsonb_build_object('customer_id', p.customer_id, 'order_id', n::text),
       '{}', now() - n * interval '1 second', now()
FROM generate_series($1::bigint, $2::bigint) n, LATERAL (SELECT n % $4 AS s) m
JOIN bench_customer p ON p.number = m.s / $3
"""
STREAMS = """
INSERT INTO stream SELECT 'purchase-bench-' || s, $2, p.partition
FROM generate_series(0, $1 - 1) s JOIN bench_customer p ON p.number = s / $3
"""
PUBLICATION = """
INSERT INTO publication
SELECT partition, 1 + $1 * block, array_agg(position ORDER BY position)
FROM (SELECT partition, position, (row_number() OVER (PARTITION BY partition ORDER BY position) - 1) / $1 AS block
      FROM event) numbered
GROUP BY partition, block
"""
NUMBERED = """
UPDATE relay_partition r SET next_seq = 1 + n.events, acked_seq = n.events
FROM (SELECT partition, count(*) AS events FROM event GROUP BY partition) n WHERE n.partition = r.partition
"""
PLACES = """
INSERT INTO consumer_position (consumer, topic, partition, next_seq, next_offset)
SELECT $1, $2, partition, next_seq, next_seq FROM relay_partition
"""
ROWS = """
INSERT INTO customers_v2 (customer_id, identifiers, purchases, revenue, interactions, points_earned, tickets)
SELECT customer_id, 1, $1, '{"EUR": "49.90"}', 0, 0, '{}' FROM bench_customer
"""


def stream_of(number: int) -> str:
    """Return the name of a stream of the log."""
    return f"purchase-bench-{number}"


def customer_of(number: int) -> UUID:
    """Return whom a stream is about: a UUID that spreads over an index as random ones do."""
    return UUID(int=(number // STREAMS_EACH) * 0x9E3779B97F4A7C15F39CC0605CEDC835 % 2**128)


def purchase(customer: UUID) -> PurchaseRecorded:
    """Return one more purchase."""
    return PurchaseRecorded(customer, "bench", str(uuid4()), Decimal("49.90"), "EUR", 2, "web")


async def fill(pool: asyncpg.Pool, events: int) -> None:
    """Fill the database of contact with so many purchases, all published and all in the customers view."""
    streams = events // EACH
    customers = [(number, customer_of(number * STREAMS_EACH)) for number in range(streams // STREAMS_EACH)]
    await pool.execute("CREATE UNLOGGED TABLE bench_customer (number integer, customer_id uuid, partition smallint)")
    async with pool.acquire() as connection:
        rows = [(number, customer, partition_of(str(customer))) for number, customer in customers]
        await connection.copy_records_to_table("bench_customer", records=rows)
        await connection.execute("CREATE INDEX ON bench_customer (number)")
        await connection.execute("ANALYZE bench_customer")
        await connection.execute(BARE)
        template = json.dumps({"source": "bench", "amount": "49.90", "currency": "EUR", "items": 2, "channel": "web"})
        for first in range(0, events, CHUNK):
            last = min(first + CHUNK, events) - 1
            await connection.execute(EVENTS, first, last, STREAMS_EACH, streams, template, timeout=900)
        await connection.execute(WHOLE, timeout=900)
        await connection.execute(STREAMS, streams, EACH, STREAMS_EACH, timeout=900)
        await connection.execute(PUBLICATION, BLOCK, timeout=900)
        await connection.execute(NUMBERED, timeout=900)
        await connection.execute(PLACES, CONTACT.views_consumer, CONTACT.topic)
        await connection.execute(ROWS, EACH * STREAMS_EACH, timeout=900)
        await connection.execute("SELECT setval('event_position', $1)", events + 1)
        await connection.execute("VACUUM (ANALYZE)", timeout=900)


def context() -> Context:
    """Return the surroundings of what happens now."""
    now = system_clock()
    return Context(now, now)
