"""How far a service has come: what waits for the relay, and how far each consumer is behind each topic."""

from collections.abc import Mapping, Sequence

import asyncpg
from msgspec import Struct

from shared.consumers.wiring import Wiring

PUBLISHED = """
SELECT r.partition, r.next_seq - 1 AS decided, r.acked_seq,
       (SELECT count(*) FROM outbox o WHERE o.partition = r.partition) AS waiting
FROM relay_partition r ORDER BY r.partition
"""
PLACES = "SELECT consumer, topic, partition, next_offset, next_seq, seen_seq FROM consumer_position"


class Published(Struct, frozen=True):
    """One partition of a service's topic: numbers given, numbers that the broker holds, events still without one."""

    partition: int
    decided: int
    acked: int
    waiting: int


class Place(Struct, frozen=True):
    """One consumer's place in one partition of a topic."""

    consumer: str
    topic: str
    partition: int
    next_offset: int
    next_seq: int
    seen_seq: int

    @property
    def hole(self) -> bool:
        """Whether events before the newest seen one are missing in the topic."""
        return self.seen_seq >= self.next_seq


async def published(database: asyncpg.Pool) -> Sequence[Published]:
    """Return how far the relay has come, a row for each partition."""
    return [Published(*row) for row in await database.fetch(PUBLISHED)]


async def places(database: asyncpg.Pool) -> Sequence[Place]:
    """Return where the service's consumers stand."""
    return [Place(*row) for row in await database.fetch(PLACES)]


def missing(
    topics: Mapping[str, Sequence[Published]], wirings: Sequence[Wiring], at: Sequence[Place]
) -> Mapping[tuple[str, str], int]:
    """Return, for each consumer and topic, how many decided events the consumer has yet to take.

    A consumer that hasn't been given a partition yet has all of it before it.
    """
    reached = {(place.consumer, place.topic, place.partition): place.next_seq for place in at}
    return {
        (wiring.name, source.topic): sum(
            max(0, row.decided - reached.get((wiring.name, source.topic, row.partition), 1) + 1)
            for row in topics[source.topic]
        )
        for wiring in wirings
        for source in wiring.sources
        if source.topic in topics
    }
