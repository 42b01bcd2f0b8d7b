"""The topics: made once, with partitions that never change and a retention without end."""

import asyncio
from collections.abc import Sequence

from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import KafkaError, TopicAlreadyExistsError

from shared.store.contract import PARTITIONS

TOPIC_SETTINGS = {"retention.ms": "-1", "retention.bytes": "-1", "cleanup.policy": "delete"}
PATIENCE_SECONDS = 20.0


async def ensure_topics(bootstrap_servers: str, topics: Sequence[str], *, replication: int = 1) -> list[str]:
    """Create those of `topics` that don't exist; return which. Waits for a broker that is just starting."""
    deadline = asyncio.get_running_loop().time() + PATIENCE_SECONDS
    while True:
        try:
            return await _ensure(bootstrap_servers, topics, replication)
        except (KafkaError, OSError):
            if asyncio.get_running_loop().time() > deadline:
                raise
            await asyncio.sleep(0.1)


async def _ensure(bootstrap_servers: str, topics: Sequence[str], replication: int) -> list[str]:
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap_servers)
    await admin.start()
    try:
        missing = sorted(set(topics) - set(await admin.list_topics()))
        if missing:
            await admin.create_topics(
                [NewTopic(name, PARTITIONS, replication, topic_configs=TOPIC_SETTINGS) for name in missing]
            )
        return missing
    except TopicAlreadyExistsError:
        return []
    finally:
        await admin.close()
