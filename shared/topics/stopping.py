"""Stopping a Kafka consumer whole, whatever it is doing."""

import asyncio

from aiokafka import AIOKafkaConsumer


async def stop(consumer: AIOKafkaConsumer) -> None:
    """Leave the group and close every connection, also where a fetch is under way.

    aiokafka's own `stop` cancels such a fetch, waits for it, and is ended itself by that cancellation: the connections
    would stay open, and whoever called it would take the cancellation for their own.
    """
    try:
        await consumer.stop()
    except asyncio.CancelledError:
        await consumer._client.close()
        task = asyncio.current_task()
        if task is not None and task.cancelling():
            raise
