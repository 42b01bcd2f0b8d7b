"""Another service's topic between two places: each number once and in order, repeats dropped, holes told."""

from collections.abc import AsyncIterator, Collection, Mapping
from types import TracebackType
from typing import Any, NamedTuple

from aiokafka import AIOKafkaConsumer, TopicPartition

from shared.consumers.consumer import as_raw
from shared.consumers.position import Place
from shared.errors import Invalid, Rejected
from shared.policies.policy import RawRecord, Source
from shared.store.contract import Recorded
from shared.topics.fetching import must_fetch
from shared.topics.stopping import stop
from shared.views.fold import Page, Unreadable
from shared.views.places import At
from shared.wire import partition_sequence

RECORDS = 4000
POLL_MILLISECONDS = 200


class Span(NamedTuple):
    """What to read of a partition: from `after` on, up to the number before `end`."""

    after: At
    end: int


class TopicPages:
    """Reads topics by place, outside of any group. A context manager: it holds a connection to the brokers."""

    def __init__(self, bootstrap_servers: str) -> None:
        self._bootstrap = bootstrap_servers
        self._opened: AIOKafkaConsumer | None = None

    async def __aenter__(self) -> "TopicPages":
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._opened:
            await stop(self._opened)

    async def _consumer(self) -> AIOKafkaConsumer:
        """Return the consumer, started when it is needed first: many views read their own log alone."""
        if self._opened is None:
            opened = self._opened = AIOKafkaConsumer(
                bootstrap_servers=self._bootstrap,
                enable_auto_commit=False,
                auto_offset_reset="earliest",
                max_partition_fetch_bytes=4 * 1024 * 1024,
            )
            await opened.start()
        return self._opened

    async def pages(
        self, source: Source[Recorded], spans: Mapping[int, Span], left_out: Mapping[Place, Collection[int]]
    ) -> AsyncIterator[Page]:
        """Yield what the partitions hold between their places, each partition's events in order.

        Raises Rejected when the topic doesn't hold a number that the consumer has taken.
        """
        consumer = await self._consumer()
        wanted = {TopicPartition(source.topic, partition): span for partition, span in spans.items()}
        consumer.assign(list(wanted))
        for place, span in wanted.items():
            consumer.seek(place, span.after.next_offset)
        reading = _Reading(source, {place: span.after.next_seq for place, span in wanted.items()}, left_out)
        ends: Mapping[Any, int] = await consumer.end_offsets(list(wanted)) if wanted else {}
        left = dict(wanted)
        while left:
            must_fetch(consumer)
            fetched = await consumer.getmany(timeout_ms=POLL_MILLISECONDS, max_records=RECORDS)
            for place, records in fetched.items():
                if place in left:
                    yield reading.page(place, list(map(as_raw, records)), left[place].end)
            for place in list(left):
                if reading.next[place] >= left[place].end:
                    del left[place]
                    consumer.pause(place)
                elif await consumer.position(place) >= ends[place]:
                    raise _hole(place, reading.next[place])


class _Reading:
    """How far each partition has been read."""

    def __init__(
        self, source: Source[Recorded], start: dict[TopicPartition, int], left_out: Mapping[Place, Collection[int]]
    ) -> None:
        self.next = start
        self._source = source
        self._left_out = left_out

    def page(self, place: TopicPartition, records: list[RawRecord], end: int) -> Page:
        events: list[Recorded] = []
        unreadable: list[Unreadable] = []
        start = self.next[place]
        left_out = self._left_out.get((place.topic, place.partition), ())
        for record in records:
            number = self.next[place]
            if number >= end or _number(record) != number:
                continue
            self.next[place] += 1
            if number in left_out:
                continue
            try:
                event = self._source.decode(record)
            except Exception as error:
                unreadable.append(Unreadable(place.topic, place.partition, number, error, record))
            else:
                if event is not None:
                    events.append(event)
        return Page(events, unreadable, self.next[place] - start)


def _number(record: RawRecord) -> int | None:
    """Return the record's number; None for a record that no relay wrote."""
    try:
        return partition_sequence(record)
    except (Invalid, ValueError):
        return None


def _hole(place: TopicPartition, number: int) -> Rejected:
    service = place.topic.removeprefix("rapport.").removesuffix(".v1")
    return Rejected(
        "topic-incomplete",
        f"{place.topic} doesn't hold number {number} of partition {place.partition}, which this view has to read again:"
        f" `rapport republish {service} --partition {place.partition} --from {number}` mends that.",
    )
