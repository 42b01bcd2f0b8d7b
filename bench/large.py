"""What the log's length costs: the append, the detail read and the view update at 10 M events, beside 0.1 M."""

import asyncio
import random
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager

import asyncpg

from bench.figures import Figure, measured
from bench.large_log import EACH, context, customer_of, fill, purchase, stream_of
from bench.place import CONTACT, Place
from services.contact.domain.purchase import PURCHASE
from services.contact.views.customers import CUSTOMERS
from shared.clock import system_clock
from shared.consumers.batch import Batch
from shared.consumers.position import Place as TopicPlace
from shared.consumers.position import Position, Positions
from shared.consumers.wiring import view_sources
from shared.handle import Handler
from shared.policies.policy import RawRecord
from shared.relay.sequence import Sequencer
from shared.store.contract import PARTITIONS, Append
from shared.store.postgres import PostgresEventStore
from shared.views.handler import ViewHandler
from shared.wire import Wire

SMALL, LARGE = 100_000, 10_000_000
CLIENTS = 16
WRITES = 6_000
READS = 3_000
BATCH = 1_000
GOAL = ">= 0.90 of 0.1 M events"


class Sized:
    """A log of a size, with its views as far as it goes, and work on streams and customers all over it."""

    def __init__(self, pool: asyncpg.Pool, events: int) -> None:
        self.pool = pool
        self.store = PostgresEventStore(pool, CONTACT.publishes)
        self.sequencer = Sequencer(pool, range(PARTITIONS))
        self._dice = random.Random(events)  # noqa: S311 - which streams are met; nothing secret
        self._streams = events // EACH
        self._fresh = list(range(self._streams))
        self._dice.shuffle(self._fresh)
        self._places: dict[TopicPlace, Position] = {}

    async def appends(self) -> float:
        """Return events a second, one each on streams that exist, with 16 clients."""
        numbers = [self._fresh.pop() for _ in range(WRITES)] if len(self._fresh) >= WRITES else []
        assert numbers, "the small log has too few streams"

        async def one(number: int) -> None:
            customer = customer_of(number)
            await self.store.append(Append(stream_of(number), EACH, str(customer), [purchase(customer)], context()))

        return await _each(one, numbers)

    async def reads(self) -> float:
        """Return streams a second that are read with a cold cache."""
        handler = Handler(self.store, cached=1)

        async def one(number: int) -> None:
            assert (await handler.load(PURCHASE, stream_of(number))).version >= EACH

        return await _each(one, [self._dice.randrange(self._streams) for _ in range(READS)])

    async def updates(self) -> float:
        """Return events a second that the customers view takes, of what `appends` has appended."""
        records = [_record(item.partition, item.seq, item.row) for item in await self.sequencer.next_batch(WRITES)]
        consumer = CONTACT.views_consumer
        sources = {source.topic: source for source in view_sources(CONTACT)}
        batch = Batch(consumer, self.pool, [ViewHandler(CUSTOMERS)], sources, system_clock, lambda: None)
        if not self._places:
            wanted = [(CONTACT.topic, partition) for partition in range(PARTITIONS)]
            self._places = dict(await Positions(consumer).take(self.pool, wanted))
        start = time.perf_counter()
        taken = 0
        for first in range(0, len(records), BATCH):
            taken += await batch.take(records[first : first + BATCH], self._places)
        assert taken == len(records) == WRITES
        return taken / (time.perf_counter() - start)


async def large(at: Place) -> list[Figure]:
    """Measure each at both sizes in turn."""
    async with _sized(at, SMALL) as small, _sized(at, LARGE) as whole:
        beside = f"at {SMALL:,} events"
        return [
            await measured("large_append", "events/s", whole.appends, GOAL, beside, small.appends),
            await measured("large_detail_read", "reads/s", whole.reads, GOAL, beside, small.reads),
            await measured("large_view_update", "events/s", whole.updates, GOAL, beside, small.updates),
        ]


@asynccontextmanager
async def _sized(at: Place, events: int) -> AsyncIterator[Sized]:
    async with at.pool(CONTACT, CLIENTS) as pool:
        await fill(pool, events)
        sized = Sized(pool, events)
        await sized.sequencer.lead()
        yield sized


async def _each(work: Callable[[int], Awaitable[None]], numbers: Sequence[int]) -> float:
    left = iter(numbers)
    start = time.perf_counter()

    async def client() -> None:
        for number in left:
            await work(number)

    await asyncio.gather(*(client() for _ in range(CLIENTS)))
    return len(numbers) / (time.perf_counter() - start)


_wire = Wire("contact")


def _record(partition: int, seq: int, row: Sequence[object]) -> RawRecord:
    key, value, _, headers = _wire.record(seq, row)
    return RawRecord(CONTACT.topic, partition, seq, key, headers, value)
