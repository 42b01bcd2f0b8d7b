"""Whether a Kafka consumer still fetches: its client may have stopped that without telling anyone."""

from aiokafka import AIOKafkaConsumer


class FetchingEnded(Exception):
    """The consumer is a member of its group, and its partitions are nobody else's, but it reads nothing any more."""


def must_fetch(consumer: AIOKafkaConsumer) -> None:
    """Raise FetchingEnded where the client's own task that fetches has ended.

    aiokafka (0.14) takes a fetch that ended cancelled, as one may whose connection broke, for a sign that this task
    itself was asked to end. Reads then return nothing for ever.
    """
    if consumer._fetcher._fetch_task.done():
        raise FetchingEnded
