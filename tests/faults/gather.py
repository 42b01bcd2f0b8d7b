"""Gathering: wait until everything has come to rest, then read logs, numbers, topics, keys, views and parking."""

import asyncio
from collections.abc import Mapping, Sequence

import asyncpg
from aiokafka.errors import KafkaError

from rapport.commands.opened import Opened
from rapport.demo.measure import Measured
from services.contact.policies.touchpoints import NAME, TOPIC
from shared.clock import system_clock
from shared.consumers.parking import unpack_headers
from shared.consumers.progress import missing, places, published
from shared.errors import Rejected
from shared.policies.policy import RawRecord
from shared.privacy.cutting import is_mark
from shared.timers.shelf import Shelf
from shared.topics.records import TopicReader
from shared.views.audit import audit
from shared.wire import partition_sequence
from tests.faults.deployment import Deployment
from tests.faults.facts import Event, Facts, Parked, Record, ServiceFacts, Touched, Viewed
from tests.faults.ledger import Ledger

EVENTS = """
SELECT position, stream_id, version, type, schema_version, partition, subject, data::text, meta->>'causation'
FROM event ORDER BY position
"""
NUMBERS = "SELECT partition, first_seq, positions FROM publication ORDER BY partition, first_seq"
KEYS = "SELECT key FROM idempotency"
PARKED = """
SELECT handler, key, topic, partition, kafka_offset, reason, headers FROM parked
WHERE discarded_at IS NULL ORDER BY id
"""

LOOK_SECONDS = 0.25
UNREACHABLE = (OSError, asyncpg.PostgresError, asyncpg.InterfaceError, KafkaError, TimeoutError)


async def unrest(measured: Measured, bootstrap_servers: str) -> list[str]:
    """Return a sentence for everything that still has to be done; empty when all has come to rest.

    Places are read before what is published, so that nothing can hide on its way between the two.
    """
    reached = {name: await places(at.pool) for name, at in measured.opened.items()}
    found = [
        f"contact.{NAME} has {behind} touchpoints to take" for behind in await _untaken(reached, bootstrap_servers)
    ]
    now = system_clock()
    for name, at in measured.opened.items():
        timers = await Shelf(at.pool).count(now)
        found += [f"{name}: {timers.due} timers are due"] if timers.due else []
        found += [f"{name}: {timers.aside} timers were set aside"] if timers.aside else []
    topics = {at.service.topic: await published(at.pool) for at in measured.opened.values()}
    for topic, rows in topics.items():
        waiting, unsent = sum(row.waiting for row in rows), sum(row.decided - row.acked for row in rows)
        found += [f"{topic}: {waiting} events wait for a number"] if waiting else []
        found += [f"{topic}: {unsent} numbered events aren't known to be sent"] if unsent else []
    for name, at in measured.opened.items():
        behind = missing(topics, at.wirings, reached[name])
        found += [f"{name}.{c} has {count} events of {topic} to take" for (c, topic), count in behind.items() if count]
        found += [
            f"{name}.{place.consumer} misses {place.next_seq} of {place.topic}/{place.partition}: a hole"
            for place in reached[name]
            if place.hole
        ]
    return found


async def _untaken(reached: Mapping[str, Sequence[object]], bootstrap_servers: str) -> list[int]:
    """Return how many touchpoints the topic holds that contact hasn't taken, if any."""
    async with TopicReader(bootstrap_servers, TOPIC) as reader:
        ends = await reader.ends()
    taken = {at.partition: at.next_offset for at in reached["contact"] if at.topic == TOPIC}  # type: ignore[attr-defined] # they are places
    behind = sum(end - taken.get(partition, 0) for partition, end in ends.items())
    return [behind] if behind else []


async def come_to_rest(deployment: Deployment, seconds: float) -> list[str]:
    """Wait until nothing is left to be done; return what still is when `seconds` are over."""
    deadline = deployment.now + seconds
    found = ["the databases and Kafka can't be reached"]
    while True:
        try:
            async with Measured() as measured:
                while (found := await unrest(measured, deployment.kafka.bootstrap_servers)) and (
                    deployment.now < deadline
                ):
                    await asyncio.sleep(LOOK_SECONDS)
                return found
        except UNREACHABLE as error:
            if deployment.now > deadline:
                return [*found, repr(error)]
            await asyncio.sleep(LOOK_SECONDS)


async def gather(deployment: Deployment, ledger: Ledger, stuck: list[str]) -> Facts:
    """Read everything that the checks look at. To be called at rest."""
    async with Measured() as measured:
        services = {name: await _service(at) for name, at in measured.opened.items()}
    touchpoints, cut = await _touchpoints(deployment.kafka.bootstrap_servers)
    return Facts(
        entries=list(ledger.entries),
        services=services,
        touchpoints=touchpoints,
        cut=cut,
        stuck=stuck,
        history=list(deployment.history),
    )


async def _service(at: Opened) -> ServiceFacts:
    prefix = f"rapport.{at.service.name}."
    rows = await at.pool.fetch(EVENTS)
    numbers: dict[int, list[int]] = {}
    for partition, first, positions in await at.pool.fetch(NUMBERS):
        numbers.setdefault(partition, []).extend([-1] * (first - 1 - len(numbers.get(partition, []))))
        numbers[partition].extend(positions)
    return ServiceFacts(
        events=[Event(*row) for row in rows],
        numbers=numbers,
        records=[_record(record, prefix) for record in await _read(at.bootstrap_servers, at.service.topic)],
        keys={row[0] for row in await at.pool.fetch(KEYS)},
        parked=[_parked(row) for row in await at.pool.fetch(PARKED)],
        views=await _views(at),
    )


def _parked(row: asyncpg.Record) -> Parked:
    handler, key, topic, partition, offset, reason, headers = row
    message = (dict(unpack_headers(headers)).get("ce_id") or b"").decode()
    return Parked(handler, key, topic, partition, offset, reason, message)


async def _views(at: Opened) -> list[Viewed]:
    try:
        audited = await audit(at.service, at.pool, at.bootstrap_servers)
    except Rejected as error:  # a topic lacks what its fold needs: no view can be said to equal it
        return [Viewed("all views", 0, 1, error.detail)]
    return [Viewed(found.view, found.rows, found.differences, found.first) for found in audited]


async def _read(bootstrap_servers: str, topic: str) -> list[RawRecord]:
    async with TopicReader(bootstrap_servers, topic) as reader:
        first, ends = await reader.beginnings(), await reader.ends()
        return [record async for page in reader.records(first, ends) for record in page]


def _record(record: RawRecord, prefix: str) -> Record:
    headers = {name: (value or b"").decode() for name, value in record.headers}
    return Record(
        record.partition,
        record.offset,
        partition_sequence(record),
        headers["ce_id"],
        headers["ce_type"].removeprefix(prefix),
        (record.value or b"").decode(),
    )


async def _touchpoints(bootstrap_servers: str) -> tuple[list[Touched], bool]:
    """Return what the topic of touchpoints holds, and whether it was cut: an erasure removes what was taken."""
    read = await _read(bootstrap_servers, TOPIC)
    found = [
        Touched(record.partition, record.offset, (dict(record.headers)["ce_id"] or b"").decode())
        for record in read
        if not is_mark(record)
    ]
    return found, len(found) < len(read)
