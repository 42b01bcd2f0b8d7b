"""All that one view reads, between two places: own events from the log, those of others from their topics."""

from collections.abc import AsyncIterator, Collection, Iterable, Sequence
from contextlib import asynccontextmanager
from typing import Any

from shared.consumers.wiring import view_catalogues, view_sources
from shared.errors import Rejected
from shared.events import Catalogue, EventName
from shared.policies.policy import RawRecord
from shared.service import Service, topic_of
from shared.store.contract import PARTITIONS, Recorded
from shared.store.postgres import Database
from shared.views.fold import Page
from shared.views.log_pages import LogPages
from shared.views.places import BEGINNING, LeftOut, Places
from shared.views.topic_pages import Span, TopicPages
from shared.views.view import View
from shared.wire import event_source

ALL = range(PARTITIONS)


def view_named(service: Service, name: str) -> View[Any]:
    """Return the view of this name; Rejected when there is none."""
    for view in service.views:
        if view.name == name:
            return view
    names = ", ".join(view.name for view in service.views)
    raise Rejected("view-unknown", f"{service.name} has no view {name!r}: choose from {names}.")


def consumer_topics(service: Service) -> list[str]:
    """Return every topic that the consumer of the service's views reads."""
    return [source.topic for source in view_sources(service)]


class Past:
    """Reads the events that catalogues name, of every partition or some, for whoever folds them."""

    def __init__(
        self, service: Service, reads: Sequence[Catalogue], database: Database, topic_pages: TopicPages
    ) -> None:
        self._topics = topic_pages
        self._database = database
        self._own_topic = service.topic
        self._catalogues = [
            (catalogue, _types(reads, catalogue.service))
            for catalogue in view_catalogues(service)
            if any(read.service == catalogue.service for read in reads)
        ]

    @property
    def topics(self) -> list[str]:
        """The topics that the views read."""
        return [topic_of(catalogue.service) for catalogue, _ in self._catalogues]

    def numbers(self, after: Places, until: Places) -> int:
        """Return how many numbers lie between two places."""
        return sum(max(0, at.next_seq - after.get(place, BEGINNING).next_seq) for place, at in self._of(until))

    def _of(self, places: Places) -> Iterable[tuple[tuple[str, int], Any]]:
        return ((place, at) for place, at in places.items() if place[0] in self.topics)

    def decode(self, record: RawRecord) -> Recorded | None:
        """Return the event of a record that was parked; None when the views don't read it."""
        for catalogue, _ in self._catalogues:
            if topic_of(catalogue.service) == record.topic:
                return event_source(catalogue).decode(record)
        return None

    async def pages(
        self, after: Places, until: Places, left_out: LeftOut, partitions: Collection[int] = ALL
    ) -> AsyncIterator[Page]:
        """Yield what lies between the places, service by service; a partition's events of one service in order."""
        for catalogue, types in self._catalogues:
            topic = topic_of(catalogue.service)
            spans = {
                partition: Span(after.get((topic, partition), BEGINNING), until[topic, partition].next_seq)
                for partition in partitions
                if (topic, partition) in until
                and until[topic, partition].next_seq > after.get((topic, partition), BEGINNING).next_seq
            }
            if topic != self._own_topic:
                async for page in self._others(catalogue, spans, left_out):
                    yield page
                continue
            log = LogPages(self._database, catalogue, types)
            for partition, span in spans.items():
                skipped = left_out.get((topic, partition), frozenset())
                async for page in log.pages(partition, span.after.next_seq, span.end, skipped):
                    yield page

    async def _others(self, catalogue: Catalogue, spans: dict[int, Span], left_out: LeftOut) -> AsyncIterator[Page]:
        if spans:
            async for page in self._topics.pages(event_source(catalogue), spans, left_out):
                yield page


def _types(reads: Sequence[Catalogue], of: str) -> list[str] | None:
    """Return the event types of the service `of` that are read; None for all of them."""
    own = [catalogue for catalogue in reads if catalogue.service == of]
    if any(catalogue.reads_all for catalogue in own):
        return None
    return sorted({EventName.parse(name).type for catalogue in own for name in catalogue.events})


@asynccontextmanager
async def past(
    service: Service, views: Sequence[View[Any]], database: Database, bootstrap_servers: str, *, edges: bool = False
) -> AsyncIterator[Past]:
    """Open the past of these views; with `edges`, that of the service's merges as well."""
    reads = [catalogue for view in views for catalogue in view.reads]
    if edges and service.merges:
        reads.append(service.merges.reads)
    async with TopicPages(bootstrap_servers) as topic_pages:
        yield Past(service, reads, database, topic_pages)
