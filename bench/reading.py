"""The limit of whoever consumes: reading a topic's records as a consumer does, and doing nothing with them."""

from collections.abc import Mapping

from aiokafka import AIOKafkaConsumer, TopicPartition

from bench.figures import Found
from bench.place import Place
from shared.store.contract import PARTITIONS


async def read_only(at: Place, topic: str, records: int, since: Mapping[int, int] | None = None) -> Found:
    """Return records a second of one process that reads so many, from the beginning or from offsets."""
    kafka = AIOKafkaConsumer(
        bootstrap_servers=at.bootstrap_servers,
        enable_auto_commit=False,
        auto_offset_reset="earliest",
        fetch_max_bytes=8 * 1024 * 1024,
        max_partition_fetch_bytes=1024 * 1024,
    )
    with at.span("") as span:
        await kafka.start()
        try:
            kafka.assign([TopicPartition(topic, number) for number in range(PARTITIONS)])
            for number, offset in (since or {}).items():
                kafka.seek(TopicPartition(topic, number), offset)
            left = records
            while left > 0:
                fetched = await kafka.getmany(timeout_ms=500, max_records=3000)
                left -= sum(len(found) for found in fetched.values())
        finally:
            await kafka.stop()
    return Found(records / span.seconds, span.each(records))


async def ends(at: Place, topic: str) -> dict[int, int]:
    """Return where each partition of a topic ends now."""
    kafka = AIOKafkaConsumer(bootstrap_servers=at.bootstrap_servers)
    await kafka.start()
    try:
        found = await kafka.end_offsets([TopicPartition(topic, partition) for partition in range(PARTITIONS)])
    finally:
        await kafka.stop()
    return {partition.partition: offset for partition, offset in found.items()}
