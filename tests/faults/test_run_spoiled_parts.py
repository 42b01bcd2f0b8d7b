"""The whole chain on parts that were spoiled: defects put into the running databases and topics must be found there.

It runs last, and leaves the deployment spoiled.
"""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

import asyncpg
import pytest
from aiokafka.admin import AIOKafkaAdminClient, RecordsToDelete
from aiokafka.structs import TopicPartition

from tests.faults.checker import check
from tests.faults.conftest import ShortRun
from tests.faults.deployment import Deployment
from tests.faults.facts import Facts
from tests.faults.finding import Finding, Kind
from tests.faults.gather import come_to_rest, gather

pytestmark = pytest.mark.timeout(900)

LOST = "DELETE FROM event WHERE position = (SELECT min(position) FROM event WHERE type = 'points-spent')"
DOUBLED = """
WITH first AS (SELECT * FROM event WHERE type = 'complaint-opened' AND data->>'touchpoint' LIKE 'f%' LIMIT 1)
INSERT INTO event (position, stream_id, version, type, schema_version, partition, subject, data, meta, occurred_at,
                   recorded_at)
SELECT 1000000000, 'ticket-another', 1, type, schema_version, partition, subject, data, meta, occurred_at, recorded_at
FROM first
"""
SWAPPED = """
WITH pair AS (
    SELECT a.position AS first, b.position AS second, a.partition FROM event a JOIN event b USING (stream_id)
    WHERE a.version = 1 AND b.version = 2 LIMIT 1)
UPDATE publication p SET positions = ARRAY(
    SELECT CASE n WHEN pair.first THEN pair.second WHEN pair.second THEN pair.first ELSE n END
    FROM unnest(p.positions) WITH ORDINALITY AS u(n, place) ORDER BY place)
FROM pair WHERE p.partition = pair.partition
"""
CHANGED = """
UPDATE members_v2 SET balance = balance + 1
WHERE customer_id = (SELECT customer_id FROM members_v2 ORDER BY customer_id LIMIT 1)
"""
KEY_GONE = "DELETE FROM idempotency WHERE key = (SELECT min(key) FROM idempotency)"
STUCK = "INSERT INTO outbox SELECT max(position), min(partition) FROM event"
PARKED = """
INSERT INTO parked (handler, key, topic, partition, kafka_offset, headers, value, reason, parked_at)
VALUES ('purchases', 'k', 'rapport.contact.v1', 0, 1, '[]', '', 'planted', now())
"""


@asynccontextmanager
async def nobody_at_work(deployment: Deployment) -> AsyncIterator[None]:
    """All processes of the services are down, so that nothing is mended or noticed by them."""
    names: Sequence[str] = deployment.names()
    async with deployment.held_down(names):
        await asyncio.gather(*(deployment.kill(name) for name in names))
        yield


async def spoil(deployment: Deployment, service: str, *statements: str) -> None:
    connection = await asyncpg.connect(deployment.postgres.url(service))
    for statement in statements:
        assert (await connection.execute(statement)).rpartition(" ")[2] != "0", statement
    await connection.close()


async def lose_records(deployment: Deployment, topic: str) -> None:
    """Cut the first record off the first partition that has one."""
    admin = AIOKafkaAdminClient(bootstrap_servers=deployment.kafka.bootstrap_servers)
    await admin.start()
    try:
        await admin.delete_records({TopicPartition(topic, number): RecordsToDelete(1) for number in (0, 1)})
    finally:
        await admin.close()


@pytest.fixture(scope="module")
async def spoiled(short_run: ShortRun) -> Facts:
    """What is gathered after one defect of each kind was put into the parts."""
    await short_run.facts()
    deployment = short_run.runner.deployment
    async with nobody_at_work(deployment):
        await spoil(deployment, "loyalty", LOST, SWAPPED, CHANGED, KEY_GONE, PARKED)
        await spoil(deployment, "tickets", DOUBLED)
        await spoil(deployment, "scoring", STUCK)
        await lose_records(deployment, "rapport.tickets.v1")
        stuck = await come_to_rest(deployment, 1)
        return await gather(deployment, short_run.runner.ledger, stuck)


@pytest.mark.parametrize(
    ("kind", "said"),
    [
        (Kind.LOST, "was acknowledged, and took no effect"),
        (Kind.LOST, "was given no number"),
        (Kind.LOST, "keeps no answer under its key"),
        (Kind.LOST, "tickets, partition"),
        (Kind.DOUBLED, "took effect 2 times"),
        (Kind.REORDERED, "was numbered after"),
        (Kind.DIFFERING, "loyalty.members: "),
        (Kind.STUCK, "rapport.scoring.v1: 1 events wait for a number"),
        (Kind.PARKED, "planted"),
    ],
)
def test_what_was_put_into_databases_and_topics_is_found(kind: Kind, said: str, spoiled: Facts) -> None:
    found: Sequence[Finding] = [finding for finding in check(spoiled) if finding.kind is kind]
    assert any(said in finding.said for finding in found), [finding.said for finding in found]
