"""Sixteen writers, eight hot streams, transactions that dawdle: the relay loses nothing, a naive reader does."""

import asyncio
import random
from collections import defaultdict

import asyncpg

from shared.errors import Conflict
from shared.relay.sequence import Sequencer
from shared.store.contract import PARTITIONS, Append
from shared.store.postgres import PostgresEventStore
from shared.testing.sample import CONTEXT, Raised

SECONDS = 3.0
WRITERS = 16
STREAMS = 8


class Race:
    """Writers that write elsewhere first, append, and then dawdle before the commit."""

    def __init__(self, pool: asyncpg.Pool, store: PostgresEventStore) -> None:
        self.pool = pool
        self.store = store
        self.committed: set[str] = set()
        self.over = False
        self.finished = False

    async def writer(self, seed: int) -> None:
        chance = random.Random(seed)
        while not self.over:
            stream = f"hot-{chance.randrange(STREAMS)}"
            version = len(await self.store.read(stream))
            try:
                async with self.pool.acquire() as connection, connection.transaction():
                    await connection.execute("INSERT INTO totals VALUES ($1, 1, 1)", f"{seed}-{chance.random()}")
                    await asyncio.sleep(chance.uniform(0, 0.004))
                    append = Append(stream, version, stream, [Raised(1)], CONTEXT)
                    await self.store.on(connection).append(append)
                    await asyncio.sleep(chance.uniform(0, 0.008))
            except Conflict:
                continue
            self.committed.add(f"{stream}@{version + 1}")

    async def run(self, *readers: "asyncio.Task[None]") -> None:
        writers = [asyncio.create_task(self.writer(seed)) for seed in range(WRITERS)]
        await asyncio.sleep(SECONDS)
        self.over = True
        await asyncio.gather(*writers)
        self.finished = True
        await asyncio.gather(*readers)


async def naive_reader(race: Race, found: list[str]) -> None:
    """Read the log by `position > last`, as published systems did."""
    last, done = 0, False
    while not done:
        done = race.finished
        rows = await race.pool.fetch(
            "SELECT position, stream_id || '@' || version FROM event WHERE position > $1 ORDER BY position", last
        )
        found += [row[1] for row in rows]
        last = rows[-1][0] if rows else last
        await asyncio.sleep(0.001)


async def relay_reader(race: Race, found: list[tuple[int, int, str]]) -> None:
    sequencer = Sequencer(race.pool, range(PARTITIONS))
    await sequencer.lead()
    done = False
    while not done:
        done = race.finished and not await sequencer.waiting()
        found += [
            (item.partition, item.seq, f"{item.row[5].decode()}@{item.row[6]}")
            for item in await sequencer.next_batch(50)
        ]


async def test_the_relay_numbers_every_event_once_in_stream_order_where_a_naive_reader_loses_some(
    pool: asyncpg.Pool, postgres_store: PostgresEventStore
) -> None:
    race = Race(pool, postgres_store)
    naive: list[str] = []
    relayed: list[tuple[int, int, str]] = []
    await race.run(asyncio.create_task(naive_reader(race, naive)), asyncio.create_task(relay_reader(race, relayed)))

    assert set(naive) < race.committed, "the control must lose events, or this test proves nothing"
    assert sorted(item[2] for item in relayed) == sorted(race.committed)

    numbers: dict[int, list[int]] = defaultdict(list)
    versions: dict[str, list[int]] = defaultdict(list)
    for partition, seq, event in relayed:
        stream, _, version = event.partition("@")
        numbers[partition].append(seq)
        versions[stream].append(int(version))
    assert all(found == list(range(1, len(found) + 1)) for found in numbers.values())
    assert all(found == list(range(1, len(found) + 1)) for found in versions.values())
