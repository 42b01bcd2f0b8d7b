"""A worker of the sample service on a real Kafka, to be started, stopped and looked at."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace

import asyncpg
from aiokafka.admin import AIOKafkaAdminClient
from pydantic import SecretStr

from shared.clock import system_clock
from shared.consumers.progress import places, published
from shared.decider import Decider
from shared.policies.policy import Work
from shared.runtime.worker import Worker
from shared.service import Service
from shared.settings import KernelSettings, ServiceSettings
from shared.stack.topics import ensure_topics, partitions
from shared.store.contract import Context, Recorded
from shared.store.postgres import PostgresEventStore
from shared.testing import sample
from shared.testing.sample import Echoed, raised
from shared.wakeup import Wakeup

TOPIC = "rapport.sample.v1"


def _decide(command: Echoed, causes: frozenset[str]) -> tuple[Echoed, ...]:
    return () if command.cause in causes else (command,)


def _evolve(causes: frozenset[str], event: Echoed) -> frozenset[str]:
    return causes | {event.cause}


ONCE: Decider[Echoed, Echoed, frozenset[str]] = Decider("echo", frozenset(), _decide, _evolve)


def _react(work: Work, event: Recorded) -> None:
    context = Context(event.occurred_at, work.now, causation=event.id)
    work.handle(ONCE, f"echo-{event.stream}", Echoed(event.id), subject=event.subject, context=context)


ECHO_ONCE = replace(sample.ECHO, react=_react)
"""A policy as all must be: what it has decided about a message before, it meets in its own stream."""
CAUGHT_UP = """
SELECT NOT EXISTS (SELECT FROM outbox) AND bool_and(r.acked_seq = r.next_seq - 1)
   AND bool_and(r.next_seq = 1 OR (SELECT count(*) FROM consumer_position p
                                   WHERE p.topic = $1 AND p.partition = r.partition AND p.next_seq = r.next_seq) = 2)
FROM relay_partition r
"""


@asynccontextmanager
async def working(service: Service, pool: asyncpg.Pool, bootstrap_servers: str) -> AsyncIterator[None]:
    """A worker of the service, with all its parts, while inside."""
    settings = KernelSettings(kafka_bootstrap_servers=bootstrap_servers)
    own = ServiceSettings(database_url=SecretStr("postgresql://given-by-the-pool"))
    once = replace(service, policies=lambda _: (ECHO_ONCE,))
    worker = Worker(once, settings, own, pool, system_clock, Wakeup(pool))
    task = asyncio.create_task(worker.run())
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def caught_up(pool: asyncpg.Pool, *, seconds: float = 40) -> None:
    """Wait until everything is published, and both consumers have taken it."""
    try:
        async with asyncio.timeout(seconds):
            while not await pool.fetchval(CAUGHT_UP, TOPIC):
                await asyncio.sleep(0.05)
    except TimeoutError:
        raise AssertionError(f"not caught up: {await published(pool)} {await places(pool)}") from None


async def write(store: PostgresEventStore, names: Sequence[str], versions: range) -> None:
    """Raise each counter once for each version, all names of one version in one append."""
    for version in versions:
        await store.append(*(raised(name, _by(version), expected=version) for name in names))


def _by(version: int) -> int:
    """Return an amount by which the order shows, and which the sample view can handle."""
    return version % 7 + 1


async def rows(pool: asyncpg.Pool) -> dict[str, tuple[int, int]]:
    """Return the sample view: (total, last version) of each counter."""
    return {row[0]: (row[1], row[2]) for row in await pool.fetch("SELECT stream, total, last FROM totals")}


async def echoes(pool: asyncpg.Pool) -> dict[str, int]:
    """Return how many events the sample policy wrote on each of its streams."""
    query = "SELECT stream_id, count(*) FROM event WHERE type = 'echoed' GROUP BY stream_id"
    return dict(await pool.fetch(query))


def expected(names: Sequence[str], versions: int) -> tuple[dict[str, tuple[int, int]], dict[str, int]]:
    """Return what rows and echoes must be after so many versions of each counter."""
    total = sum(map(_by, range(versions)))
    return dict.fromkeys(names, (total, versions)), {f"echo-{name}": versions for name in names}


async def delete_topic(bootstrap_servers: str, topic: str = TOPIC) -> None:
    """Delete the topic, and wait until the broker has."""
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap_servers)
    await admin.start()
    await admin.delete_topics([topic])
    while topic in await partitions(admin):
        await asyncio.sleep(0.05)
    await admin.close()


async def make_topic(bootstrap_servers: str, topic: str = TOPIC) -> None:
    """Make the topic anew; the broker may still be cleaning up after the last one."""
    async with asyncio.timeout(30):
        while not await ensure_topics(bootstrap_servers, [topic]):
            await asyncio.sleep(0.05)
