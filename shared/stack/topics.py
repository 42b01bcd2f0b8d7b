"""The topics: made once, with partitions that never change; ours are kept without end, those from outside for weeks."""

import asyncio
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
from aiokafka.errors import KafkaError, TopicAlreadyExistsError, for_code

from shared.stack.errors import StackError
from shared.store.contract import PARTITIONS

ANY_TIME = {"message.timestamp.after.max.ms": str(2**63 - 1)}
"""A record bears the time of its event. By default Kafka refuses one that is an hour ahead of its own clock, and then
everything behind that event would wait until the hour has come."""

TOPIC_SETTINGS = {"retention.ms": "-1", "retention.bytes": "-1", "cleanup.policy": "delete", **ANY_TIME}
SEGMENT_SETTINGS = {"segment.ms": str(6 * 3600 * 1000), "file.delete.delay.ms": "1000"}
"""So that what is deleted leaves the disk soon."""

OUTSIDE_SETTINGS = {
    "retention.ms": str(14 * 24 * 3600 * 1000),
    "retention.bytes": "-1",
    "cleanup.policy": "delete",
    **SEGMENT_SETTINGS,
}
"""Topics from outside hold what people said in clear; what was taken in is in our log, and needn't be kept there."""

PATIENCE_SECONDS = 20.0
_TOPICS_OWN = 1
"""How Kafka marks a setting that was made for the topic."""


async def ensure_topics(
    bootstrap_servers: str, topics: Sequence[str], *, replication: int = 1, outside: Collection[str] = ()
) -> list[str]:
    """Create those of `topics` that don't exist; return which. Waits for a broker that is just starting.

    Those of them that stand in `outside` are written by others, and kept for two weeks only.

    Raises StackError when Kafka can't be reached, or a topic there has another number of partitions.
    """
    deadline = asyncio.get_running_loop().time() + PATIENCE_SECONDS
    while True:
        try:
            return await _ensure(bootstrap_servers, topics, replication, outside)
        except (KafkaError, OSError) as error:
            if asyncio.get_running_loop().time() > deadline:
                raise StackError(
                    f"Kafka at {bootstrap_servers} can't be given its topics ({error}): look whether it runs and"
                    f" may be reached from here, or start one with `rapport up`."
                ) from error
            await asyncio.sleep(0.1)


async def _ensure(
    bootstrap_servers: str, topics: Sequence[str], replication: int, outside: Collection[str]
) -> list[str]:
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap_servers)
    try:
        await admin.start()
        known = await partitions(admin)
        _check({name: count for name, count in known.items() if name in topics})
        missing = sorted(set(topics) - set(known))
        if missing:
            settings = {name: OUTSIDE_SETTINGS if name in outside else TOPIC_SETTINGS for name in missing}
            made = [NewTopic(name, PARTITIONS, replication, topic_configs=kept) for name, kept in settings.items()]
            _raise_errors(await admin.create_topics(made))
        for name in sorted(set(topics) & set(known) - set(outside)):
            await _take_any_time(admin, name)
        # The broker answers before it has heard of them itself, and nobody tells us when it has.
        while not set(topics) <= set(await partitions(admin)):  # noqa: ASYNC110 - there is no event to wait for
            await asyncio.sleep(0.01)
        return missing
    finally:
        await admin.close()


async def _take_any_time(admin: AIOKafkaAdminClient, topic: str) -> None:
    """Give a topic that an older release made the setting that it lacks."""
    now = await own_settings(admin, topic)
    if not ANY_TIME.items() <= now.items():
        await change_settings(admin, topic, {**now, **ANY_TIME})


async def own_settings(admin: AIOKafkaAdminClient, topic: str) -> dict[str, str]:
    """Return what is set for the topic itself: changing one setting of it means naming all."""
    (answer,) = await admin.describe_configs([ConfigResource(ConfigResourceType.TOPIC, topic)])
    (resource,) = answer.resources
    return {name: value for name, value, _, source, *_ in resource[4] if source == _TOPICS_OWN}


async def change_settings(admin: AIOKafkaAdminClient, topic: str, settings: Mapping[str, str]) -> None:
    """Let exactly these be set for the topic itself."""
    await admin.alter_configs([ConfigResource(ConfigResourceType.TOPIC, topic, dict(settings))])


async def partitions(admin: AIOKafkaAdminClient) -> dict[str, int]:
    """Return the number of partitions of each topic that there is."""
    return {found["topic"]: len(found["partitions"]) for found in await admin.describe_topics()}


def _check(known: dict[str, int]) -> None:
    for name, count in known.items():
        if count != PARTITIONS:
            raise StackError(
                f"Topic {name} has {count} partitions, and Rapport needs {PARTITIONS}: delete it, or use another Kafka."
            )


def _raise_errors(answer: Any) -> None:
    """Raise what the broker says of a topic; the client itself leaves it in the answer."""
    for name, code, *told in answer.topic_errors:
        if code and code != TopicAlreadyExistsError.errno:
            raise for_code(code)(f"{name}: {told[0] if told and told[0] else 'refused'}")
