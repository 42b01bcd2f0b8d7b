"""Records that Kafka has lost are noticed by their numbers, and mended from the log."""

import asyncio
import json
import os

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, RecordsToDelete
from typer.testing import CliRunner

from rapport.commands.opened import opened
from rapport.demo import log
from rapport.main import app
from shared.consumers.progress import places
from shared.store.contract import PARTITIONS

from .conftest import NewDeployment
from .test_kills import must_equal

TOPIC = "rapport.contact.v1"


async def test_records_removed_from_a_topic_are_noticed_and_mended_by_republish(
    undisturbed: dict[str, list[str]], new_deployment: NewDeployment, messages: list[log.Message]
) -> None:
    deployment = await new_deployment()
    half = len(messages) // 2
    await deployment.publish(messages[:half])
    await deployment.caught_up(half)
    deployment.kill("loyalty")
    await deployment.publish(messages[half:])
    await _until_recorded(len(messages))
    await _lose_all_but_the_last(3)

    await asyncio.to_thread(deployment.up)
    await _until_a_hole_is_seen("loyalty")
    told = await asyncio.to_thread(CliRunner().invoke, app, ["doctor", "--json"])
    assert told.exit_code == 1
    assert any("rapport republish" in item["next_step"] for item in json.loads(told.stdout)["findings"])

    mended = await asyncio.to_thread(CliRunner().invoke, app, ["republish", "contact"])
    assert mended.exit_code == 0, mended.output
    await deployment.caught_up(len(messages))
    must_equal(undisturbed, await deployment.state())
    async with opened("loyalty") as at:
        assert not any(place.hole for place in await places(at.pool))


async def _until_recorded(touchpoints: int) -> None:
    query = "SELECT coalesce(sum(next_offset), 0) >= $1 FROM consumer_position WHERE consumer = 'touchpoints'"
    sent = "SELECT NOT EXISTS (SELECT FROM outbox) AND bool_and(acked_seq = next_seq - 1) FROM relay_partition"
    async with asyncio.timeout(60), opened("contact") as at:
        while not (await at.pool.fetchval(query, touchpoints) and await at.pool.fetchval(sent)):
            await asyncio.sleep(0.1)


async def _lose_all_but_the_last(kept: int) -> None:
    servers = os.environ["KAFKA_BOOTSTRAP_SERVERS"]
    consumer = AIOKafkaConsumer(bootstrap_servers=servers)
    await consumer.start()
    ends = await consumer.end_offsets([TopicPartition(TOPIC, partition) for partition in range(PARTITIONS)])
    await consumer.stop()
    admin = AIOKafkaAdminClient(bootstrap_servers=servers)
    await admin.start()
    lost = {place: RecordsToDelete(before_offset=end - kept) for place, end in ends.items() if end > kept}
    await admin.delete_records(lost)
    await admin.close()


async def _until_a_hole_is_seen(service: str) -> None:
    async with asyncio.timeout(60), opened(service) as at:
        while not any(place.hole for place in await places(at.pool)):
            await asyncio.sleep(0.1)
