"""What a topic holds, for tests of those who write it."""

from collections.abc import AsyncIterator

from aiokafka import AIOKafkaConsumer, TopicPartition

from shared.consumers.consumer import as_raw
from shared.policies.policy import RawRecord
from shared.store.contract import PARTITIONS
from shared.wire import partition_sequence


async def read_topic(bootstrap_servers: str, topic: str) -> AsyncIterator[RawRecord]:
    """Yield what the topic holds now, each partition's sequence numbers once and in order; repeats are dropped."""
    consumer = AIOKafkaConsumer(bootstrap_servers=bootstrap_servers, auto_offset_reset="earliest")
    await consumer.start()
    try:
        places = [TopicPartition(topic, partition) for partition in range(PARTITIONS)]
        ends = {place: end for place, end in (await consumer.end_offsets(places)).items() if end > 0}
        consumer.assign(list(ends))
        taken: dict[int, int] = {}
        while ends:
            for records in (await consumer.getmany(timeout_ms=200, max_records=5000)).values():
                for record in map(as_raw, records):
                    number = partition_sequence(record)
                    if number == taken.get(record.partition, 0) + 1:
                        taken[record.partition] = number
                        yield record
            ends = {place: end for place, end in ends.items() if await consumer.position(place) < end}
    finally:
        await consumer.stop()
