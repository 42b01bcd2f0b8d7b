"""Views brought up to date without Kafka: the same handler, given the same messages."""

from collections.abc import Sequence
from typing import Any

import asyncpg

from shared.consumers.handler import Item
from shared.policies.policy import RawRecord
from shared.store.contract import Recorded
from shared.store.postgres import PostgresEventStore
from shared.views.handler import ViewHandler
from shared.views.view import View

BATCH = 500
RECORD = RawRecord("", 0, 0, None, (), None)


async def follow(pool: asyncpg.Pool, view: View[Any], events: Sequence[Recorded]) -> None:
    """Apply the events that concern the view, in batches, as its consumer would."""
    handler = ViewHandler(view)
    connection: Any  # a pool gives out proxies of connections
    async with pool.acquire() as connection:
        for start in range(0, len(events), BATCH):
            batch = events[start : start + BATCH]
            items = [(key, Item(RECORD, event)) for event in batch if (key := handler.key(event)) is not None]
            async with connection.transaction():
                assert not items or await handler.apply(connection, items, frozenset()) == []


async def everything(pool: asyncpg.Pool, store: PostgresEventStore) -> list[Recorded]:
    """Return all that scoring has recorded, in the order of its streams."""
    streams = [row[0] for row in await pool.fetch("SELECT DISTINCT stream_id FROM event ORDER BY 1")]
    histories = await store.read_many(streams)
    return [event for stream in streams for event in histories[stream]]
