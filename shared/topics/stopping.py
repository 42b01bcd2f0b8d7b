"""Stopping Kafka's clients whole, whatever they are doing."""

import asyncio

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka.errors import KafkaConnectionError

from shared.supervise import asked_to_end
from shared.telemetry.log import logger

DROP_SECONDS = 2.0
"""How long a producer may take to send what it holds before it is let go."""

log = logger("kafka")


async def stop(consumer: AIOKafkaConsumer) -> None:
    """Leave the group and close every connection, also where a fetch is under way.

    aiokafka's own `stop` cancels such a fetch, waits for it, and is ended itself by that cancellation: the connections
    would stay open, and whoever called it would take the cancellation for their own.
    """
    try:
        await consumer.stop()
    except asyncio.CancelledError:
        await consumer._client.close()
        if asked_to_end():
            raise


async def drop(producer: AIOKafkaProducer) -> None:
    """Stop a producer without waiting long for a broker that may be gone: whoever used it will send again.

    aiokafka's own `stop` waits for what is on its way. Where it is given up, a task would stay that sends, and
    connections that are opened again and again, for as long as the process lives.
    """
    stopped = False
    try:
        await asyncio.wait_for(producer.stop(), DROP_SECONDS)
        stopped = True
    except Exception as error:
        log.info("producer.dropped", reason=repr(error))
    finally:
        if not stopped:
            await _abandon(producer)


async def _abandon(producer: AIOKafkaProducer) -> None:
    sending = producer._sender.sender_task
    if sending is not None and not sending.done():
        sending.cancel()
    await producer.client.close()
    producer._message_accumulator.fail_all(KafkaConnectionError("the producer was dropped"))
    if sending is not None:
        await asyncio.wait([sending], timeout=DROP_SECONDS)
