"""A view of another service's events is rebuilt from their topic on a real Kafka, while its consumer runs."""

import asyncio
import dataclasses
from pathlib import Path
from uuid import uuid4

import asyncpg
import pytest

from shared.consumers.consumer import Consumer
from shared.consumers.wiring import wire_up
from shared.errors import Rejected
from shared.events import Catalogue
from shared.migrations import migrate
from shared.relay.relay import Relay
from shared.runtime.pool import connect
from shared.service import Service
from shared.stack.kafka import Kafka
from shared.stack.topics import ensure_topics
from shared.store.contract import PARTITIONS
from shared.store.postgres import PostgresEventStore
from shared.supervise import keep_running
from shared.testing import sample
from shared.testing.sample import NOW, SETTINGS, Raised, raised
from shared.views.audit import audit
from shared.views.fold_processes import Where
from shared.views.rebuild import rebuild
from shared.wakeup import Wakeup

from .conftest import at_work

NAMES = [f"s{number}" for number in range(40)]


def reader_of(other: str, folder: Path) -> Service:
    """Return a service that publishes nothing, and whose view reads what `other` publishes."""
    declared = sample.service(folder)
    view = dataclasses.replace(declared.views[0], reads=(Catalogue(other, {"raised.v1": Raised}),))
    return dataclasses.replace(declared, name=f"reader{other}", views=(view,), policies=lambda _: ())


async def until(pool: asyncpg.Pool, total: int) -> None:
    async with asyncio.timeout(60):
        while await pool.fetchval("SELECT coalesce(sum(total), 0) FROM totals") < total:
            await asyncio.sleep(0.05)


async def test_a_view_of_anothers_events_is_rebuilt_from_the_topic_while_it_follows(
    database: str, kafka: Kafka, tmp_path: Path
) -> None:
    other = f"other{uuid4().hex[:8]}"
    topic = f"rapport.{other}.v1"
    service = reader_of(other, tmp_path)
    await migrate(service, database)
    await ensure_topics(kafka.bootstrap_servers, [topic])
    pool = await connect(database, size=12)
    store = PostgresEventStore(pool, sample.PUBLISHED, clock=lambda: NOW)
    wiring = wire_up(service, SETTINGS, store, lambda: NOW)[0]
    where = Where(database, kafka.bootstrap_servers)
    relay = Relay(pool, other, topic, range(PARTITIONS), kafka.bootstrap_servers, Wakeup(pool))
    consumer = Consumer(
        service.name, wiring.name, pool, wiring.handlers, wiring.sources, kafka.bootstrap_servers, lambda: NOW,
        lambda: None,
    )  # fmt: skip
    over = False

    async def writing() -> None:
        version = 1
        while not over:
            await store.append(*(raised(name, 1, expected=version) for name in NAMES))
            version += 1
            await asyncio.sleep(0.1)

    await store.append(*(raised(name, 1) for name in NAMES))
    async with at_work(keep_running("relay", relay.run), keep_running("consumer", consumer.run)):
        await until(pool, len(NAMES))
        async with at_work(writing()):
            results = [await rebuild(service, "totals", where, clock=lambda: NOW) for _ in range(2)]
            over = True
            await asyncio.sleep(0.2)
        written = await pool.fetchval("SELECT count(*) FROM event")
        await until(pool, written)
        assert [result.changed for result in results] == [0, 0]
        rows = await pool.fetch("SELECT stream, total, last FROM totals")
        wanted = await pool.fetch("SELECT stream_id, count(*), max(version) FROM event GROUP BY 1")
        assert sorted(map(tuple, rows)) == sorted(map(tuple, wanted))
        (audited,) = await audit(service, pool, kafka.bootstrap_servers)
        assert (audited.rows, audited.differences) == (len(NAMES), 0)
    await pool.execute("UPDATE consumer_position SET next_seq = next_seq + 5 WHERE partition = 3")
    with pytest.raises(Rejected, match=f"rapport republish {other} --partition 3"):
        await rebuild(service, "totals", where, clock=lambda: NOW)
    assert len(await pool.fetch("SELECT FROM totals")) == len(NAMES)
    await pool.close()
