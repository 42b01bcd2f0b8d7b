"""Each way of reading the timeline goes by an index of its own, however much there is."""

from collections.abc import AsyncIterator
from uuid import UUID

import pytest

from services.contact.adapters import history, timeline_feed
from shared.store import statements
from tests.contact.served import NOW, Served, served

FILL = """
INSERT INTO timeline_v2
SELECT 'stream-' || n || '@1', ('00000000-0000-0000-0000-' || lpad((n % 500)::text, 12, '0'))::uuid,
       now() - n * interval '1 minute', now(), 'contact', 'purchase-recorded', '{}', 1, n % 12, n / 12
FROM generate_series(1, 60000) n
"""
EVENTS = """
INSERT INTO event
SELECT n, pg_current_xact_id(), 's' || n % 200, n / 200 + 1, 'purchase-recorded', 1, n % 12, 's', '{}',
       '{}', now(), now() FROM generate_series(1, 60000) n
"""
PUBLICATION = """
INSERT INTO publication
SELECT p, 1 + b * 10, array(SELECT 12 * (b * 10 + i) + p FROM generate_series(1, 10) i)
FROM generate_series(0, 11) p, generate_series(0, 498) b
"""


@pytest.fixture
async def contact(database: str) -> AsyncIterator[Served]:
    async with served(database) as made:
        for statement in (FILL, EVENTS, PUBLICATION, "ANALYZE"):
            await made.pool.execute(statement)
        yield made


async def plan(contact: Served, query: str, *arguments: object) -> str:
    rows = await contact.pool.fetch(f"EXPLAIN {query}", *arguments)
    return "\n".join(row[0] for row in rows)


async def test_a_past_customer_and_a_feed_far_behind_go_by_the_customer(contact: Served) -> None:
    windows = (["contact"], [3], [0], [10**6])
    customer = [UUID(int=7)]
    for query, arguments in (
        (history.EVENTS, (customer, NOW, None)),
        (history.COUNTS, (customer, NOW, None)),
        (timeline_feed.BY_CUSTOMER, (*windows, customer, 1000)),
    ):
        found = await plan(contact, query, *arguments)
        assert "timeline_v2_of_customer" in found, found
        assert "Seq Scan on timeline" not in found, found


async def test_a_feed_near_the_end_goes_by_the_numbers_however_many_listen(contact: Served) -> None:
    listened = [UUID(int=number) for number in range(400)]
    for customers in (listened[:1], listened):
        windows = (["contact"] * 12, list(range(12)), [4900] * 12, [4950] * 12)
        found = await plan(contact, timeline_feed.BY_NUMBER, *windows, customers, 1000)
        assert "timeline_v2_arrived" in found, found
        assert "Seq Scan" not in found, found


async def test_a_stream_at_a_moment_and_a_page_of_the_log_go_by_their_keys(contact: Served) -> None:
    found = await plan(contact, statements.READ_AT, "s7", 0, 2**31 - 1, NOW, None)
    assert "event_stream_id_version_key" in found, found
    page = await plan(contact, statements.LOG_PAGE, 3, 4000, 20)
    assert "publication_pkey" in page, page
    assert "event_pkey" in page, page
    assert "Seq Scan" not in page + found, page
